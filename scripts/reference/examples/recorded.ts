import { existsSync, readFileSync } from 'node:fs';

/** What a server answered to an example: JSON, or XML as text, with the values of the examples for what varies. */
export interface RecordedAnswer {
  readonly status: number;
  readonly body: string | Readonly<Record<string, unknown>>;
}

/** By operation (`kms/Encrypt`) and title of the example. */
export type RecordedAnswers = Readonly<Record<string, Readonly<Record<string, RecordedAnswer>>>>;

/** Where the answers are kept that scripts/record-examples.ts has recorded. */
export const RECORDED_ANSWERS = new URL('answers.json', import.meta.url);

/** The answers that were recorded; none, when none ever were. */
export function readRecordedAnswers(): RecordedAnswers {
  return existsSync(RECORDED_ANSWERS) ? JSON.parse(readFileSync(RECORDED_ANSWERS, 'utf8')) : {};
}

/** The text of an answer, as it is shown. */
export function textOf({ body }: RecordedAnswer): string {
  return typeof body === 'string' ? body : JSON.stringify(body, undefined, 2);
}

/** Members whose values are others each time, and which the values of the examples do not stand for. */
const VARYING = [
  'AccessKeyId',
  'AssumedRoleId',
  'Checkpoint',
  'CiphertextBlob',
  'CloudTrailEvent',
  'CloudTrailEventId',
  'CurrentKeyMaterialId',
  'DestinationKeyMaterialId',
  'EventId',
  'ImportToken',
  'KeyMaterialId',
  'KmsRequestId',
  'Mac',
  'NextMarker',
  'NextToken',
  'Origin',
  'PackedPolicySize',
  'PrivateKeyCiphertextBlob',
  'PrivateKeyPlaintext',
  'PublicKey',
  'RequestId',
  'RoleId',
  'SecretAccessKey',
  'SessionToken',
  'SharedSecret',
  'SharedSecretCiphertextBlob',
  'Signature',
  'SourceKeyMaterialId',
  'Subtrees',
  'UserId',
];
/** The same, in answers of one operation. */
const VARYING_IN: Readonly<Record<string, readonly string[]>> = {
  GenerateDataKey: ['Plaintext'],
  GenerateRandom: ['Plaintext'],
  // They are listed by their ids, which are random.
  ListKeys: ['KeyArn', 'KeyId'],
};

/** The text of an answer without what is different each time. */
export function redacted(operation: string, answer: RecordedAnswer): string {
  const names = [...VARYING, ...(VARYING_IN[operation] ?? [])].join('|');
  return `${answer.status} ${textOf(answer)}`
    .replaceAll(new RegExp(`"(${names})": (?:"(?:[^"\\\\]|\\\\.)+"|\\[[^\\]]+\\])`, 'g'), '"$1": "…"')
    .replaceAll(new RegExp(`<(${names})>[^<]+`, 'g'), '<$1>…');
}
