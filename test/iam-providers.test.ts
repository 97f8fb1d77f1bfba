import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import { type Issuer, startIssuer } from '../src/iam/openid-connect/issuer.test-support.ts';
import { createUserWithKey, identityPolicy, trustPolicy } from './support/identities.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let iam: IAM;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
});
after(() => server.close());

const arnOf = (name: string) => `arn:aws:iam::${ACCOUNT}:oidc-provider/${name}`;
const THUMBPRINT = '990f4193972f2becf12ddeda5237f9c952f20d9e';

async function create(Url: string): Promise<string> {
  const { OpenIDConnectProviderArn } = await iam.createOpenIDConnectProvider({ Url });
  assert.ok(OpenIDConnectProviderArn);
  return OpenIDConnectProviderArn;
}

describe('an OpenID Connect provider', () => {
  it('is registered, described, listed and deleted', async () => {
    const created = await iam.createOpenIDConnectProvider({
      Url: 'https://issuer.example.com/realms/main',
      ClientIDList: ['sts.amazonaws.com', 'orders', 'orders'],
      ThumbprintList: [THUMBPRINT],
      Tags: [{ Key: 'team', Value: 'keys' }],
    });
    const OpenIDConnectProviderArn = arnOf('issuer.example.com/realms/main');
    assert.equal(created.OpenIDConnectProviderArn, OpenIDConnectProviderArn);
    assert.deepEqual(created.Tags, [{ Key: 'team', Value: 'keys' }]);
    const { $metadata: _, ...shown } = await iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn });
    assert.deepEqual(shown, {
      Url: 'issuer.example.com/realms/main',
      ClientIDList: ['sts.amazonaws.com', 'orders'],
      ThumbprintList: [THUMBPRINT],
      CreateDate: new Date(Math.floor(server.clock.now() / 1000) * 1000),
      Tags: [{ Key: 'team', Value: 'keys' }],
    });
    assert.deepEqual((await iam.listOpenIDConnectProviders()).OpenIDConnectProviderList, [
      { Arn: OpenIDConnectProviderArn },
    ]);
    await iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn });
    assert.deepEqual((await iam.listOpenIDConnectProviders()).OpenIDConnectProviderList, []);
    await assertRefused(
      iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn }),
      'NoSuchEntityException',
      `OpenIDConnect Provider not found for arn ${OpenIDConnectProviderArn}`,
    );
  });

  it('may be deleted when it is gone already, but not by what is no ARN of a provider', async () => {
    await iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn: arnOf('gone.example.com') });
    for (const arn of ['arn:aws:iam::111122223333:user/ada', 'gone.example.com/issuer/path'])
      await assertRefused(
        iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn: arn }),
        'InvalidInputException',
        `Invalid ARN of an OpenIDConnect Provider: ${arn}`,
      );
  });

  it('is one for its URL, with or without slash, in its account', async () => {
    assert.equal(await create('https://once.example.com/'), arnOf('once.example.com'));
    for (const Url of ['https://once.example.com', 'https://once.example.com/', 'http://once.example.com']) {
      const refused = await assertRefused(
        iam.createOpenIDConnectProvider({ Url }),
        'EntityAlreadyExistsException',
        'Provider with url once.example.com already exists.',
      );
      assert.equal(refused.$metadata.httpStatusCode, 409);
    }
    const other = server.iam({ account: OTHER_ACCOUNT });
    await other.createOpenIDConnectProvider({ Url: 'https://once.example.com' });
    await assertRefused(
      other.getOpenIDConnectProvider({ OpenIDConnectProviderArn: arnOf('once.example.com') }),
      'NoSuchEntityException',
    );
  });

  it('has a URL that could be that of an issuer', async () => {
    for (const Url of [
      'issuer.example.com',
      'ftp://issuer.example.com',
      'https://',
      'https://issuer.example.com?tenant=1',
      'https://issuer.example.com#top',
      'https://ada@issuer.example.com',
      'https://ada:secret@issuer.example.com',
      'https://issuer.example.com/a b',
      'https://issuer.example.com/ä',
    ])
      await assertRefused(
        iam.createOpenIDConnectProvider({ Url }),
        'InvalidInputException',
        /^Invalid Open ID Connect Provider URL: /,
      );
    await assertRefused(
      iam.createOpenIDConnectProvider({ Url: `https://issuer.example.com/${'a'.repeat(255)}` }),
      'ValidationError',
    );
  });

  it('may be served by plain HTTP, on any port, and shows that it is', async () => {
    const OpenIDConnectProviderArn = await create('http://127.0.0.1:8080/main');
    assert.equal(OpenIDConnectProviderArn, arnOf('127.0.0.1:8080/main'));
    assert.equal(
      (await iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn })).Url,
      'http://127.0.0.1:8080/main',
    );
  });

  it('gets and loses client ids, of which there are at most 100', async () => {
    const OpenIDConnectProviderArn = await create('https://clients.example.com');
    const clients = async () =>
      (await iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn })).ClientIDList;
    const add = (ClientID: string) =>
      iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID });
    const remove = (ClientID: string) =>
      iam.removeClientIDFromOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID });
    await add('one');
    await add('two');
    await add('one');
    assert.deepEqual(await clients(), ['one', 'two']);
    await remove('one');
    await remove('one');
    assert.deepEqual(await clients(), ['two']);
    for (let count = 1; count < 100; count += 1) await add(`client-${count}`);
    await add('two');
    const refused = await assertRefused(
      add('one more'),
      'LimitExceededException',
      'Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100',
    );
    assert.equal(refused.$metadata.httpStatusCode, 409);
    await assertRefused(
      iam.createOpenIDConnectProvider({
        Url: 'https://many.example.com',
        ClientIDList: Array.from({ length: 101 }, (_, index) => `client-${index}`),
      }),
      'LimitExceededException',
    );
    await assertRefused(add('c'.repeat(256)), 'ValidationError');
  });

  it('has at most five thumbprints, each of 40 hex digits', async () => {
    const OpenIDConnectProviderArn = await create('https://thumbprints.example.com');
    const update = (...ThumbprintList: string[]) =>
      iam.updateOpenIDConnectProviderThumbprint({ OpenIDConnectProviderArn, ThumbprintList });
    await update(THUMBPRINT, 'A'.repeat(40));
    await update('B'.repeat(40));
    assert.deepEqual((await iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn })).ThumbprintList, [
      'B'.repeat(40),
    ]);
    await assertRefused(
      update(...Array.from({ length: 6 }, () => THUMBPRINT)),
      'InvalidInputException',
      'Thumbprint list must contain at most 5 entries.',
    );
    await assertRefused(update('b'.repeat(39)), 'ValidationError');
    await assertRefused(update('g'.repeat(40)), 'ValidationError');
  });

  it('has to exist to be changed', async () => {
    const OpenIDConnectProviderArn = arnOf('missing.example.com');
    for (const call of [
      () => iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'c' }),
      () => iam.removeClientIDFromOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'c' }),
      () =>
        iam.updateOpenIDConnectProviderThumbprint({ OpenIDConnectProviderArn, ThumbprintList: [THUMBPRINT] }),
    ])
      await assertRefused(call(), 'NoSuchEntityException', /^OpenIDConnect Provider not found/);
  });
});

describe('the tokens of a provider', () => {
  let issuer: Issuer;

  before(async () => {
    issuer = await startIssuer({ algorithm: 'RS256', clock: server.clock });
  });
  after(() => issuer.close());

  it('are accepted for as long as it is registered, for the client ids that it has', async () => {
    const provider = await create(issuer.url);
    const audience = `${issuer.url.replace('http://', '')}:aud`;
    await iam.createRole({
      RoleName: 'federated',
      AssumeRolePolicyDocument: trustPolicy({
        Effect: 'Allow',
        Principal: { Federated: provider },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [audience]: 'orders' } },
      }),
    });
    const assume = async () =>
      server.sts().assumeRoleWithWebIdentity({
        RoleArn: `arn:aws:iam::${ACCOUNT}:role/federated`,
        RoleSessionName: 'test',
        WebIdentityToken: await issuer.sign({ sub: 'alice', aud: 'orders' }),
      });
    const ClientID = 'orders';
    await assertRefused(assume(), 'InvalidIdentityTokenException');
    await iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn: provider, ClientID });
    assert.equal((await assume()).Audience, 'orders');
    await iam.removeClientIDFromOpenIDConnectProvider({ OpenIDConnectProviderArn: provider, ClientID });
    await assertRefused(assume(), 'InvalidIdentityTokenException');
    await iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn: provider, ClientID });
    await assume();
    await iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn: provider });
    await assertRefused(assume(), 'InvalidIdentityTokenException', /^No OpenIDConnect provider found/);
  });

  it('can only be trusted if the provider is registered', async () => {
    await assertRefused(
      iam.createRole({
        RoleName: 'untrusted',
        AssumeRolePolicyDocument: trustPolicy({
          Effect: 'Allow',
          Principal: { Federated: arnOf('unknown.example.com') },
          Action: 'sts:AssumeRoleWithWebIdentity',
        }),
      }),
      'MalformedPolicyDocumentException',
      /^Invalid principal in policy: "Federated"/,
    );
  });
});

describe('who may manage providers', () => {
  it('is decided by identity policies, with the ARN of the provider', async () => {
    const { arn, credentials } = await createUserWithKey(iam, 'provider-manager', {
      own: identityPolicy({
        Effect: 'Allow',
        Action: 'iam:*OpenIDConnectProvider*',
        Resource: arnOf('mine.example.com'),
      }),
    });
    const manager = server.iam({ credentials });
    const OpenIDConnectProviderArn = arnOf('mine.example.com');
    await manager.createOpenIDConnectProvider({
      Url: 'https://mine.example.com',
      Tags: [{ Key: 'a', Value: '' }],
    });
    await manager.getOpenIDConnectProvider({ OpenIDConnectProviderArn });
    await manager.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'c' });
    await manager.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn });

    const foreign = { OpenIDConnectProviderArn: arnOf('foreign.example.com') };
    const REFUSALS: readonly [string, () => Promise<unknown>, string?][] = [
      [
        'CreateOpenIDConnectProvider',
        () => manager.createOpenIDConnectProvider({ Url: 'https://foreign.example.com' }),
      ],
      ['GetOpenIDConnectProvider', () => manager.getOpenIDConnectProvider(foreign)],
      ['DeleteOpenIDConnectProvider', () => manager.deleteOpenIDConnectProvider(foreign)],
      [
        'UpdateOpenIDConnectProviderThumbprint',
        () => manager.updateOpenIDConnectProviderThumbprint({ ...foreign, ThumbprintList: [] }),
      ],
      [
        'AddClientIDToOpenIDConnectProvider',
        () => manager.addClientIDToOpenIDConnectProvider({ ...foreign, ClientID: 'c' }),
      ],
      [
        'RemoveClientIDFromOpenIDConnectProvider',
        () => manager.removeClientIDFromOpenIDConnectProvider({ ...foreign, ClientID: 'c' }),
      ],
      ['ListOpenIDConnectProviders', () => manager.listOpenIDConnectProviders(), arnOf('*')],
    ];
    for (const [action, call, resource = foreign.OpenIDConnectProviderArn] of REFUSALS)
      await assertRefused(
        call(),
        'AccessDenied',
        `User: ${arn} is not authorized to perform: iam:${action} on resource: ${resource} because no identity-based policy allows the iam:${action} action`,
      );
  });
});
