import assert from 'node:assert/strict';
import type { Issuer } from '../../src/iam/openid-connect/issuer.test-support.ts';
import { naiveSign } from '../../src/sigv4/naive-signer.ts';
import { identityPolicy, trustPolicy } from './identities.ts';
import type { Secrets } from './secret-search.ts';
import { ACCOUNT, type Credentials, REGION, ROOT_CREDENTIALS, type TestServer } from './server.ts';
import { sendRequest, type WireAnswer } from './signed-request.ts';
import { dateAt } from './signing-attempts.ts';
import { childOf, parseXml } from './xml.ts';

const AUDIENCE = 'sts.amazonaws.com';
/** The role that is assumed. */
export const ROLE = { RoleArn: `arn:aws:iam::${ACCOUNT}:role/workload`, RoleSessionName: 'session' };
const NOBODY: Credentials = { accessKeyId: '', secretAccessKey: '' };

/** A request over the AWS Query protocol; unsigned without credentials. */
type Form = readonly [
  service: 'iam' | 'sts',
  fields: Readonly<Record<string, string>>,
  credentials: Credentials | undefined,
];

/** Calls of IAM and STS that take or return a secret, each of which is noted. */
export class IdentitySecrets {
  readonly #server: () => TestServer;
  readonly #issuer: Issuer;
  readonly #secrets: Secrets;
  readonly #refusals: string[];
  /** Answers, by what they were to hand out, which no other may hold. */
  readonly answers: { readonly body: string; readonly handsOut: readonly string[] }[] = [];
  user = NOBODY;
  session = NOBODY;

  /**
   * @param parts.server the one that runs
   * @param parts.secrets where secrets are noted
   * @param parts.refusals where refusals are noted
   */
  constructor(parts: {
    readonly server: () => TestServer;
    readonly issuer: Issuer;
    readonly secrets: Secrets;
    readonly refusals: string[];
  }) {
    this.#server = parts.server;
    this.#issuer = parts.issuer;
    this.#secrets = parts.secrets;
    this.#refusals = parts.refusals;
  }

  /** Calls an operation that refuses. */
  async refuseForm(code: string, ...request: Form): Promise<void> {
    const { body } = await sendForm(this.#server(), ...request);
    assert.equal(childOf(childOf(parseXml(body), 'Error'), 'Code').text, code, body);
    this.#refusals.push(body);
  }

  /** Calls an operation that hands out no secret. */
  async #call(...[service, fields, credentials]: Form): Promise<void> {
    const { status, body } = await sendForm(this.#server(), service, fields, credentials);
    assert.equal(status, 200, body);
    this.answers.push({ body, handsOut: [] });
  }

  /** Calls an operation that hands out credentials, and notes them. */
  async #obtain(
    element: 'AccessKey' | 'Credentials',
    ...[service, fields, credentials]: Form
  ): Promise<Credentials> {
    const { status, body } = await sendForm(this.#server(), service, fields, credentials);
    assert.equal(status, 200, body);
    const name = fields['Action'] ?? '';
    const shown = childOf(childOf(parseXml(body), `${name}Result`), element);
    const secretAccessKey = childOf(shown, 'SecretAccessKey').text;
    const handsOut = [`the secret access key of ${name}`];
    this.#secrets.set(`the secret access key of ${name}`, Buffer.from(secretAccessKey));
    const obtained = { accessKeyId: childOf(shown, 'AccessKeyId').text, secretAccessKey };
    if (element === 'AccessKey') {
      this.answers.push({ body, handsOut });
      return obtained;
    }
    const sessionToken = childOf(shown, 'SessionToken').text;
    handsOut.push(`the session token of ${name}`);
    this.#secrets.set(`the session token of ${name}`, Buffer.from(sessionToken));
    this.answers.push({ body, handsOut });
    return { ...obtained, sessionToken };
  }

  /** An OpenID Connect token that will be found wherever it, or its signature alone, turns up. */
  async plantToken(
    name: string,
    claims: Readonly<Record<string, unknown>> = {},
    options?: Parameters<Issuer['sign']>[1],
  ): Promise<string> {
    const token = await this.#issuer.sign({ aud: AUDIENCE, sub: 'workload', ...claims }, options);
    this.#secrets.set(`the OpenID token of ${name}`, Buffer.from(token));
    this.#secrets.set(`the signature of the OpenID token of ${name}`, Buffer.from(token.split('.')[2] ?? ''));
    return token;
  }

  /** Uses identities with everything that takes or returns a secret. */
  async use(): Promise<void> {
    const root = ROOT_CREDENTIALS;
    const PolicyDocument = JSON.stringify(identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' }));
    const Federated = `arn:aws:iam::${ACCOUNT}:oidc-provider/${this.#issuer.url.replace('http://', '')}`;
    const Principal = { AWS: '*', Federated };
    const AssumeRolePolicyDocument = trustPolicy({ Effect: 'Allow', Principal, Action: 'sts:*' });
    await this.#call('iam', { Action: 'CreateUser', UserName: 'ada' }, root);
    await this.#call(
      'iam',
      { Action: 'PutUserPolicy', UserName: 'ada', PolicyName: 'p', PolicyDocument },
      root,
    );
    await this.#call(
      'iam',
      { Action: 'CreateOpenIDConnectProvider', Url: this.#issuer.url, 'ClientIDList.member.1': AUDIENCE },
      root,
    );
    await this.#call('iam', { Action: 'CreateRole', RoleName: 'workload', AssumeRolePolicyDocument }, root);
    this.user = await this.#obtain('AccessKey', 'iam', { Action: 'CreateAccessKey', UserName: 'ada' }, root);
    this.session = await this.#obtain('Credentials', 'sts', { Action: 'AssumeRole', ...ROLE }, this.user);
    const others = [
      await this.#obtain('Credentials', 'sts', { Action: 'GetSessionToken' }, this.user),
      await this.#obtain('Credentials', 'sts', { Action: 'GetFederationToken', Name: 'guest' }, this.user),
      await this.#obtain(
        'Credentials',
        'sts',
        {
          Action: 'AssumeRoleWithWebIdentity',
          ...ROLE,
          WebIdentityToken: await this.plantToken('a success'),
        },
        undefined,
      ),
    ];
    for (const credentials of [this.user, this.session, ...others])
      await this.#call('sts', { Action: 'GetCallerIdentity' }, credentials);
    const { accessKeyId: AccessKeyId } = this.user;
    await this.#call('iam', { Action: 'ListAccessKeys', UserName: 'ada' }, root);
    await this.#call('iam', { Action: 'GetAccessKeyLastUsed', AccessKeyId }, root);
    await this.#call('iam', { Action: 'GetUser' }, this.user);
    await this.#call('iam', { Action: 'GetRole', RoleName: 'workload' }, root);
    await this.#call(
      'iam',
      { Action: 'UpdateAccessKey', UserName: 'ada', AccessKeyId, Status: 'Inactive' },
      root,
    );
    await this.refuseForm('InvalidClientTokenId', 'iam', { Action: 'GetUser' }, this.user);
    await this.#call(
      'iam',
      { Action: 'UpdateAccessKey', UserName: 'ada', AccessKeyId, Status: 'Active' },
      root,
    );
  }

  /** Sends the secrets of identities along with what is refused. */
  async refuse(): Promise<void> {
    const identity = { Action: 'GetCallerIdentity' };
    const { sessionToken = '' } = this.session;
    await this.refuseForm('SignatureDoesNotMatch', 'sts', identity, {
      ...this.session,
      secretAccessKey: 'wrong',
    });
    await this.refuseForm('InvalidClientTokenId', 'sts', identity, {
      ...this.session,
      sessionToken: `${sessionToken}A`,
    });
    await this.refuseForm('InvalidClientTokenId', 'sts', identity, { ...this.user, sessionToken });
    await this.refuseForm(
      'InvalidAction',
      'sts',
      { Action: 'Unknown', SessionToken: sessionToken },
      this.session,
    );
    const present = async (
      code: string,
      WebIdentityToken: string,
      more: Readonly<Record<string, string>> = {},
    ) =>
      this.refuseForm(
        code,
        'sts',
        { Action: 'AssumeRoleWithWebIdentity', ...ROLE, WebIdentityToken, ...more },
        undefined,
      );
    await present('ExpiredTokenException', await this.plantToken('an expired token', { exp: 1 }));
    await present('InvalidIdentityToken', await this.plantToken('another audience', { aud: 'other' }));
    await present(
      'InvalidIdentityToken',
      await this.plantToken('another issuer', { iss: 'https://other.example.com' }),
    );
    await present('InvalidIdentityToken', `${await this.plantToken('an altered token')}A`);
    await present('InvalidIdentityToken', `.${await this.plantToken('no token')}`);
    await present('ValidationError', await this.plantToken('a wrong duration'), { DurationSeconds: '1' });
    await present('ValidationError', (await this.plantToken('a token too long')).padEnd(20_001, '.'));
    await present('MalformedInput', await this.plantToken('a malformed request'), { DurationSeconds: 'x' });
    await present('AccessDenied', await this.plantToken('an unknown role'), { RoleArn: `${ROLE.RoleArn}s` });
    await present('MalformedPolicyDocument', await this.plantToken('a malformed policy'), { Policy: '{' });
    // An issuer that fails is asked for its keys anew because of a key id that it has not published.
    this.#issuer.misbehave('failing');
    await present(
      'IDPCommunicationError',
      await this.plantToken('an issuer that fails', {}, { kid: 'unknown' }),
    );
    this.#issuer.misbehave(undefined);
  }
}

/** Sends a form, signed as the SDKs sign it, and unsigned without credentials. */
async function sendForm(server: TestServer, ...[service, fields, credentials]: Form): Promise<WireAnswer> {
  const Version = service === 'iam' ? '2010-05-08' : '2011-06-15';
  const body = new URLSearchParams({ Version, ...fields }).toString();
  const date = dateAt(server);
  const headers = [
    ['Host', 'iam.example'],
    ['Content-Type', 'application/x-www-form-urlencoded'],
    ['X-Amz-Date', date],
    ...(credentials?.sessionToken === undefined
      ? []
      : [['X-Amz-Security-Token', credentials.sessionToken] as const]),
  ] as const;
  const scope = `${date.slice(0, 8)}/${REGION}/${service}/aws4_request`;
  const rawHeaders =
    credentials === undefined
      ? headers.flat()
      : naiveSign({ headers, body, ...credentials, date, scope }).rawHeaders;
  return sendRequest({ endpoint: server.endpoint, rawHeaders, body });
}
