import * as accessKeys from './access-keys.ts';
import * as account from './account.ts';
import * as attachments from './attachments.ts';
import * as boundaries from './boundaries.ts';
import * as groups from './groups.ts';
import * as inlinePolicies from './inline-policies.ts';
import * as managedPolicies from './managed-policies.ts';
import * as neverThere from './never-there.ts';
import * as policyEntities from './policy-entities.ts';
import * as policyVersions from './policy-versions.ts';
import * as providers from './providers.ts';
import * as roles from './roles.ts';
import * as simulation from './simulation.ts';
import * as tags from './tags.ts';
import * as users from './users.ts';

/** Every operation of IAM. */
export const declaredByIam = [
  ...Object.values(accessKeys),
  ...Object.values(users),
  ...Object.values(roles),
  ...Object.values(boundaries),
  ...Object.values(providers),
  ...Object.values(tags),
  ...Object.values(account),
  ...Object.values(attachments),
  ...Object.values(groups),
  ...Object.values(inlinePolicies),
  ...Object.values(managedPolicies),
  ...Object.values(neverThere),
  ...Object.values(policyEntities),
  ...Object.values(policyVersions),
  ...Object.values(simulation),
];
