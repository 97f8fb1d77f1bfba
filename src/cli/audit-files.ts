import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readWitnessKey, type Witness } from '../audit/log/index.ts';
import { OperatorError } from '../errors.ts';

/* The files that commands on audit logs are given. Each of them throws an OperatorError when it is not what it is to be. */

/** The verifier key of a witness. */
export async function readWitnessKeyFile(file: string): Promise<Witness> {
  const witness = readWitnessKey(await readWhole('the verifier key of the witness', file));
  if (witness !== undefined) return witness;
  throw new OperatorError(`${file} does not hold the verifier key of a witness, <name>+<key id>+<key>`);
}

/** The public audit key: PEM (SubjectPublicKeyInfo). */
export async function readPublicKey(file: string): Promise<KeyObject> {
  const pem = await readWhole('the public key', file);
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    throw new OperatorError(`${file} is not a public key; give the PEM file of the audit key`, {
      cause: error,
    });
  }
  throw new OperatorError(`${file} is not a public key for Ed25519; give that of the audit key`);
}

/** @param what is in the file, as it is called in the error */
export async function readWhole(what: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(what, file, error);
  }
}

/** A file that cannot be read. */
export function unreadable(what: string, file: string, error: unknown): OperatorError {
  const reason = error instanceof Error ? error.message : String(error);
  return new OperatorError(`cannot read ${what} ${file} (${reason}); give the path of a file`, {
    cause: error,
  });
}
