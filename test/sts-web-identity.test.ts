import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { IAM } from '@aws-sdk/client-iam';
import type { AssumeRoleWithWebIdentityCommandInput, STS } from '@aws-sdk/client-sts';
import { type Issuer, startIssuer } from '../src/iam/openid-connect/issuer.test-support.ts';
import { identityPolicy, trustPolicy } from './support/identities.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, OTHER_ACCOUNT, startTestServer, type TestServer } from './support/server.ts';

const AUDIENCE = 'sts.amazonaws.com';
const SUBJECT = 'system:serviceaccount:jobs:nightly';

let server: TestServer;
let iam: IAM;
let issuer: Issuer;
let providerArn: string;
let providerName: string;
let sts: STS;

before(async () => {
  server = await startTestServer();
  iam = server.iam();
  // Whoever has no credentials has none to sign with either.
  sts = server.sts({ credentials: { accessKeyId: '', secretAccessKey: '' } });
  issuer = await startIssuer({ clock: server.clock });
  const { OpenIDConnectProviderArn } = await iam.createOpenIDConnectProvider({
    Url: issuer.url,
    ClientIDList: [AUDIENCE],
  });
  providerArn = OpenIDConnectProviderArn ?? '';
  providerName = issuer.url.replace('http://', '');
  const condition = { StringEquals: { [`${providerName}:aud`]: AUDIENCE, [`${providerName}:sub`]: SUBJECT } };
  await createRole('workload', { ...byProvider(), Condition: condition });
});
after(async () => {
  await issuer.close();
  await server.close();
});
afterEach(() => issuer.misbehave(undefined));

function byProvider(): object {
  return {
    Effect: 'Allow',
    Principal: { Federated: providerArn },
    Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'],
  };
}

async function createRole(RoleName: string, statement: object): Promise<void> {
  await iam.createRole({ RoleName, AssumeRolePolicyDocument: trustPolicy(statement) });
  const policy = identityPolicy({
    Effect: 'Allow',
    Action: 'kms:ListKeys',
    Resource: '*',
    Condition: { ArnEquals: { 'aws:FederatedProvider': providerArn } },
  });
  await iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: JSON.stringify(policy) });
}

function assume(
  WebIdentityToken: string,
  input: Partial<AssumeRoleWithWebIdentityCommandInput> = {},
  role = 'workload',
) {
  return sts.assumeRoleWithWebIdentity({
    RoleArn: `arn:aws:iam::${ACCOUNT}:role/${role}`,
    RoleSessionName: 'nightly',
    WebIdentityToken,
    ...input,
  });
}

function sign(claims: Readonly<Record<string, unknown>> = {}, options?: Parameters<Issuer['sign']>[1]) {
  return issuer.sign({ aud: AUDIENCE, sub: SUBJECT, ...claims }, options);
}

const DENIED = 'Not authorized to perform sts:AssumeRoleWithWebIdentity';

describe('AssumeRoleWithWebIdentity', () => {
  it('gives the credentials of a role to the bearer of a token, without a signature', async () => {
    const answer = await assume(await sign());
    assert.equal(answer.SubjectFromWebIdentityToken, SUBJECT);
    assert.equal(answer.Audience, AUDIENCE);
    assert.equal(answer.Provider, issuer.url);
    assert.equal(answer.AssumedRoleUser?.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/workload/nightly`);
    const credentials = {
      accessKeyId: answer.Credentials?.AccessKeyId ?? '',
      secretAccessKey: answer.Credentials?.SecretAccessKey ?? '',
      sessionToken: answer.Credentials?.SessionToken ?? '',
    };
    await server.client({ credentials }).listKeys();
    assert.equal((await server.sts({ credentials }).getCallerIdentity()).Arn, answer.AssumedRoleUser?.Arn);
  });

  it('is open to requests that carry no signature at all', async () => {
    const form = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/workload`,
      RoleSessionName: 'nightly',
      WebIdentityToken: await sign(),
    });
    const answer = await fetch(server.endpoint, { method: 'POST', body: form });
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA/);
  });

  for (const [title, claims] of [
    ['another subject', { sub: 'system:serviceaccount:jobs:other' }],
    ['another audience that is registered', { aud: 'second-audience' }],
  ] as const) {
    it(`is refused to ${title} than the trust policy asks for`, async () => {
      await iam.addClientIDToOpenIDConnectProvider({
        OpenIDConnectProviderArn: providerArn,
        ClientID: 'second-audience',
      });
      await assertRefused(assume(await sign(claims)), 'AccessDenied', DENIED);
    });
  }

  it('is refused for a role that trusts others, or does not exist', async () => {
    await createRole('for-users', {
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: 'sts:AssumeRoleWithWebIdentity',
    });
    await assertRefused(assume(await sign(), {}, 'for-users'), 'AccessDenied', DENIED);
    await assertRefused(assume(await sign(), {}, 'nothing'), 'AccessDenied', DENIED);
  });

  for (const [title, token] of [
    ['is not one', async () => 'not-a-token'],
    ['is empty in all three parts', async () => '....'],
    ['has the algorithm none', async () => `${btoa('{"alg":"none"}')}.${(await sign()).split('.')[1]}.`],
    ['is signed by somebody else', async () => (await sign()).replace(/.{10}$/, 'AAAAAAAAAA')],
    ['is for an unregistered audience', () => sign({ aud: 'somebody-else' })],
    ['is of an issuer that is not registered', () => sign({ iss: 'https://elsewhere.example.com' })],
    ['is not valid yet', () => sign({ nbf: Math.floor(server.clock.now() / 1000) + 600 })],
    ['has an unknown key id', () => sign({}, { kid: 'unknown' })],
    ['has no subject', () => sign({ sub: undefined })],
  ] as const) {
    it(`is refused with a token that ${title}`, async () => {
      const error = await assertRefused(assume(await token()), 'InvalidIdentityTokenException');
      assert.equal(error.$metadata.httpStatusCode, 400);
    });
  }

  it('is refused with a token that has expired', async () => {
    const error = await assertRefused(
      assume(await sign({ exp: Math.floor(server.clock.now() / 1000) - 1 })),
      'ExpiredTokenException',
    );
    assert.equal(error.$metadata.httpStatusCode, 400);
  });

  it('is refused with a token, a session name or a role ARN past their limits', async () => {
    const token = await sign();
    await assertRefused(assume('x'.repeat(20_001)), 'ValidationError');
    await assertRefused(assume(token, { RoleSessionName: 'x'.repeat(65) }), 'ValidationError');
    await assertRefused(
      assume(token, { RoleArn: `arn:aws:iam::${ACCOUNT}:role/${'x'.repeat(2_048)}` }),
      'ValidationError',
    );
    await assertRefused(assume(token, { ProviderId: 'www.amazon.com' }), 'ValidationError');
  });

  it('trusts the providers of the account of the role, and no others', async () => {
    const elsewhere = { RoleArn: `arn:aws:iam::${OTHER_ACCOUNT}:role/workload` };
    await assertRefused(
      assume(await sign(), elsewhere),
      'InvalidIdentityTokenException',
      /^No OpenIDConnect provider found/,
    );
    await assertRefused(assume(await sign(), { RoleArn: 'x'.repeat(20) }), 'InvalidIdentityTokenException');
  });

  it('says so when the issuer cannot be reached, and other requests go on meanwhile', async () => {
    const other = await startIssuer({ clock: server.clock });
    const { OpenIDConnectProviderArn } = await iam.createOpenIDConnectProvider({
      Url: other.url,
      ClientIDList: [AUDIENCE],
    });
    other.misbehave('silent');
    const asked = other.nextRequest();
    const waiting = assume(await other.sign({ aud: AUDIENCE, sub: SUBJECT }));
    await asked;
    await server.client().listKeys();
    server.clock.advance(10_000);
    const error = await assertRefused(waiting, 'IDPCommunicationErrorException');
    assert.equal(error.$metadata.httpStatusCode, 400);
    await other.close();
    server.clock.advance(60_000);
    await assertRefused(
      assume(await other.sign({ aud: AUDIENCE, sub: SUBJECT })),
      'IDPCommunicationErrorException',
    );
    await iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn });
  });

  it('takes session tags and a source identity from the token, if the trust policy lets it', async () => {
    const claims = {
      'https://aws.amazon.com/tags': { principal_tags: { team: ['orders'] }, transitive_tag_keys: ['team'] },
      'https://aws.amazon.com/source_identity': 'ada',
    };
    await createRole('tagged', {
      ...byProvider(),
      Condition: { StringEquals: { 'aws:RequestTag/team': 'orders' } },
    });
    assert.equal((await assume(await sign(claims), {}, 'tagged')).SourceIdentity, 'ada');
    await assertRefused(assume(await sign(), {}, 'tagged'), 'AccessDenied', DENIED);
    await createRole('untagged', { ...byProvider(), Action: 'sts:AssumeRoleWithWebIdentity' });
    await assertRefused(
      assume(await sign(claims), {}, 'untagged'),
      'AccessDenied',
      'Not authorized to perform sts:TagSession',
    );
  });

  it('ends when the provider is removed', async () => {
    const token = await sign();
    await assume(token);
    await iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn: providerArn });
    await assertRefused(assume(token), 'InvalidIdentityTokenException', /^No OpenIDConnect provider found/);
  });
});
