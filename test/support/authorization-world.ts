import { randomUUID } from 'node:crypto';
import type { Agent } from 'node:http';
import { IAM } from '@aws-sdk/client-iam';
import { KMS } from '@aws-sdk/client-kms';
import {
  answerTo,
  type Ciphertexts,
  performIdentityChange,
  performKeyChange,
  performUse,
  type WireGrant,
} from './authorization-calls.ts';
import type { ModelAnswer } from './authorization-model.ts';
import { isIdentityChange } from './authorization-model-changes.ts';
import { createKey, encrypt } from './keys.ts';
import { CONTEXTS, type Command, type IdentityChange, type Use } from './model-commands.ts';
import { KEY_COUNT, type Names } from './policy-forms.ts';
import {
  IDENTITY_NAMES,
  type IdentityName,
  type PrincipalName,
  type TestPrincipals,
  USER_NAMES,
} from './principals.ts';
import { type Credentials, REGION } from './server.ts';
import type { WorkerConnections, WorkerNumber } from './worker-connections.ts';

/** The service under test, as far as commands go. */
export interface World {
  readonly names: Names;
  use(use: Use, worker: WorkerNumber): Promise<ModelAnswer>;
  change(command: Command): Promise<ModelAnswer>;
}

/** What a worker is reached by. */
interface WorkerClients {
  readonly uses: Readonly<Record<PrincipalName, KMS>>;
  readonly changes: Readonly<Record<PrincipalName, KMS>>;
  /** As whoever manages an identity. */
  readonly iam: (identity: IdentityName) => IAM;
}

/**
 * Answers with a function that brings the service into the state in which sequences begin: new keys under the default
 * policy, and principals without identity policies, without tags and with active access keys.
 *
 * @param otherManager somebody who may do everything with IAM in the other account
 */
export function prepareWorlds(
  endpoint: string,
  connections: WorkerConnections,
  principals: TestPrincipals,
  otherManager: Credentials,
): () => Promise<World> {
  const settingsFor = (agent: Agent, credentials: Credentials) => {
    return { endpoint, region: REGION, maxAttempts: 1, credentials, requestHandler: { httpAgent: agent } };
  };
  const kmsOf = (agent: Agent) => {
    const clientFor = (by: PrincipalName) => new KMS(settingsFor(agent, principals[by].credentials));
    const [root, ada, bob] = [clientFor('root'), clientFor('ada'), clientFor('bob')];
    const [session, limited] = [clientFor('session'), clientFor('limited')];
    return { root, ada, bob, session, limited, foreigner: clientFor('foreigner') };
  };
  const workerOf = (worker: WorkerNumber): WorkerClients => {
    const agent = connections.changes[worker];
    const own = new IAM(settingsFor(agent, principals.root.credentials));
    const other = new IAM(settingsFor(agent, otherManager));
    const iam = (identity: IdentityName) => (identity === 'foreigner' ? other : own);
    return { uses: kmsOf(connections.uses[worker]), changes: kmsOf(agent), iam };
  };
  const workers = [workerOf(0), workerOf(1)] as const;

  return async () => {
    const { uses, iam } = workers[0];
    const names = await createWorldKeys(uses.root, principals);
    const ciphertexts = await encryptAll(uses.root, names);
    await resetIdentities(iam, names);
    const grants: WireGrant[] = [];
    return {
      names,
      use: (use, worker) => answerTo(performUse(workers[worker].uses[use.by], names, ciphertexts, use)),
      change: ({ by, change, worker }) =>
        answerTo(
          isIdentityChange(change)
            ? performIdentityChange(workers[worker].iam(managedBy(change)), names, change)
            : performKeyChange(workers[worker].changes[by], names, grants, change),
        ),
    };
  };
}

function managedBy(change: IdentityChange): IdentityName {
  return 'user' in change ? change.user : change.identity;
}

/** Keys, and names for aliases, that no other sequence has. */
async function createWorldKeys(kms: KMS, principals: TestPrincipals): Promise<Names> {
  const keyArns: string[] = [];
  for (let count = 0; count < KEY_COUNT; count += 1) keyArns.push((await createKey(kms)).arn);
  const prefix = `alias/${randomUUID()}`;
  return { principals, keyArns, aliasNames: { a: `${prefix}-a`, b: `${prefix}-b` } };
}

async function encryptAll(kms: KMS, { keyArns }: Names): Promise<Ciphertexts> {
  const under = (arn: string, context: Readonly<Record<string, string>>) =>
    encrypt(kms, arn, 'plaintext', context);
  return Promise.all(
    keyArns.map(async (arn) => ({
      none: await under(arn, CONTEXTS.none),
      red: await under(arn, CONTEXTS.red),
      blue: await under(arn, CONTEXTS.blue),
    })),
  );
}

async function resetIdentities(iamOf: (identity: IdentityName) => IAM, names: Names): Promise<void> {
  const changes: IdentityChange[] = [
    ...IDENTITY_NAMES.flatMap((identity): IdentityChange[] => [
      { change: 'DeleteIdentityPolicy', identity },
      { change: 'UntagIdentity', identity },
    ]),
    ...USER_NAMES.map((user): IdentityChange => ({ change: 'UpdateAccessKey', user, isActive: true })),
  ];
  await Promise.all(
    changes.map((change) => answerTo(performIdentityChange(iamOf(managedBy(change)), names, change))),
  );
}
