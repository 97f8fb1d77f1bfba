import { hash } from 'node:crypto';

/** Whole numbers from 0 to below a bound. */
export type Random = (bound: number) => number;

/** Numbers that look like random ones and are the same for the same seed. */
export function seededRandom(seed: string): Random {
  let count = 0;
  return (bound) => {
    count += 1;
    return hash('sha256', `${seed}/${count}`, 'buffer').readUIntBE(0, 6) % bound;
  };
}
