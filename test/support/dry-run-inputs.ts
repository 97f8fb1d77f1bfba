import { generateKeyPairSync } from 'node:crypto';
import type { CreateKeyCommandInput } from '@aws-sdk/client-kms';
import fc from 'fast-check';
import { type Operation, operations } from '../../src/operations/index.ts';
import { type Access, GRANT_COUNT } from './access-situations.ts';
import { inputOf } from './fuzz.ts';
import { CONTEXTS } from './model-commands.ts';
import { ALIASES, arnOf, KEY_COUNT, SOMEBODY } from './policy-forms.ts';

/* Requests of every operation that has dry runs, made of what it declares. */

/** Those that operations of another usage than ENCRYPT_DECRYPT need, by usage. */
export const KEYS_BY_USAGE: Readonly<Record<string, CreateKeyCommandInput>> = {
  SIGN_VERIFY: { KeyUsage: 'SIGN_VERIFY', KeySpec: 'ECC_NIST_P256' },
  GENERATE_VERIFY_MAC: { KeyUsage: 'GENERATE_VERIFY_MAC', KeySpec: 'HMAC_256' },
  KEY_AGREEMENT: { KeyUsage: 'KEY_AGREEMENT', KeySpec: 'ECC_NIST_P256' },
  ENCAPSULATE_DECAPSULATE: { KeyUsage: 'ENCAPSULATE_DECAPSULATE', KeySpec: 'ML_KEM_512' },
};
const ML_KEM_512_CIPHERTEXT_LENGTH = 768;

export const dryRunOperations: readonly Operation[] = [...operations.values()].filter(
  ({ input }) => 'DryRun' in input.members,
);

/** The usage in KEYS_BY_USAGE that a key of an operation must have; `undefined` for symmetric keys. */
export function specialUsageOf({ targetList }: Operation): string | undefined {
  for (const [, target] of targetList) {
    const usage = target.kind === 'key' ? target.usage?.keyUsage : undefined;
    if (usage !== undefined && usage in KEYS_BY_USAGE) return usage;
  }
  return undefined;
}

/** Stands in an input for what there is only when the request is made. */
function blank(name: string, which: number | string): string {
  return `BLANK-${name}-${which}`;
}

function blanks(name: string, count: number): readonly string[] {
  return [...Array(count).keys()].map((number) => blank(name, number));
}

/** Mostly what is in order. */
function mostly(inOrder: readonly unknown[], ...not: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...inOrder) },
    { weight: 1, arbitrary: fc.constantFrom(...inOrder, ...not) },
  );
}

const UNKNOWN_KEY = '1234abcd-12ab-34cd-56ef-1234567890ab';
// The grants are of the first.
const [firstKey = '', ...otherKeys] = blanks('KEY', KEY_COUNT);
const [firstCiphertext = '', ...otherCiphertexts] = blanks('CIPHERTEXT', KEY_COUNT);
const aliases = ALIASES.map((alias) => blank('ALIAS', alias));
const noKeys = ['alias/none', UNKNOWN_KEY, 'junk'];
const identifier = mostly([firstKey, firstKey, firstKey, ...otherKeys, ...aliases], ...noKeys);
const context = mostly([CONTEXTS.none, CONTEXTS.red, CONTEXTS.red, CONTEXTS.blue]);
const algorithm = mostly(['SYMMETRIC_DEFAULT'], 'RSAES_OAEP_SHA_256');
const tokens = blanks('TOKEN', GRANT_COUNT);
const somebody = mostly(
  SOMEBODY.map((who) => blank('ARN', who)),
  'arn:aws:iam::1:user/none',
);
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const operationLists = [['Encrypt', 'Decrypt'], ['DescribeKey'], ['CreateGrant', 'ReEncryptFrom', 'Decrypt']];

/** Values that have a chance to be understood, by member; `undefined` for those that are best left out. */
const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  KeyId: identifier,
  SourceKeyId: identifier,
  DestinationKeyId: identifier,
  CiphertextBlob: mostly([firstCiphertext, firstCiphertext, ...otherCiphertexts], 'AAAA'),
  EncryptionContext: context,
  SourceEncryptionContext: context,
  DestinationEncryptionContext: context,
  EncryptionAlgorithm: algorithm,
  SourceEncryptionAlgorithm: algorithm,
  DestinationEncryptionAlgorithm: algorithm,
  KeySpec: mostly([undefined], 'AES_256'),
  Recipient: mostly([undefined], {}),
  Message: mostly(['AAAA'], ''),
  MessageType: mostly([undefined, 'RAW'], 'DIGEST'),
  SigningAlgorithm: mostly(['ECDSA_SHA_256'], 'ECDSA_SHA_384', 'RSASSA_PSS_SHA_256'),
  Signature: mostly(['AAAA']),
  MacAlgorithm: mostly(['HMAC_SHA_256'], 'HMAC_SHA_512'),
  Mac: mostly([Buffer.alloc(32).toString('base64')], 'AAAA'),
  PublicKey: mostly([publicKey.export({ type: 'spki', format: 'der' }).toString('base64')], 'AAAA'),
  SharedSecretCiphertextBlob: mostly([Buffer.alloc(ML_KEM_512_CIPHERTEXT_LENGTH).toString('base64')], 'AAAA'),
  GrantTokens: mostly([[], ...tokens.map((token) => [token])], ['none']),
  GrantToken: mostly(tokens, 'none'),
  GrantId: mostly(blanks('GRANT', GRANT_COUNT), '0'.repeat(64), 'none'),
  GranteePrincipal: somebody,
  RetiringPrincipal: somebody,
  GranteeServicePrincipal: mostly([undefined], 's3.amazonaws.com'),
  RetiringServicePrincipal: mostly([undefined], 's3.amazonaws.com'),
  Operations: mostly(operationLists, [], ['Sign'], ['Encrypt', 'Encrypt']),
  Constraints: mostly(
    [{ EncryptionContextEquals: CONTEXTS.red }, { EncryptionContextSubset: CONTEXTS.blue }],
    { EncryptionContextEquals: CONTEXTS.red, EncryptionContextSubset: CONTEXTS.red },
  ),
  Name: mostly(['name'], '?'),
};

/** Inputs of an operation, without the members that make a request a dry run. Their blanks have to be filled in. */
export function dryRunInputOf(operation: Operation): fc.Arbitrary<object> {
  const usage = specialUsageOf(operation);
  const special = mostly([blank('KEY', usage ?? 0)], firstKey, ...noKeys);
  const values = (name: string) => (name === 'KeyId' && usage !== undefined ? special : VALUES[name]);
  return inputOf(operation.input, values).map(({ DryRun: _, DryRunModifiers: __, ...input }) => input);
}

/** @param arnsByUsage the keys of KEYS_BY_USAGE that there are */
export function fillIn(
  input: object,
  { names, grants, ciphertexts }: Access,
  arnsByUsage: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const fillings = new Map([
    ...[...names.keyArns.entries(), ...arnsByUsage].map(
      ([which, arn]) => [blank('KEY', which), arn] as const,
    ),
    ...ALIASES.map((alias) => [blank('ALIAS', alias), names.aliasNames[alias]] as const),
    ...ciphertexts.map(
      (bytes, number) => [blank('CIPHERTEXT', number), Buffer.from(bytes).toString('base64')] as const,
    ),
    ...SOMEBODY.map((who) => [blank('ARN', who), arnOf(names, who)] as const),
    ...grants.flatMap(({ GrantToken, GrantId }, number) => [
      [blank('TOKEN', number), GrantToken ?? ''] as const,
      [blank('GRANT', number), GrantId ?? ''] as const,
    ]),
  ]);
  return JSON.parse(JSON.stringify(input), (_, value) => fillings.get(value) ?? value);
}
