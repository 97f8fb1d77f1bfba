import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ACCOUNT, ALLOW, DENY } from './fixtures.test-support.ts';
import { codes, message, NETWORK, USE } from './lint.test-support.ts';

describe('lintPolicy: who', () => {
  it('public-access', () => {
    for (const Principal of ['*', { AWS: '*' }, { AWS: [ACCOUNT, '*'] }]) {
      assert.deepEqual(codes({ ...USE, Principal }), ['error public-access']);
    }
    assert.match(
      message({ ...USE, Principal: '*' }),
      /a condition that has to match on one of aws:PrincipalArn, /,
    );
    assert.deepEqual(codes({ ...DENY, Principal: '*', Action: 'kms:Sign', Condition: NETWORK }), []);
  });

  it('public-access is restricted by conditions that have to match, on who or where the caller is', () => {
    const open = (Condition: unknown) => codes({ ...USE, Principal: '*', Condition });
    for (const Condition of [
      NETWORK,
      { StringEquals: { 'kms:CallerAccount': ACCOUNT } },
      { StringLike: { 'aws:PrincipalOrgID': 'o-*' } },
      { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/*` } },
      { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-1/r-1/*' } },
    ]) {
      assert.deepEqual(open(Condition), []);
    }
    for (const Condition of [
      { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } },
      { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
      { StringEqualsIfExists: { 'aws:SourceVpc': 'vpc-1' } },
      { StringLike: { 'aws:PrincipalAccount': '*' } },
      { ArnLike: { 'aws:PrincipalArn': 'arn:*:*:*:*:*' } },
      { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } },
      { Null: { 'aws:SourceVpc': 'false' } },
    ]) {
      assert.ok(open(Condition).includes('error public-access'), JSON.stringify(Condition));
    }
  });

  it('confused-deputy', () => {
    const service = { ...ALLOW, Principal: { Service: 's3.amazonaws.com' }, Action: 'kms:Decrypt' };
    assert.deepEqual(codes(service), ['warning confused-deputy']);
    for (const Condition of [
      { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
      { ArnLike: { 'aws:SourceArn': `arn:aws:s3:::bucket` } },
    ]) {
      assert.deepEqual(codes({ ...service, Condition }), []);
    }
    assert.deepEqual(codes({ ...service, Condition: NETWORK }), ['warning confused-deputy']);
    assert.deepEqual(codes({ ...service, Effect: 'Deny' }), []);
  });

  it('open-federation, and providers in key policies', () => {
    const Principal = { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/issuer.example.com` };
    const trust = { Effect: 'Allow', Principal, Action: 'sts:AssumeRoleWithWebIdentity' };
    assert.deepEqual(codes(trust, 'trust-policy'), ['error open-federation']);
    const Condition = { StringEquals: { 'issuer.example.com:sub': 'repo:a' } };
    assert.deepEqual(codes({ ...trust, Condition }, 'trust-policy'), []);
    assert.deepEqual(codes({ ...USE, Principal }), ['warning provider-in-key-policy']);
  });

  it('not-principal-allow', () => {
    const { Principal, ...rest } = USE;
    assert.deepEqual(codes({ ...rest, NotPrincipal: Principal }), ['error not-principal-allow']);
    assert.deepEqual(codes({ ...rest, NotPrincipal: Principal, Effect: 'Deny', Condition: NETWORK }), []);
  });

  it('wildcard-in-principal', () => {
    assert.ok(
      codes({ ...USE, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/*` } }).includes(
        'error wildcard-in-principal',
      ),
    );
  });

  it('full-access', () => {
    assert.deepEqual(codes({ ...USE, Action: 'kms:*' }), ['note full-access']);
    assert.deepEqual(codes({ ...USE, Action: ['kms:Decrypt', 'kms:Get*'] }), []);
  });
});
