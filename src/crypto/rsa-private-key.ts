import { checkPrime } from 'node:crypto';
import { promisify } from 'node:util';
import { readSequence, readUnsigned } from './der.ts';

const isPrime: (candidate: bigint) => Promise<boolean> = promisify(checkPrime);

/** Members of an RSAPrivateKey of two primes. */
const MEMBERS = 9;

/** FIPS 186-5 appendix A.1.1: odd, and larger than 2^16. */
const SMALLEST_EXPONENT = 0x10001n;
/** OpenSSL verifies no signature under a larger one. */
const LARGEST_EXPONENT_BITS = 64;

/**
 * Whether bytes are an RSAPrivateKey (RFC 8017 appendix A.1.2) that is whole and agrees with itself: a modulus of exactly
 * so many bits, two different primes of half as many that make it up, an exponent that is allowed, and all the numbers
 * that are derived from these.
 *
 * The numbers become integers of JavaScript for the time of the check; those cannot be wiped.
 */
export async function isRsaPrivateKey(bytes: Buffer, modulusLength: number): Promise<boolean> {
  const contents = (readSequence(bytes) ?? []).map(readUnsigned).filter((content) => content !== undefined);
  const numbers = contents.map((content) => BigInt(`0x${content.toString('hex')}`));
  if (numbers.length !== MEMBERS) return false;
  const [version, n = 0n, e = 0n, d = 0n, p = 0n, q = 0n, dp, dq, qInverse = 0n] = numbers;
  return (
    version === 0n &&
    bitLength(n) === modulusLength &&
    bitLength(p) === modulusLength / 2 &&
    bitLength(q) === modulusLength / 2 &&
    p !== q &&
    p * q === n &&
    e % 2n === 1n &&
    e >= SMALLEST_EXPONENT &&
    bitLength(e) <= LARGEST_EXPONENT_BITS &&
    d < n &&
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    qInverse < p &&
    (qInverse * q) % p === 1n &&
    (await isPrime(p)) &&
    (await isPrime(q))
  );
}

function bitLength(number: bigint): number {
  return number.toString(2).length;
}
