import {
  changeIdentity,
  type ManagedPolicyDetails,
  type PolicyVersion,
  policyVersionNotFound,
  quotas,
  requireManagedPolicy,
} from '../../iam/index.ts';
import { boolean, list, optional, required, structure } from '../../model/index.ts';
import { policyVersion, showVersion } from './descriptions.ts';
import * as examples from './example-values.ts';
import { iamOperation } from './iam-operation.ts';
import { iamPage, pageOfAll } from './pages.ts';
import { namedPolicy, onPolicy, requireCustomerManaged, requirePolicyArn } from './policies.ts';
import * as refusals from './refusals.ts';
import * as shapes from './shapes.ts';

const namedVersion = {
  ...namedPolicy,
  VersionId: required(shapes.policyVersionId, 'The version, such as v2.'),
};

const _EXAMPLE_VERSION = { VersionId: 'v2', IsDefaultVersion: true, CreateDate: '2026-11-23T12:00:00Z' };

/** @throws ServiceError `NoSuchEntity` */
function findVersion({ versions }: ManagedPolicyDetails, arn: string, wanted: string): PolicyVersion {
  const version = versions.find(({ versionId }) => versionId === wanted);
  if (version === undefined) throw policyVersionNotFound(arn, wanted);
  return version;
}

export const createPolicyVersion = iamOperation({
  name: 'CreatePolicyVersion',
  summary: `Adds a version to a managed policy, which may have ${quotas.VERSIONS_PER_POLICY}. It is in effect only once it is the default version.`,
  input: structure({
    ...namedPolicy,
    PolicyDocument: required(
      shapes.policyDocument,
      'The policy: an identity policy, in JSON; at most 6,144 characters without white space.',
    ),
    SetAsDefault: optional(boolean, 'Whether the version becomes the default version; false by default.'),
  }),
  output: structure({ PolicyVersion: optional(policyVersion, 'The version, without its document.') }),
  targets: { policy: onPolicy('iam:CreatePolicyVersion') },
  errors: ['InvalidInput', 'LimitExceeded', 'MalformedPolicyDocument', 'NoSuchEntity'],
  readOnly: false,
  audit: { response: ['PolicyVersion'] },
  validate: requirePolicyArn,
  check: requireCustomerManaged,
  examples: [
    {
      title: 'Change what a policy allows',
      request: {
        PolicyArn: examples.POLICY_ARN,
        PolicyDocument: examples.IDENTITY_POLICY,
        SetAsDefault: true,
      },
    },
  ],
  async handler({ input: { PolicyDocument, SetAsDefault = false }, targets, iam }) {
    requireManagedPolicy(PolicyDocument);
    const creationDate = iam.clock.now();
    const changed = await changeIdentity(iam, 'policy', targets.policy, ({ details }) => {
      const { versions, nextVersion } = details;
      if (versions.length >= quotas.VERSIONS_PER_POLICY)
        throw refusals.tooManyVersions(quotas.VERSIONS_PER_POLICY);
      const versionId = `v${nextVersion}`;
      return {
        details: {
          ...details,
          defaultVersionId: SetAsDefault ? versionId : details.defaultVersionId,
          versions: [{ versionId, document: PolicyDocument, creationDate }, ...versions],
          nextVersion: nextVersion + 1,
          updateDate: creationDate,
        },
      };
    });
    const [newest] = changed.details.versions;
    return { PolicyVersion: newest && showVersion(changed.details, newest) };
  },
});

export const getPolicyVersion = iamOperation({
  name: 'GetPolicyVersion',
  summary: 'Shows a version of a managed policy with its document.',
  input: structure(namedVersion),
  output: structure({ PolicyVersion: optional(policyVersion, 'The version.') }),
  targets: { policy: onPolicy('iam:GetPolicyVersion') },
  errors: ['InvalidInput', 'NoSuchEntity'],
  readOnly: true,
  validate: requirePolicyArn,
  examples: [
    {
      title: 'Read a policy',
      request: { PolicyArn: examples.POLICY_ARN, VersionId: 'v2' },
    },
  ],
  handler({ input, targets: { policy } }) {
    const version = findVersion(policy.details, policy.arn, input.VersionId);
    return {
      PolicyVersion: {
        Document: encodeURIComponent(version.document),
        ...showVersion(policy.details, version),
      },
    };
  },
});

export const listPolicyVersions = iamOperation({
  name: 'ListPolicyVersions',
  summary: 'Lists the versions of a managed policy, the newest first.',
  input: structure({ ...namedPolicy, ...shapes.pageRequest }),
  output: structure({
    Versions: optional(list(policyVersion), 'The versions, without their documents.'),
    ...shapes.pageAnswer,
  }),
  targets: { policy: onPolicy('iam:ListPolicyVersions') },
  errors: ['InvalidInput', 'NoSuchEntity'],
  readOnly: true,
  validate: requirePolicyArn,
  examples: [
    {
      title: 'List the versions of a policy',
      request: { PolicyArn: examples.POLICY_ARN },
    },
  ],
  async handler(call) {
    const { details, uniqueId } = call.targets.policy;
    const { items, page } = await iamPage(
      call,
      [uniqueId],
      pageOfAll(details.versions, newestFirst),
      newestFirst,
    );
    return { Versions: items.map((version) => showVersion(details, version)), ...page };
  },
});

/** A position that puts later versions first. */
function newestFirst({ versionId }: PolicyVersion): string {
  return String(Number.MAX_SAFE_INTEGER - Number(versionId.slice(1)));
}

export const deletePolicyVersion = iamOperation({
  name: 'DeletePolicyVersion',
  summary: 'Deletes a version of a managed policy that is not its default version.',
  input: structure(namedVersion),
  output: shapes.empty,
  targets: { policy: onPolicy('iam:DeletePolicyVersion') },
  errors: ['DeleteConflict', 'InvalidInput', 'NoSuchEntity'],
  readOnly: false,
  validate: requirePolicyArn,
  check: requireCustomerManaged,
  examples: [
    {
      title: 'Delete a version of a policy',
      request: { PolicyArn: examples.POLICY_ARN, VersionId: 'v1' },
    },
  ],
  async handler({ input: { VersionId }, targets, iam }) {
    await changeIdentity(iam, 'policy', targets.policy, ({ details, arn }) => {
      const version = findVersion(details, arn, VersionId);
      if (VersionId === details.defaultVersionId) throw refusals.defaultVersionStays();
      return { details: { ...details, versions: details.versions.filter((other) => other !== version) } };
    });
    return {};
  },
});

export const setDefaultPolicyVersion = iamOperation({
  name: 'SetDefaultPolicyVersion',
  summary:
    'Puts a version of a managed policy into effect, wherever the policy is used. The very next request is judged by it.',
  input: structure(namedVersion),
  output: shapes.empty,
  targets: { policy: onPolicy('iam:SetDefaultPolicyVersion') },
  errors: ['InvalidInput', 'NoSuchEntity'],
  readOnly: false,
  validate: requirePolicyArn,
  check: requireCustomerManaged,
  examples: [
    {
      title: 'Go back to an earlier version',
      request: { PolicyArn: examples.POLICY_ARN, VersionId: 'v1' },
    },
  ],
  async handler({ input: { VersionId }, targets, iam }) {
    await changeIdentity(iam, 'policy', targets.policy, ({ details, arn }) => ({
      details: { ...details, defaultVersionId: findVersion(details, arn, VersionId).versionId },
    }));
    return {};
  },
});
