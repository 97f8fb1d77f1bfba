import type { ServiceName } from '../model/index.ts';
import * as aliases from './aliases.ts';
import { lookupEvents } from './cloudtrail/lookup-events.ts';
import { comparePolicies } from './compare-policies.ts';
import { createKey } from './create-key.ts';
import * as customKeyStores from './custom-key-stores.ts';
import * as dataKeyPairs from './data-key-pairs.ts';
import * as dataKeys from './data-keys.ts';
import { describeAuditLog } from './describe-audit-log.ts';
import * as encapsulation from './encapsulation.ts';
import * as encryption from './encryption.ts';
import { explainAccess } from './explain-access.ts';
import * as grants from './grants.ts';
import { declaredByIam } from './iam/index.ts';
import * as imports from './import.ts';
import * as keyAgreement from './key-agreement.ts';
import * as keyPolicies from './key-policies.ts';
import * as keys from './keys.ts';
import { getKeyLastUsage } from './last-usage.ts';
import * as mac from './mac.ts';
import * as multiRegion from './multi-region.ts';
import type { Operation } from './operation.ts';
import { declaredByOrganizations } from './organizations/index.ts';
import * as policyHistory from './policy-history.ts';
import { getPublicKey } from './public-key.ts';
import { generateRandom } from './random.ts';
import { reEncrypt } from './re-encryption.ts';
import * as rotation from './rotation.ts';
import { searchKeys } from './search-keys.ts';
import * as signing from './signing.ts';
import { declaredBySts } from './sts/index.ts';
import * as tags from './tags.ts';

export { type AccessReport, reportAccess } from './access-report.ts';
export { conditionsOfGrant } from './common.ts';
export {
  accessConditions,
  canonicalAction,
  explainAccess,
  reasonNotKnown,
  requireAccessQuestion,
  requireSubject,
} from './explain-access.ts';
export {
  type AccountTarget,
  type AliasTarget,
  type AnyInput,
  asDeclared,
  type Call,
  type Conditions,
  type ElsewhereEvent,
  type GrantTarget,
  type IdentityTarget,
  type KeyTarget,
  type NamedAlias,
  type NewIdentityTarget,
  type Operation,
  type RoleTarget,
  type Target,
} from './operation.ts';
export { requirePageSize } from './pagination.ts';

const declared = [
  createKey,
  generateRandom,
  getKeyLastUsage,
  getPublicKey,
  reEncrypt,
  ...Object.values(aliases),
  ...Object.values(customKeyStores),
  ...Object.values(dataKeyPairs),
  ...Object.values(dataKeys),
  ...Object.values(encapsulation),
  ...Object.values(encryption),
  ...Object.values(grants),
  ...Object.values(keyAgreement),
  ...Object.values(imports),
  ...Object.values(keyPolicies),
  ...Object.values(keys),
  ...Object.values(mac),
  ...Object.values(multiRegion),
  ...Object.values(rotation),
  ...Object.values(signing),
  ...Object.values(tags),
];

/** Every operation of KMS, by name. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  declared.map((operation) => [operation.name, operation]),
);

const iamOperations: ReadonlyMap<string, Operation> = new Map(
  declaredByIam.map((operation) => [operation.name, operation]),
);

const stsOperations: ReadonlyMap<string, Operation> = new Map(
  declaredBySts.map((operation) => [operation.name, operation]),
);

const organizationsOperations: ReadonlyMap<string, Operation> = new Map(
  declaredByOrganizations.map((operation) => [operation.name, operation]),
);

/** Operations of our own, which AWS does not have. */
const ownOperations: ReadonlyMap<string, Operation> = new Map(
  [comparePolicies, describeAuditLog, explainAccess, searchKeys, ...Object.values(policyHistory)].map(
    (operation) => [operation.name, operation],
  ),
);

const cloudtrailOperations: ReadonlyMap<string, Operation> = new Map([[lookupEvents.name, lookupEvents]]);

const operationsByService = {
  cloudtrail: cloudtrailOperations,
  iam: iamOperations,
  kms: operations,
  organizations: organizationsOperations,
  qkms: ownOperations,
  sts: stsOperations,
};

export function findOperation(service: ServiceName, name: string): Operation | undefined {
  return operationsByService[service].get(name);
}

/** Every operation of every service. */
export const allOperations: readonly Operation[] = Object.values(operationsByService).flatMap((ofService) => [
  ...ofService.values(),
]);

/** The types of all declarations, for checking them against the AWS SDK's. */
export type DeclaredOperation = (typeof declared)[number];
export type DeclaredIamOperation = (typeof declaredByIam)[number];
export type DeclaredOrganizationsOperation = (typeof declaredByOrganizations)[number];
export type DeclaredStsOperation = (typeof declaredBySts)[number];
