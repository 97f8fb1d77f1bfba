import { createReadStream } from 'node:fs';
import { relative } from 'node:path';
import { OperatorError } from '../errors.ts';
import { findDuplicates } from './duplicates.ts';
import { readObject } from './object.ts';
import { type Problem, seedRefused } from './problems.ts';
import { readSeed, type Seed } from './seed.ts';
import type { SeedNode } from './tree.ts';
import { readYaml } from './yaml.ts';

export { applySeed, type Ground } from './apply.ts';
export type { Seed } from './seed.ts';

/** The largest seed file, in bytes. */
const MAXIMUM_SIZE = 10 * 1024 * 1024;

/** A seed of good form, under the name by which messages call it. */
export interface NamedSeed {
  readonly name: string;
  readonly seed: Seed;
}

/**
 * Reads a seed file: YAML, of which JSON is a part.
 *
 * @throws OperatorError when the file cannot be read, or with all that is wrong with its form
 */
export async function readSeedFile(path: string): Promise<NamedSeed> {
  const fromHere = relative(process.cwd(), path);
  const name = fromHere.startsWith('..') ? path : fromHere;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of createReadStream(path, { end: MAXIMUM_SIZE })) {
      const bytes: Buffer = chunk;
      chunks.push(bytes);
      size += bytes.length;
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`cannot read the seed file (${reason}); give the path of a YAML or JSON file`, {
      cause: error,
    });
  }
  if (size > MAXIMUM_SIZE)
    throw new OperatorError(`the seed file ${name} is larger than 10 MB; leave out what tests do not need`);
  return parseSeed(name, Buffer.concat(chunks).toString('utf8'));
}

/**
 * Reads a seed from YAML or JSON.
 *
 * @param name what messages call it
 * @throws OperatorError with all that is wrong with its form
 */
export function parseSeed(name: string, text: string): NamedSeed {
  const problems: Problem[] = [];
  return interpret(name, readYaml(name, text, problems), problems);
}

/**
 * Reads a seed that is an object of the form that a seed file has.
 *
 * @throws OperatorError with all that is wrong with its form
 */
export function seedOfObject(name: string, object: object): NamedSeed {
  const problems: Problem[] = [];
  return interpret(name, readObject(name, object, problems), problems);
}

function interpret(name: string, node: SeedNode | undefined, problems: Problem[]): NamedSeed {
  const seed = node && readSeed(node, problems);
  if (seed !== undefined) problems.push(...findDuplicates(seed));
  if (seed === undefined || problems.length > 0) throw seedRefused(name, problems);
  return { name, seed };
}
