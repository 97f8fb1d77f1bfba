import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CreateCustomKeyStoreCommandInput, KMS } from '@aws-sdk/client-kms';
import { assertRefused } from './support/refusal.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const CustomKeyStoreId = 'cks-1234567890abcdef0';
const CLOUD_HSM = {
  CustomKeyStoreName: 'hsm',
  CloudHsmClusterId: 'cluster-2a23b4cdefg',
  KeyStorePassword: 'kmsPswd',
  TrustAnchorCertificate: '-----BEGIN CERTIFICATE-----',
} as const satisfies CreateCustomKeyStoreCommandInput;
const EXTERNAL = {
  CustomKeyStoreName: 'proxy',
  CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
  XksProxyConnectivity: 'PUBLIC_ENDPOINT',
  XksProxyUriEndpoint: 'https://proxy.example.com',
  XksProxyUriPath: '/kms/xks/v1',
  XksProxyAuthenticationCredential: {
    AccessKeyId: 'ABCDE12345670EXAMPLE'.replaceAll(/[01]/g, '2'),
    RawSecretAccessKey: 'DXjSUawnel2fr6SKC7G25CNxTyWKE5PF9XX6H/u9pSo=',
  },
} as const satisfies CreateCustomKeyStoreCommandInput;

let server: TestServer;
let kms: KMS;

before(async () => {
  server = await startTestServer();
  kms = server.client();
});
after(() => server.close());

describe('an account without custom key stores', () => {
  it('lists none', async () => {
    const { CustomKeyStores, Truncated, NextMarker } = await kms.describeCustomKeyStores({});
    assert.deepEqual(
      { CustomKeyStores, Truncated, NextMarker },
      {
        CustomKeyStores: [],
        Truncated: false,
        NextMarker: undefined,
      },
    );
  });

  it('finds none by id or by name', async () => {
    await assertRefused(kms.describeCustomKeyStores({ CustomKeyStoreId }), 'CustomKeyStoreNotFoundException');
    await assertRefused(
      kms.describeCustomKeyStores({ CustomKeyStoreName: 'hsm' }),
      'CustomKeyStoreNotFoundException',
    );
  });

  it('may not ask for id and name at once, nor with a foreign marker', async () => {
    await assertRefused(
      kms.describeCustomKeyStores({ CustomKeyStoreId, CustomKeyStoreName: 'hsm' }),
      'ValidationException',
      'Specify either CustomKeyStoreId or CustomKeyStoreName, not both.',
    );
    await assertRefused(kms.describeCustomKeyStores({ Marker: 'any' }), 'InvalidMarkerException');
  });

  it('has none to connect, disconnect, change or delete', async () => {
    for (const call of [
      () => kms.connectCustomKeyStore({ CustomKeyStoreId }),
      () => kms.disconnectCustomKeyStore({ CustomKeyStoreId }),
      () => kms.updateCustomKeyStore({ CustomKeyStoreId, NewCustomKeyStoreName: 'other' }),
      () => kms.deleteCustomKeyStore({ CustomKeyStoreId }),
    ]) {
      await assertRefused(call(), 'CustomKeyStoreNotFoundException');
    }
  });
});

describe('CreateCustomKeyStore', () => {
  it('finds no CloudHSM cluster', async () => {
    await assertRefused(
      kms.createCustomKeyStore(CLOUD_HSM),
      'CloudHsmClusterNotFoundException',
      'The CloudHSM cluster cluster-2a23b4cdefg does not exist: QKMS connects to no CloudHSM clusters.',
    );
  });

  it('refuses external key stores', async () => {
    await assertRefused(
      kms.createCustomKeyStore(EXTERNAL),
      'UnsupportedOperationException',
      'External key stores are not supported by this version of QKMS.',
    );
  });

  it('refuses them also behind an endpoint service of a VPC', async () => {
    await assertRefused(
      kms.createCustomKeyStore({
        ...EXTERNAL,
        XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
        XksProxyVpcEndpointServiceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0',
        XksProxyVpcEndpointServiceOwner: '111122223333',
      }),
      'UnsupportedOperationException',
    );
  });

  it('names what a store of its type cannot be without', async () => {
    for (const [complete, type, needed] of [
      [CLOUD_HSM, 'AWS_CLOUDHSM', ['CloudHsmClusterId', 'KeyStorePassword', 'TrustAnchorCertificate']],
      [
        EXTERNAL,
        'EXTERNAL_KEY_STORE',
        [
          'XksProxyConnectivity',
          'XksProxyUriEndpoint',
          'XksProxyUriPath',
          'XksProxyAuthenticationCredential',
        ],
      ],
    ] as const) {
      for (const member of needed) {
        await assertRefused(
          kms.createCustomKeyStore({ ...complete, [member]: undefined }),
          'ValidationException',
          `You must specify ${member} for a custom key store of type ${type}.`,
        );
      }
    }
  });

  it('does not echo the password or the secret of the proxy', async () => {
    const { message: aboutPassword } = await assertRefused(
      kms.createCustomKeyStore({ ...CLOUD_HSM, KeyStorePassword: 'secret' }),
      'ValidationException',
    );
    assert.ok(aboutPassword.includes("'keyStorePassword'") && !aboutPassword.includes('secret'));
    const { message: aboutSecret } = await assertRefused(
      kms.createCustomKeyStore({
        ...EXTERNAL,
        XksProxyAuthenticationCredential: {
          ...EXTERNAL.XksProxyAuthenticationCredential,
          RawSecretAccessKey: 'hush',
        },
      }),
      'ValidationException',
    );
    assert.ok(!aboutSecret.includes('hush'), aboutSecret);
  });
});
