import { ServiceError } from '../../errors.ts';
import { deleteConflict, invalidInput, limitExceeded } from '../../iam/index.ts';

/* Texts: what IAM answers, where it is known. */

export function mustDeleteAccessKeysFirst(): ServiceError {
  return deleteConflict('Cannot delete entity, must delete access keys first.');
}

export function mustDeletePoliciesFirst(): ServiceError {
  return deleteConflict('Cannot delete entity, must delete policies first.');
}

export function mustDetachPoliciesFirst(): ServiceError {
  return deleteConflict('Cannot delete entity, must detach all policies first.');
}

export function mustLeaveGroupsFirst(): ServiceError {
  return deleteConflict('Cannot delete entity, must remove users from group first.');
}

export function policyInUse(): ServiceError {
  return deleteConflict('Cannot delete a policy attached to entities.');
}

export function policyHasVersions(): ServiceError {
  return deleteConflict(
    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
  );
}

export function defaultVersionStays(): ServiceError {
  return deleteConflict('Cannot delete the default version of a policy.');
}

export function tooManyVersions(limit: number): ServiceError {
  return limitExceeded(
    `A managed policy can have up to ${limit} versions. Before you create a new version, you must delete an existing version.`,
  );
}

/** What AWS manages is not the account's to change, whoever the caller is. */
export function awsManaged(principalArn: string, action: string, policyArn: string): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    `User: ${principalArn} is not authorized to perform: ${action} on resource: ${policyArn} because it is an AWS managed policy`,
  );
}

export function invalidArn(arn: string): ServiceError {
  return invalidInput(`ARN ${arn} is not valid.`);
}

export function invalidProviderArn(arn: string): ServiceError {
  return invalidInput(`Invalid ARN of an OpenIDConnect Provider: ${arn}`);
}

export function invalidSimulatedPolicy(id: string, problem: string): ServiceError {
  return invalidInput(`Invalid policy ${id}: ${problem}`);
}

export function onlyOneBoundary(): ServiceError {
  return invalidInput('PermissionsBoundaryPolicyInputList may hold only one policy.');
}

export function unknownHandlingOption(option: string): ServiceError {
  return invalidInput(
    `Invalid ResourceHandlingOption ${option}: its scenarios are Amazon EC2's. Leave it out.`,
  );
}

export function noOrganizations(): ServiceError {
  return invalidInput('There are no organizations here. Leave OrderedOrganizationPolicyInputList out.');
}

export function invalidSimulatedAction(action: string): ServiceError {
  return invalidInput(
    `Invalid action ${action}: it must be a service, a colon and a name, without wildcards.`,
  );
}

export function invalidSimulatedResource(resource: string): ServiceError {
  return invalidInput(`Invalid resource ${resource}: it must be an ARN or *.`);
}

export function invalidCallerArn(arn: string): ServiceError {
  return invalidInput(`Invalid CallerArn ${arn}: it must be the ARN of a user, group or role.`);
}

export function resourcePolicyNeedsUser(): ServiceError {
  return invalidInput('With a ResourcePolicy, CallerArn must be the ARN of a user.');
}

export function invalidResourceOwner(owner: string): ServiceError {
  return invalidInput(
    `Invalid ResourceOwner ${owner}: it must be an account id or the ARN of its root user.`,
  );
}

export function invalidPolicySource(arn: string): ServiceError {
  return invalidInput(`Invalid PolicySourceArn ${arn}: it must be the ARN of a user, group or role.`);
}

export function invalidPolicyIdentifier(): ServiceError {
  return invalidInput(
    'Invalid PolicyExclusionList: each entry must have exactly one member; an ARN must be that of a managed policy; wildcards may stand in the name only, and * once.',
  );
}

export function incompleteContextEntry(name: string | undefined): ServiceError {
  return invalidInput(`Invalid context entry ${name ?? ''}: it must have a name, values and a type.`);
}

export function repeatedContextEntry(name: string): ServiceError {
  return invalidInput(`Invalid context entry ${name}: there is another of that name.`);
}

export function notOneContextValue(name: string, type: string): ServiceError {
  return invalidInput(`Invalid context entry ${name}: one of type ${type} has exactly one value.`);
}

export function invalidContextValue(name: string, type: string, value: string): ServiceError {
  return invalidInput(`Invalid context entry ${name}: ${JSON.stringify(value)} is not of type ${type}.`);
}

export function simulationTooLarge(resources: number): ServiceError {
  return invalidInput(
    `The policies are too large to be held against ${resources} resources at once. Ask about fewer.`,
  );
}

/** Access keys do not expire here, and nobody can make one expire. */
export function statusNotSettable(): ServiceError {
  return invalidInput('An access key can be made Active or Inactive; it cannot be made Expired.');
}
