import { conditionsOfGrant, type Operation, type Target } from '../../src/operations/index.ts';
import { CONDITION_KEY_NAMES } from '../../src/policy/vocabulary.ts';
import { fullSample, SAMPLE_KEY } from './members.ts';

/**
 * The condition keys that a request adds to the context of one of its authorizations, as policies write them. They are
 * found by asking the declaration about a request that has every member.
 */
export function conditionKeysOf(operation: Operation, target: Target): readonly string[] {
  const input = fullSample(operation.input);
  const names = questionsOf(target).flatMap((ask) => Object.keys(ask(input)));
  return [...new Set(names.map(asWritten))].sort();
}

type Question = (input: unknown) => object;

function questionsOf(target: Target): readonly Question[] {
  const questions: Question[] = [];
  if ('conditions' in target && target.conditions !== undefined) {
    const { conditions } = target;
    questions.push((input) => Reflect.apply(conditions, undefined, [input, anything(), anything()]));
  }
  if ('keyConditions' in target && target.keyConditions !== undefined) {
    const { keyConditions } = target;
    questions.push(() => Reflect.apply(keyConditions, undefined, [anything(), 0]));
  }
  if (target.kind === 'grant') questions.push(() => conditionsOfGrant(SAMPLE_GRANT));
  if ('sessionConditions' in target && target.sessionConditions !== undefined) {
    const { sessionConditions } = target;
    questions.push((input) => Reflect.apply(sessionConditions, undefined, [input, anything()]));
  }
  return questions;
}

/** A grant with all that condition keys tell of. */
const SAMPLE_GRANT = { operations: [], constraints: { encryptionContextSubset: { [SAMPLE_KEY]: 'text' } } };

/** Stands for a caller or a key: whatever is asked of it is there, and lists are empty. */
function anything(): unknown {
  return new Proxy(() => {}, {
    get: (_, name) => {
      if (name === Symbol.toPrimitive) return () => 0;
      return name === Symbol.iterator ? () => [].values() : anything();
    },
    apply: () => anything(),
  });
}

/** `kms:EncryptionContext:sample-key` as `kms:EncryptionContext:<key>`, and tags alike. */
function asWritten(name: string): string {
  const family = CONDITION_KEY_NAMES.find(
    (known) => /[:/]$/.test(known) && name.toLowerCase().startsWith(known.toLowerCase()),
  );
  if (family !== undefined) return `${family}<key>`;
  return name.replace(SAMPLE_KEY, '<key>');
}
