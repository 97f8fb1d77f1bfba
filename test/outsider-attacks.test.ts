import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import type { KMS } from '@aws-sdk/client-kms';
import type { STS } from '@aws-sdk/client-sts';
import { createAccount, registerService } from '../src/cli/identities.ts';
import { type Issuer, startIssuer } from '../src/iam/openid-connect/issuer.test-support.ts';
import { allOperations } from '../src/operations/index.ts';
import { createUserWithKey, credentialsIn, identityPolicy, trustPolicy } from './support/identities.ts';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createAlias, createKey, encrypt } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import {
  ACCOUNT,
  type Credentials,
  OTHER_ACCOUNT,
  startTestServer,
  type TestServer,
} from './support/server.ts';
import { operatorConfiguration } from './support/services.ts';

/*
 * What those try who are not of the account, or only its guests: senders of unsigned requests, bearers of OpenID Connect
 * tokens, services, users of other accounts. Every test ends with a refusal. The server is one of production.
 */

const AUDIENCE = 'sts.amazonaws.com';
const SERVICE = 'store.example.com';
const ASSUME = 'sts:AssumeRoleWithWebIdentity';

let dataDirectory: string;
let server: TestServer;
let iam: IAM;
let counter = 0;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-outsiders-'));
  server = await startTestServer({ dataDirectory });
  iam = server.iam();
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

/** What operators give to their commands, which work while the server runs. */
function configuration() {
  return operatorConfiguration(dataDirectory);
}

async function createRole(Principal: object | string, statement: object = {}): Promise<string> {
  counter += 1;
  const { Role } = await iam.createRole({
    RoleName: `role-${counter}`,
    AssumeRolePolicyDocument: trustPolicy({ Effect: 'Allow', Principal, Action: 'sts:*', ...statement }),
  });
  return Role?.Arn ?? '';
}

describe('a request without a signature', () => {
  it('is answered for nothing but AssumeRoleWithWebIdentity', async () => {
    const versions: Partial<Record<string, string>> = { iam: '2010-05-08', sts: '2011-06-15' };
    const prefixes: Partial<Record<string, string>> = {
      kms: 'TrentService',
      cloudtrail: 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101',
      organizations: 'AWSOrganizationsV20161128',
      qkms: 'QKMS',
    };
    for (const { service, name } of allOperations) {
      const Version = versions[service];
      const target = { 'x-amz-target': `${prefixes[service]}.${name}` };
      const answer = await fetch(
        server.endpoint,
        Version === undefined
          ? {
              method: 'POST',
              headers: { 'content-type': 'application/x-amz-json-1.1', ...target },
              body: '{}',
            }
          : { method: 'POST', body: new URLSearchParams({ Action: name, Version }) },
      );
      const isOpen = name === 'AssumeRoleWithWebIdentity';
      assert.match(await answer.text(), isOpen ? /ValidationError/ : /MissingAuthenticationToken/, name);
    }
  });

  it('is for the operation that it names first, in the service that it names first', async () => {
    for (const [form, code] of [
      ['Action=AssumeRoleWithWebIdentity&Action=ListUsers&Version=2010-05-08', 'InvalidAction'],
      [
        'Action=ListUsers&Version=2010-05-08&Version=2011-06-15&Action=AssumeRoleWithWebIdentity',
        'MissingAuth',
      ],
    ] as const) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await fetch(server.endpoint, { method: 'POST', headers, body: form });
      assert.match(await answer.text(), new RegExp(`<Code>${code}`));
    }
  });
});

describe('credentials that nobody was given', () => {
  it('are refused in production, with and without a session token', async () => {
    for (const credentials of [
      { accessKeyId: ACCOUNT, secretAccessKey: 'any' },
      { accessKeyId: 'ASIAQAAAAAAAAAAAAAAA', secretAccessKey: 'any', sessionToken: 'AAAA' },
    ])
      await assertRefused(server.sts({ credentials }).getCallerIdentity(), 'InvalidClientTokenId');
  });
});

describe('the bearer of a token', () => {
  let issuer: Issuer;
  let Federated: string;
  let name: string;

  before(async () => {
    issuer = await startIssuer({ clock: server.clock });
    const { OpenIDConnectProviderArn } = await iam.createOpenIDConnectProvider({
      Url: issuer.url,
      ClientIDList: [AUDIENCE, 'other'],
    });
    Federated = OpenIDConnectProviderArn ?? '';
    name = issuer.url.replace('http://', '');
  });
  after(() => issuer.close());

  async function assume(RoleArn: string, claims: object, sign = issuer.sign) {
    const sts = server.sts({ credentials: { accessKeyId: '', secretAccessKey: '' } });
    const WebIdentityToken = await sign({ aud: AUDIENCE, sub: 'guest', ...claims });
    return sts.assumeRoleWithWebIdentity({ RoleArn, RoleSessionName: 'session', WebIdentityToken });
  }

  function when(condition: object, operator = 'StringEquals'): Promise<string> {
    return createRole({ Federated }, { Action: ASSUME, Condition: { [operator]: condition } });
  }

  it('is nobody by claims that differ from others only in case', async () => {
    const role = await when({ [`${name}:team`]: 'red' });
    await assume(role, { Team: 'red' });
    for (const claims of [
      { team: 'blue', TEAM: 'red' },
      { TEAM: 'red', team: 'blue' },
      { team: 'red', SUB: 'admin' },
      { team: 'red', Aud: 'other' },
    ])
      await assertRefused(assume(role, claims), 'InvalidIdentityTokenException', /only one of its name/);
  });

  it('is not for another audience by a claim that only looks like one', async () => {
    const role = await when({ [`${name}:oaud`]: 'other' }, 'ForAnyValue:StringEquals');
    await assertRefused(assume(role, { oaud: 'other' }), 'AccessDenied');
    await assertRefused(assume(role, { OAUD: 'other' }), 'AccessDenied');
    await assertRefused(assume(role, { azp: AUDIENCE, OAud: 'other' }), 'AccessDenied');
    await assume(role, { azp: AUDIENCE, aud: 'other' });
  });

  it('sets no condition key but those of the issuer', async () => {
    for (const key of ['aws:SourceIp', 'sts:ExternalId', 'aws:PrincipalTag/team', 'aws:PrincipalOrgID']) {
      const role = await when({ [key]: 'forged' });
      await assertRefused(assume(role, { [key]: 'forged' }), 'AccessDenied');
      await assertRefused(assume(role, { [key.toLowerCase()]: 'forged' }), 'AccessDenied');
    }
  });

  it('is not everybody, nor all but somebody, but is denied what everybody is', async () => {
    const arn = (resource: string) => `arn:aws:iam::${ACCOUNT}:${resource}`;
    await iam.createUser({ UserName: 'somebody' });
    const NotPrincipal = { AWS: arn('user/somebody') };
    for (const role of [
      await createRole('*'),
      await createRole({ AWS: [ACCOUNT, rootOf(ACCOUNT)] }),
      await createRole('', { Principal: undefined, NotPrincipal }),
    ])
      await assertRefused(assume(role, {}), 'AccessDenied');
    const statements = [
      { Effect: 'Allow', Principal: { Federated }, Action: 'sts:*' },
      { Effect: 'Deny', Principal: '*', Action: 'sts:*' },
    ];
    await iam.createRole({
      RoleName: 'closed',
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
    });
    await assertRefused(assume(arn('role/closed'), {}), 'AccessDenied');
  });

  it('is nobody by the keys of another issuer', async () => {
    const other = await startIssuer({ clock: server.clock });
    await iam.createOpenIDConnectProvider({ Url: other.url, ClientIDList: [AUDIENCE] });
    const role = await createRole({ Federated }, { Action: ASSUME });
    await assertRefused(assume(role, {}, other.sign), 'AccessDenied');
    await assertRefused(assume(role, { iss: issuer.url }, other.sign), 'InvalidIdentityTokenException');
    await assertRefused(assume(role, { iss: `${issuer.url}/` }, other.sign), 'InvalidIdentityTokenException');
    await other.close();
  });
});

describe('a service', () => {
  let credentials: Credentials;

  before(async () => {
    credentials = credentialsIn(
      (await registerService(await configuration(), SERVICE, [ACCOUNT])).join('\n'),
    );
  });

  /** A client of the service that says on whose behalf it asks. */
  function onBehalfOf<C extends IAM | KMS | STS>(arn: string, client: C): C {
    const stack: Pick<KMS['middlewareStack'], 'add'> = client.middlewareStack;
    stack.add(
      (next) => (args) => {
        Object.assign(Object(Reflect.get(Object(args.request), 'headers')), {
          'x-amz-forward-access-principal': arn,
        });
        return next(args);
      },
      { step: 'build' },
    );
    return client;
  }

  it('acts for no role session under an ARN that is not the session’s own', async () => {
    const user = await createUserWithKey(iam, 'ada');
    await createRole({ AWS: user.arn });
    const session = `arn:aws:sts::${ACCOUNT}:assumed-role/role-${counter}/session`;
    const { arn: KeyId } = await createKey(server.client(), {
      Policy: keyPolicy(
        allow({ Principal: { AWS: [rootOf(ACCOUNT), `arn:aws:iam::${ACCOUNT}:role/role-${counter}`] } }),
        deny({ Principal: { AWS: session }, Action: 'kms:DescribeKey' }),
      ),
    });
    const describeAs = (arn: string) =>
      onBehalfOf(arn, server.client({ credentials })).describeKey({ KeyId });
    await describeAs(session.replace(/session$/, 'another'));
    await assertRefused(describeAs(session), 'AccessDeniedException', /explicit deny/);
    for (const other of [
      session.replace('arn:aws:', 'arn:aws-cn:'),
      session.replace('role-', 'ROLE-'),
      `${session}/x`,
      session.replace(`/role-`, '//role-'),
      `arn:aws:iam::${ACCOUNT}:role/role-${counter}`,
      `arn:aws:iam::${ACCOUNT}:user//ada`,
      `arn:aws:sts::${ACCOUNT}:federated-user/ada`,
    ])
      await assertRefused(describeAs(other), 'AccessDeniedException', /may not make requests on behalf of/);
  });

  it('calls neither IAM nor STS for the root user', async () => {
    const root = rootOf(ACCOUNT);
    await assertRefused(onBehalfOf(root, server.iam({ credentials })).listUsers(), 'AccessDenied');
    await assertRefused(onBehalfOf(root, server.iam({ credentials })).createAccessKey({}), 'AccessDenied');
    await assertRefused(onBehalfOf(root, server.sts({ credentials })).getCallerIdentity(), 'AccessDenied');
  });

  it('assumes no role that trusts everybody, and gets no sessions of its own', async () => {
    const sts = server.sts({ credentials });
    const RoleArn = await createRole('*');
    await assertRefused(sts.assumeRole({ RoleArn, RoleSessionName: 'session' }), 'AccessDenied');
    await assertRefused(sts.getSessionToken(), 'AccessDenied');
    await assertRefused(sts.getFederationToken({ Name: 'guest' }), 'AccessDenied');
    await sts.assumeRole({ RoleArn: await createRole({ Service: SERVICE }), RoleSessionName: 'session' });
  });
});

describe('a key of another account', () => {
  const MONTH = 30 * 24 * 60 * 60_000;
  let victims: KMS;

  before(async () => {
    const credentials = credentialsIn(
      (await createAccount(await configuration(), OTHER_ACCOUNT, 'victims')).join('\n'),
    );
    victims = server.client({ credentials });
  });

  /** Somebody who denies itself what it wants to know of, and looks at how it is refused. */
  async function curious(Condition: object, Resource = '*'): Promise<KMS> {
    const policy = identityPolicy(
      { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
      { Effect: 'Deny', Action: 'kms:*', Resource, Condition },
    );
    counter += 1;
    const { credentials } = await createUserWithKey(iam, `curious-${counter}`, { policy });
    return server.client({ credentials });
  }

  /** The text of a refusal. */
  async function textOf(call: Promise<unknown>): Promise<string> {
    return (await assertRefused(call, 'AccessDeniedException')).message;
  }

  for (const [trait, condition] of [
    ['its tags', { StringLike: { 'aws:ResourceTag/team': 'pay*' } }],
    ['its aliases', { 'ForAnyValue:StringLike': { 'kms:ResourceAliases': 'alias/*' } }],
    ['its kind', { StringEquals: { 'kms:KeySpec': 'SYMMETRIC_DEFAULT' } }],
    ['that it exists', { StringEquals: { 'aws:ResourceAccount': OTHER_ACCOUNT } }],
  ] as const) {
    it(`does not show ${trait} to whoever denies itself keys that have that`, async () => {
      const Tags = [{ TagKey: 'team', TagValue: 'payroll' }];
      const { arn, keyId } = await createKey(victims, { Tags });
      await createAlias(victims, keyId);
      const absentId = randomUUID();
      const by = await curious(condition);
      const told = await textOf(by.describeKey({ KeyId: arn }));
      const absent = await textOf(by.describeKey({ KeyId: arn.replace(keyId, absentId) }));
      assert.equal(told, absent.replaceAll(absentId, keyId));
    });
  }

  it('does not show by its alias that it exists, nor which key it is', async () => {
    const { arn, keyId } = await createKey(victims);
    const aliasArn = arn.replace(`key/${keyId}`, await createAlias(victims, keyId));
    const by = await curious({}, `arn:aws:kms:*:${OTHER_ACCOUNT}:key/*`);
    const told = await textOf(by.describeKey({ KeyId: aliasArn }));
    assert.ok(!told.includes(keyId));
    assert.equal(told, await textOf(by.describeKey({ KeyId: `${aliasArn}-absent` })));
  });

  it('does not show by a ciphertext whose it is', async () => {
    const { keyId } = await createKey(victims);
    const { keyId: goneId } = await createKey(victims);
    const present = await encrypt(victims, keyId);
    const gone = await encrypt(victims, goneId);
    await victims.scheduleKeyDeletion({ KeyId: goneId, PendingWindowInDays: 7 });
    server.clock.advance(MONTH);
    const by = await curious({}, `arn:aws:kms:*:${OTHER_ACCOUNT}:*`);
    const [told, absent] = await Promise.all(
      [present, gone].map((CiphertextBlob) => textOf(by.decrypt({ CiphertextBlob }))),
    );
    assert.equal(told, absent);
  });

  it('is denied to all of an account that its policy denies, the root user included', async () => {
    const { arn: KeyId } = await createKey(victims, {
      Policy: keyPolicy(
        allow({ Principal: { AWS: [rootOf(OTHER_ACCOUNT), rootOf(ACCOUNT)] } }),
        deny({ Principal: { AWS: ACCOUNT }, Action: 'kms:DescribeKey' }),
      ),
    });
    const everything = identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' });
    const user = await createUserWithKey(iam, 'mighty', { everything });
    for (const credentials of [undefined, user.credentials]) {
      const kms = server.client(credentials && { credentials });
      await kms.encrypt({ KeyId, Plaintext: Buffer.of(1) });
      await assertRefused(kms.describeKey({ KeyId }), 'AccessDeniedException');
    }
  });
});
