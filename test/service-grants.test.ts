import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CreateGrantCommandInput, KMS } from '@aws-sdk/client-kms';
import { allow, deny, keyPolicy, rootOf } from './support/key-policies.ts';
import { createKey } from './support/keys.ts';
import { assertRefused } from './support/refusal.ts';
import { ACCOUNT, type Credentials, startTestServer, type TestServer } from './support/server.ts';
import { clientWithHeaders, registerTestService } from './support/services.ts';

/* Grants to services, and grants that services may retire (grants.md section 1). */

const SERVICE = 's3.amazonaws.com';
const OTHER_SERVICE = 'backup.amazonaws.com';
const SOURCE = `arn:aws:s3:us-east-1:${ACCOUNT}:bucket/orders`;
const PLAINTEXT = Buffer.of(1);

let dataDirectory: string;
let server: TestServer;
let kms: KMS;
let credentials: Credentials;
let otherCredentials: Credentials;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-service-grants-'));
  server = await startTestServer({ dataDirectory });
  kms = server.client();
  credentials = await registerTestService(dataDirectory, SERVICE, []);
  otherCredentials = await registerTestService(dataDirectory, OTHER_SERVICE, []);
});
after(async () => {
  await server.close();
  await rm(dataDirectory, { recursive: true });
});

/** The service, asking for the sake of a resource. */
function asService(source: string | undefined, by = credentials): KMS {
  return clientWithHeaders(server, by, source === undefined ? {} : { 'x-amz-source-arn': source });
}

function toService(KeyId: string, more: Partial<CreateGrantCommandInput> = {}): CreateGrantCommandInput {
  return {
    KeyId,
    GranteeServicePrincipal: SERVICE,
    RetiringServicePrincipal: OTHER_SERVICE,
    Operations: ['Encrypt', 'RetireGrant'],
    Constraints: { SourceArn: SOURCE },
    ...more,
  };
}

describe('a grant to a service', () => {
  it('is for the resource that it names, and for nobody else', async () => {
    const { arn: KeyId } = await createKey(kms);
    await assertRefused(asService(SOURCE).encrypt({ KeyId, Plaintext: PLAINTEXT }), 'AccessDeniedException');
    await kms.createGrant(toService(KeyId));
    await asService(SOURCE).encrypt({ KeyId, Plaintext: PLAINTEXT });
    for (const refused of [
      () => asService(`${SOURCE}-2`).encrypt({ KeyId, Plaintext: PLAINTEXT }),
      () => asService(undefined).encrypt({ KeyId, Plaintext: PLAINTEXT }),
      () => asService(SOURCE, otherCredentials).encrypt({ KeyId, Plaintext: PLAINTEXT }),
      () => asService(SOURCE).describeKey({ KeyId }),
    ])
      await assertRefused(refused(), 'AccessDeniedException');
  });

  it('is listed with the services', async () => {
    const { arn: KeyId } = await createKey(kms);
    const { GrantId } = await kms.createGrant(toService(KeyId));
    const { Grants: [grant] = [] } = await kms.listGrants({ KeyId, GrantId });
    assert.equal(grant?.GranteeServicePrincipal, SERVICE);
    assert.equal(grant.RetiringServicePrincipal, OTHER_SERVICE);
    assert.deepEqual(grant.Constraints, { SourceArn: SOURCE });
    const { Grants: ofService = [] } = await kms.listGrants({ KeyId, GranteeServicePrincipal: SERVICE });
    assert.deepEqual(
      ofService.map((one) => one.GrantId),
      [GrantId],
    );
  });

  it('is retired by the service that may, and by no other', async () => {
    const { arn: KeyId } = await createKey(kms);
    const { GrantId } = await kms.createGrant(toService(KeyId, { Operations: ['Encrypt'] }));
    await assertRefused(asService(SOURCE).retireGrant({ KeyId, GrantId }), 'AccessDeniedException');
    await asService(undefined, otherCredentials).retireGrant({ KeyId, GrantId });
    assert.deepEqual((await kms.listGrants({ KeyId })).Grants, []);
  });

  it('needs a resource, and somebody who may retire it', async () => {
    const { arn: KeyId } = await createKey(kms);
    for (const incomplete of [
      toService(KeyId, { Constraints: undefined }),
      toService(KeyId, { RetiringServicePrincipal: undefined }),
      toService(KeyId, { RetiringPrincipal: rootOf(ACCOUNT) }),
    ])
      await assertRefused(kms.createGrant(incomplete), 'ValidationException');
  });

  it('can be denied by the services that it is for, and by the resource', async () => {
    for (const [key, value] of [
      ['kms:GranteeServicePrincipal', SERVICE],
      ['kms:RetiringServicePrincipal', OTHER_SERVICE],
      ['kms:GrantConstraintSourceArn', SOURCE],
    ] as const) {
      const Condition = { StringEquals: { [key]: value } };
      const Policy = keyPolicy(allow(), deny({ Action: 'kms:CreateGrant', Condition }));
      const { arn: KeyId } = await createKey(kms, { Policy });
      await assertRefused(kms.createGrant(toService(KeyId)), 'AccessDeniedException');
      await kms.createGrant({ KeyId, GranteePrincipal: rootOf(ACCOUNT), Operations: ['Encrypt'] });
    }
  });
});
