import {
  type KeyPolicyRecord,
  type Kms,
  listKeyPolicyVersions as listReplacedVersions,
} from '../kms/index.ts';
import { boolean, list, optional, required, string, structure, timestamp } from '../model/index.ts';
import { attachKeyPolicy } from './attach-key-policy.ts';
import { MANAGEMENT_ERRORS, managedKey, policyConditions } from './common.ts';
import * as examples from './example-values.ts';
import { presentVersion, requireVersion, showPolicy } from './key-policy-versions.ts';
import { operation } from './operation.ts';
import { paginate } from './pagination.ts';
import * as shapes from './shapes.ts';

/** Digits of a position: versions are listed from the newest on, and positions in ascending order. */
const POSITION_LENGTH = 16;

const _EXAMPLE_VERSION = {
  Version: 2,
  Policy: '{"Version":"2012-10-17","Statement":[…]}',
  PutBy: 'arn:aws:iam::111122223333:user/ada',
  PutDate: 1_795_000_000,
  IsCurrent: true,
};

export const listKeyPolicyVersions = operation({
  name: 'ListKeyPolicyVersions',
  service: 'qkms',
  summary:
    'Lists the policies that a KMS key has had, from the present one back, with who put each of them and when. The last 50 that were replaced are remembered.',
  input: structure({ KeyId: shapes.keyIdMember, Limit: shapes.limit, Marker: shapes.marker }),
  output: structure({
    Versions: optional(
      list(
        structure({
          Version: required(shapes.policyVersion, 'Counts from 1.'),
          Policy: required(shapes.policyDocument, 'The key policy, as GetKeyPolicy would show it.'),
          PutBy: required(string(), 'The ARN of whoever put it.'),
          PutDate: required(timestamp, 'When it was put.'),
          IsCurrent: required(boolean, 'Whether it is the one that the key has.'),
        }),
      ),
      'The policies.',
    ),
    NextMarker: shapes.nextMarker,
    Truncated: shapes.truncated,
  }),
  targets: { key: managedKey('kms:GetKeyPolicy', 'any') },
  errors: [...MANAGEMENT_ERRORS, 'InvalidMarkerException'],
  readOnly: true,
  pagination: { defaultLimit: 10, maximumLimit: 50 },
  examples: [
    {
      title: 'See how the policy of a key has changed',
      request: { KeyId: examples.KEY_ID },
    },
  ],
  async handler(call) {
    const { targets, kms, iam } = call;
    const present = presentVersion(targets.key);
    const { items, ...page } = await paginate(
      call,
      present.keyId,
      (after, limit) =>
        listFrom(kms, present, after === '' ? Number.POSITIVE_INFINITY : Number(after), limit),
      (item) => String(item.version).padStart(POSITION_LENGTH, '0'),
    );
    const Versions = await Promise.all(
      items.map(async (item) => ({
        Version: item.version,
        Policy: await showPolicy(iam, item),
        PutBy: item.putBy,
        PutDate: new Date(item.putDate),
        IsCurrent: item.version === present.version,
      })),
    );
    return { Versions, ...page };
  },
});

export const restoreKeyPolicyVersion = operation({
  name: 'RestoreKeyPolicyVersion',
  service: 'qkms',
  summary:
    'Attaches a policy to a KMS key that it had before, as PutKeyPolicy would: under its permission, its lockout safety check and its conditions. It becomes a new version.',
  input: structure({
    KeyId: shapes.keyIdMember,
    Version: required(shapes.policyVersion, 'The version, as ListKeyPolicyVersions shows it.'),
    BypassPolicyLockoutSafetyCheck: optional(
      boolean,
      'Skips the policy lockout safety check. The key may become unmanageable.',
    ),
  }),
  output: shapes.empty,
  targets: {
    key: { ...managedKey('kms:PutKeyPolicy', 'any'), kind: 'key', conditions: policyConditions },
  },
  errors: [...MANAGEMENT_ERRORS, 'LimitExceededException', 'MalformedPolicyDocumentException'],
  readOnly: false,
  examples: [
    {
      title: 'Put an old policy back',
      request: { KeyId: examples.KEY_ID, Version: 1 },
    },
  ],
  async handler(call) {
    const { input, targets, kms, iam } = call;
    const { key } = targets;
    const chosen = await requireVersion(kms, key, input.Version);
    await attachKeyPolicy(call, key, await showPolicy(iam, chosen));
    return {};
  },
});

async function listFrom(
  { store }: Kms,
  present: KeyPolicyRecord,
  below: number,
  limit: number,
): Promise<readonly KeyPolicyRecord[]> {
  const { region, keyId, version: newest } = present;
  const replaced = await store.read((reader) => listReplacedVersions(reader, region, keyId, below, limit));
  return newest < below ? [present, ...replaced].slice(0, limit) : replaced;
}
