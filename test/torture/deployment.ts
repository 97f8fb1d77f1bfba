import type { Fault } from './faults.ts';

/** Variables that nodes are started with. */
export type Environment = Readonly<Record<string, string>>;

/** One of the ways by which clients reach a service. */
export interface Way {
  readonly name: string;
  readonly endpoint: string;
  /** Whether there is a process at its end, as far as the harness knows. */
  isOpen(): boolean;
}

/** A service that runs in processes of its own, and what can be done to it. */
export interface Deployment<Kind extends string = string> {
  readonly ways: readonly Way[];
  readonly faultKinds: readonly Kind[];
  /** Makes a fault, waits as long as it lasts, and mends it. */
  suffer(fault: Fault<Kind>): Promise<void>;
  /** Ends it in order, and checks everything that is stored. Resolves to the number of keys. */
  finish(): Promise<number>;
  /** Ends every process at once and leaves nothing behind. */
  destroy(): Promise<void>;
}
