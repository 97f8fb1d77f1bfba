import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import type { CreateKeyCommandInput, KMS, Tag } from '@aws-sdk/client-kms';
import fc from 'fast-check';
import { answerTo, createGrant, performIdentityChange, type WireGrant } from './authorization-calls.ts';
import { createKey, encrypt, enterState, KEY_STATES, type NewKey } from './keys.ts';
import { putPolicy } from './keys-under-policy.ts';
import { CONTEXTS, grantForm, type IdentityChange } from './model-commands.ts';
import { identityPolicyForm, KEY_COUNT, keyPolicyForm, type Names, renderKeyPolicy } from './policy-forms.ts';
import { createPrincipals, IDENTITY_NAMES, type PrincipalName, type TestPrincipals } from './principals.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './server.ts';
import { signedRequest, type WireAnswer } from './signed-request.ts';

/* All that decides about a request, made up at random and then brought about on a development server. */

const identityForm = fc.record({
  policy: fc.option(identityPolicyForm, { nil: undefined, freq: 3 }),
  team: fc.constantFrom(undefined, 'red' as const),
});

/** What identities may do, and their tags. */
export const identitiesForm = fc.record({
  ada: identityForm,
  bob: identityForm,
  role: identityForm,
  foreigner: identityForm,
});
export type IdentitiesForm = typeof identitiesForm extends fc.Arbitrary<infer Value> ? Value : never;

const keyForm = fc.record({
  policy: keyPolicyForm,
  state: fc.oneof({ weight: 2, arbitrary: fc.constant('Enabled') }, fc.constantFrom(...KEY_STATES)),
  stage: fc.constantFrom(undefined, 'open'),
});
/** Of the first key. */
export const GRANT_COUNT = 3;
type KeyForm = typeof keyForm extends fc.Arbitrary<infer Value> ? Value : never;

/** Keys, of which the first two have aliases, grants, and what identities may do. */
export const situation = fc.record({
  keys: fc.array(keyForm, { minLength: KEY_COUNT, maxLength: KEY_COUNT }),
  grants: fc.array(grantForm, { minLength: GRANT_COUNT, maxLength: GRANT_COUNT }),
  identities: identitiesForm,
});
export type Situation = typeof situation extends fc.Arbitrary<infer Value> ? Value : never;

/** What there is then. */
export interface Access {
  readonly names: Names;
  readonly grants: readonly WireGrant[];
  /** By key, each encrypted under the context `red`. */
  readonly ciphertexts: readonly Uint8Array[];
}

/** A development server on which situations are brought about, and asked about. */
export interface SituationServer {
  readonly server: TestServer;
  /** As the root user. */
  readonly kms: KMS;
  readonly principals: TestPrincipals;
  /** Gives identities their policies and tags. */
  setIdentities(names: Names, identities: IdentitiesForm): Promise<void>;
  /** Makes new keys besides. */
  bringAbout(situation: Situation): Promise<Access>;
  /** Makes one more key. */
  createKeyLike(names: Names, form: KeyForm, request: CreateKeyCommandInput): Promise<NewKey>;
  /** @param service of the operation, as X-Amz-Target has it; `TrentService` by default */
  send(by: PrincipalName, operation: string, body: object, service?: string): Promise<WireAnswer>;
  close(): Promise<void>;
}

export async function startSituationServer(): Promise<SituationServer> {
  const server = await startTestServer();
  const agent = new Agent({ keepAlive: true });
  const kms = server.client();
  const principals = await createPrincipals({
    rootCredentials: { accessKeyId: ACCOUNT, secretAccessKey: 'any' },
    iam: server.iam(),
    otherIam: server.iam({ account: OTHER_ACCOUNT }),
    sts: (credentials) => server.sts({ credentials }),
  });
  const setIdentities = settingIdentities(server);
  return {
    server,
    kms,
    principals,
    setIdentities,
    async bringAbout({ identities, ...ofKeys }) {
      const { names, ...made } = await createKeys(kms, principals, ofKeys);
      await setIdentities(names, identities);
      return { names, ...made };
    },
    async createKeyLike(names, form, request) {
      const key = await createKey(kms, { ...request, Tags: tagsOf(form) });
      await finishKey(kms, names, key, form);
      return key;
    },
    send: (by, operation, body, service = 'TrentService') =>
      signedRequest({
        endpoint: server.endpoint,
        operation,
        headers: { 'X-Amz-Target': `${service}.${operation}` },
        body,
        credentials: principals[by].credentials,
        date: server.clock.now(),
        agent,
      }),
    async close() {
      agent.destroy();
      await server.close();
    },
  };
}

/** All that a refusal says: its code and its text. `undefined` for a success. */
export function refusalIn({ status, body }: WireAnswer): string | undefined {
  const { __type, message, Message } = JSON.parse(body);
  return status === 200 ? undefined : `${__type}: ${message ?? Message}`;
}

function settingIdentities(server: TestServer): SituationServer['setIdentities'] {
  const [iam, otherIam] = [server.iam(), server.iam({ account: OTHER_ACCOUNT })];
  return async (names, identities) => {
    for (const identity of IDENTITY_NAMES) {
      const { policy, team } = identities[identity];
      const changes: readonly IdentityChange[] = [
        policy === undefined
          ? { change: 'DeleteIdentityPolicy', identity }
          : { change: 'PutIdentityPolicy', identity, policy },
        team === undefined
          ? { change: 'UntagIdentity', identity }
          : { change: 'TagIdentity', identity, team },
      ];
      const by = identity === 'foreigner' ? otherIam : iam;
      for (const change of changes) await answerTo(performIdentityChange(by, names, change));
    }
  };
}

/** The policies of the keys come last: before that the root user may do everything with them. */
async function createKeys(
  kms: KMS,
  principals: TestPrincipals,
  { keys, grants }: Omit<Situation, 'identities'>,
): Promise<Access> {
  const keyArns: string[] = [];
  const ciphertexts: Uint8Array[] = [];
  for (const form of keys) {
    const { arn } = await createKey(kms, { Tags: tagsOf(form) });
    keyArns.push(arn);
    ciphertexts.push(await encrypt(kms, arn, 'plaintext', CONTEXTS.red));
  }
  const [a, b] = [`alias/${randomUUID()}`, `alias/${randomUUID()}`];
  await kms.createAlias({ AliasName: a, TargetKeyId: keyArns[0] });
  await kms.createAlias({ AliasName: b, TargetKeyId: keyArns[1] });
  const names = { principals, keyArns, aliasNames: { a, b } };
  const made: WireGrant[] = [];
  for (const grant of grants) made.push(await createGrant(kms, names, 0, grant));
  for (const [number, form] of keys.entries()) {
    const arn = keyArns[number] ?? '';
    await finishKey(kms, names, { keyId: arn, arn }, form);
  }
  return { names, grants: made, ciphertexts };
}

function tagsOf({ stage }: KeyForm): Tag[] {
  return stage === undefined ? [] : [{ TagKey: 'stage', TagValue: stage }];
}

async function finishKey(kms: KMS, names: Names, key: NewKey, { policy, state }: KeyForm): Promise<void> {
  await enterState(kms, key.arn, state);
  await putPolicy(kms, key, JSON.stringify(renderKeyPolicy(names, policy)));
}
