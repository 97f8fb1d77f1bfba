import { POLICY_NAME } from '../kms/index.ts';
import { boolean, list, optional, required, structure } from '../model/index.ts';
import { attachKeyPolicy } from './attach-key-policy.ts';
import { MANAGEMENT_ERRORS, managedKey, policyConditions } from './common.ts';
import * as examples from './example-values.ts';
import { showPolicy } from './key-policy-versions.ts';
import { operation } from './operation.ts';
import { paginate } from './pagination.ts';
import { policyNameUnknown, policyNameUnsupported } from './refusals.ts';
import * as shapes from './shapes.ts';

const examplePolicy = (principal: string) =>
  `{"Version":"2012-10-17","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"${principal}"},"Action":"kms:*","Resource":"*"}]}`;

export const putKeyPolicy = operation({
  name: 'PutKeyPolicy',
  summary:
    'Attaches a key policy to a KMS key, in place of the one it has. The change takes effect immediately.',
  notes: [
    'A KMS key has one key policy, and its only valid name is "default".',
    'A key policy is at most 32 kilobytes (32,768 bytes).',
    'For help with writing one, see [key policies](key-policies.md). What the key had before is kept: [ListKeyPolicyVersions](api/qkms/ListKeyPolicyVersions.md).',
    'Changes take effect immediately: no request that is sent after the answer is judged by the old policy.',
  ],
  input: structure({
    KeyId: shapes.keyIdMember,
    PolicyName: optional(shapes.policyName, 'The name of the key policy. The only valid name is "default".'),
    Policy: required(shapes.policyDocument, 'The key policy, in JSON; at most 32,768 bytes.'),
    BypassPolicyLockoutSafetyCheck: optional(
      boolean,
      'Skips the policy lockout safety check, which refuses a policy under which the caller could not put the next one. The key may become unmanageable.',
    ),
  }),
  output: shapes.empty,
  targets: {
    key: {
      ...managedKey('kms:PutKeyPolicy', 'any'),
      kind: 'key',
      conditions: policyConditions,
    },
  },
  errors: [
    ...MANAGEMENT_ERRORS,
    'LimitExceededException',
    'MalformedPolicyDocumentException',
    'UnsupportedOperationException',
  ],
  readOnly: false,
  quota: 'PutKeyPolicy',
  examples: [
    {
      title: 'Attach a key policy to a KMS key',
      request: {
        KeyId: examples.KEY_ID,
        PolicyName: 'default',
        Policy: examplePolicy('arn:aws:iam::111122223333:root'),
      },
    },
    {
      title: 'Attach a key policy with safety check bypass',
      request: {
        KeyId: examples.KEY_ID,
        PolicyName: 'default',
        Policy: examplePolicy('arn:aws:iam::111122223333:user/username'),
        BypassPolicyLockoutSafetyCheck: true,
      },
    },
    {
      title: 'A policy that would lock the caller out is refused',
      error: 'MalformedPolicyDocumentException',
      request: {
        KeyId: examples.KEY_ID,
        Policy:
          '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/backup"},"Action":"kms:Decrypt","Resource":"*"}]}',
      },
    },
  ],
  async handler(call) {
    const { PolicyName = POLICY_NAME, Policy } = call.input;
    if (PolicyName !== POLICY_NAME) throw policyNameUnsupported(PolicyName);
    await attachKeyPolicy(call, call.targets.key, Policy);
    return {};
  },
});

export const getKeyPolicy = operation({
  name: 'GetKeyPolicy',
  summary: 'Returns the key policy of a KMS key.',
  input: structure({
    KeyId: shapes.keyIdMember,
    PolicyName: optional(shapes.policyName, 'The name of the key policy. The only valid name is "default".'),
  }),
  output: structure({
    Policy: optional(
      shapes.policyDocument,
      'The key policy, in JSON, as it was put; users and roles that are gone are shown by their unique ids.',
    ),
    PolicyName: optional(shapes.policyName, 'The name of the key policy: "default".'),
  }),
  targets: {
    key: managedKey('kms:GetKeyPolicy', 'any'),
  },
  errors: MANAGEMENT_ERRORS,
  readOnly: true,
  quota: 'GetKeyPolicy',
  examples: [
    {
      title: 'Read a key policy',
      request: { KeyId: examples.KEY_ID, PolicyName: 'default' },
    },
  ],
  async handler({ input: { PolicyName = POLICY_NAME }, targets: { key }, iam }) {
    if (PolicyName !== POLICY_NAME) throw policyNameUnknown();
    return { Policy: await showPolicy(iam, key.record), PolicyName };
  },
});

export const listKeyPolicies = operation({
  name: 'ListKeyPolicies',
  summary: 'Lists the names of the key policies of a KMS key: always just "default".',
  input: structure({ KeyId: shapes.keyIdMember, Limit: shapes.limit, Marker: shapes.marker }),
  output: structure({
    PolicyNames: optional(list(shapes.policyName), 'The names.'),
    NextMarker: shapes.nextMarker,
    Truncated: shapes.truncated,
  }),
  targets: {
    key: managedKey('kms:ListKeyPolicies', 'any'),
  },
  errors: MANAGEMENT_ERRORS,
  readOnly: true,
  quota: 'ListKeyPolicies',
  pagination: { defaultLimit: 100, maximumLimit: 1000 },
  examples: [
    {
      title: 'List key policies',
      request: { KeyId: examples.KEY_ID },
    },
  ],
  async handler(call) {
    const { items, ...page } = await paginate(
      call,
      call.targets.key.record.keyId,
      (after) => (after === '' ? [POLICY_NAME] : []),
      (name) => name,
    );
    return { PolicyNames: items, ...page };
  },
});
