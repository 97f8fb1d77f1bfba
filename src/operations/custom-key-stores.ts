import {
  boolean,
  enumeration,
  list,
  optional,
  required,
  string,
  structure,
  timestamp,
} from '../model/index.ts';
import { operation } from './operation.ts';
import { paginate } from './pagination.ts';
import * as refusals from './refusals.ts';
import * as shapes from './shapes.ts';

/*
 * Custom key stores: no account has any, and none can be created, as long as QKMS does not connect to AWS CloudHSM
 * clusters or external key store proxies.
 */

const storeName = string({ min: 1, max: 256 });
const clusterId = string({ min: 19, max: 24, pattern: 'cluster-[2-7a-zA-Z]{11,16}' });
const trustAnchorCertificate = string({ min: 1, max: 5000 });
const keyStorePassword = string({ min: 7, max: 32, sensitive: true });
const keyStoreType = enumeration('AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE');
const uriEndpoint = string({ min: 10, max: 128, pattern: '^https://[a-zA-Z0-9.-]+$' });
const uriPath = string({
  min: 10,
  max: 128,
  pattern: '^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$',
});
const endpointServiceName = string({
  min: 20,
  max: 64,
  pattern: '^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$',
});
const connectivity = enumeration('PUBLIC_ENDPOINT', 'VPC_ENDPOINT_SERVICE');
const proxyAccessKeyId = string({ min: 20, max: 30, pattern: '^[A-Z2-7]+$', sensitive: true });
const proxyCredential = structure({
  AccessKeyId: required(proxyAccessKeyId, 'The access key id by which the proxy knows KMS.'),
  RawSecretAccessKey: required(
    string({ min: 43, max: 64, pattern: '^[a-zA-Z0-9\\/+=]+$', sensitive: true }),
    'The secret access key.',
  ),
});
const accountId = string({ min: 12, max: 12, pattern: '[0-9]{12}' });

const storeIdMember = required(shapes.customKeyStoreId, 'The id of the custom key store.');

/** What a store is made of; every member may be absent. */
const properties = {
  CloudHsmClusterId: optional(clusterId, 'The CloudHSM cluster.'),
  KeyStorePassword: optional(keyStorePassword, 'The password of the crypto user kmsuser in the cluster.'),
  XksProxyUriEndpoint: optional(uriEndpoint, 'The endpoint of the external key store proxy.'),
  XksProxyUriPath: optional(uriPath, 'The path of the proxy API.'),
  XksProxyVpcEndpointServiceName: optional(endpointServiceName, 'The endpoint service of the proxy.'),
  XksProxyVpcEndpointServiceOwner: optional(accountId, 'The account that owns the endpoint service.'),
  XksProxyAuthenticationCredential: optional(proxyCredential, 'The credential with which KMS signs.'),
  XksProxyConnectivity: optional(connectivity, 'How the proxy is reached.'),
};

/** What creating, connecting and changing stores may find wrong with a CloudHSM cluster. */
const CLUSTER_ERRORS = [
  'CloudHsmClusterInvalidConfigurationException',
  'CloudHsmClusterNotActiveException',
] as const;
const PROXY_ERRORS = [
  'XksProxyIncorrectAuthenticationCredentialException',
  'XksProxyInvalidConfigurationException',
  'XksProxyInvalidResponseException',
  'XksProxyUriEndpointInUseException',
  'XksProxyUriInUseException',
  'XksProxyUriUnreachableException',
  'XksProxyVpcEndpointServiceInUseException',
  'XksProxyVpcEndpointServiceInvalidConfigurationException',
  'XksProxyVpcEndpointServiceNotFoundException',
] as const;
const STORE_ERRORS = ['CustomKeyStoreNotFoundException', 'KMSInternalException'] as const;

/** What a store of each type cannot be without (custom-key-stores.md section 1). */
const NEEDED = {
  AWS_CLOUDHSM: ['CloudHsmClusterId', 'KeyStorePassword', 'TrustAnchorCertificate'],
  EXTERNAL_KEY_STORE: [
    'XksProxyConnectivity',
    'XksProxyUriEndpoint',
    'XksProxyUriPath',
    'XksProxyAuthenticationCredential',
  ],
} as const;

export const createCustomKeyStore = operation({
  name: 'CreateCustomKeyStore',
  summary:
    'Creates a custom key store. QKMS connects to no CloudHSM cluster and no external key store proxy: every request is refused.',
  input: structure({
    CustomKeyStoreName: required(storeName, 'A name, unique in the account and Region.'),
    CustomKeyStoreType: optional(keyStoreType, 'The type of the store; AWS_CLOUDHSM by default.'),
    TrustAnchorCertificate: optional(trustAnchorCertificate, 'The certificate of the CloudHSM cluster.'),
    ...properties,
  }),
  output: structure({ CustomKeyStoreId: optional(shapes.customKeyStoreId, 'The id of the store.') }),
  targets: { account: { kind: 'account', permission: 'kms:CreateCustomKeyStore' } },
  errors: [
    ...CLUSTER_ERRORS,
    ...PROXY_ERRORS,
    'CloudHsmClusterInUseException',
    'CloudHsmClusterNotFoundException',
    'CustomKeyStoreNameInUseException',
    'IncorrectTrustAnchorException',
    'KMSInternalException',
    'LimitExceededException',
  ],
  readOnly: false,
  quota: 'CreateCustomKeyStore',
  audit: {
    request: [
      'CustomKeyStoreName',
      'CustomKeyStoreType',
      'CloudHsmClusterId',
      'XksProxyUriEndpoint',
      'XksProxyUriPath',
      'XksProxyVpcEndpointServiceName',
      'XksProxyVpcEndpointServiceOwner',
      'XksProxyConnectivity',
    ],
    response: ['CustomKeyStoreId'],
    names: { CloudHsmClusterId: 'clusterId' },
  },
  examples: [
    {
      title: 'There are no CloudHSM clusters',
      error: 'CloudHsmClusterNotFoundException',
      request: {
        CustomKeyStoreName: 'hsm',
        CloudHsmClusterId: 'cluster-234567abcde',
        KeyStorePassword: 'kmsPswd',
        TrustAnchorCertificate: 'none',
      },
    },
  ],
  validate(input) {
    const type = input.CustomKeyStoreType ?? 'AWS_CLOUDHSM';
    const missing = NEEDED[type].find((member) => input[member] === undefined);
    if (missing !== undefined) throw refusals.keyStoreMemberMissing(missing, type);
  },
  handler({ input: { CustomKeyStoreType, CloudHsmClusterId = '' } }) {
    if (CustomKeyStoreType === 'EXTERNAL_KEY_STORE') throw refusals.externalKeyStoresUnsupported();
    throw refusals.cloudHsmClusterNotFound(CloudHsmClusterId);
  },
});

const storeEntry = structure({
  CustomKeyStoreId: optional(shapes.customKeyStoreId, 'The id of the store.'),
  CustomKeyStoreName: optional(storeName, 'Its name.'),
  CloudHsmClusterId: optional(clusterId, 'Its CloudHSM cluster.'),
  TrustAnchorCertificate: optional(trustAnchorCertificate, 'The certificate of the cluster.'),
  ConnectionState: optional(
    enumeration('CONNECTED', 'CONNECTING', 'FAILED', 'DISCONNECTED', 'DISCONNECTING'),
    'Whether it is connected.',
  ),
  ConnectionErrorCode: optional(
    enumeration(
      'CLUSTER_NOT_FOUND',
      'INSUFFICIENT_CLOUDHSM_HSMS',
      'INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET',
      'INTERNAL_ERROR',
      'INVALID_CREDENTIALS',
      'NETWORK_ERRORS',
      'SUBNET_NOT_FOUND',
      'USER_LOCKED_OUT',
      'USER_LOGGED_IN',
      'USER_NOT_FOUND',
      'XKS_PROXY_ACCESS_DENIED',
      'XKS_PROXY_INVALID_CONFIGURATION',
      'XKS_PROXY_INVALID_RESPONSE',
      'XKS_PROXY_INVALID_TLS_CONFIGURATION',
      'XKS_PROXY_NOT_REACHABLE',
      'XKS_PROXY_TIMED_OUT',
      'XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION',
      'XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND',
    ),
    'Why connecting failed.',
  ),
  CreationDate: optional(timestamp, 'When it was created.'),
  CustomKeyStoreType: optional(keyStoreType, 'Its type.'),
  XksProxyConfiguration: optional(
    structure({
      Connectivity: optional(connectivity, 'How the proxy is reached.'),
      AccessKeyId: optional(proxyAccessKeyId, 'The access key id by which the proxy knows KMS.'),
      UriEndpoint: optional(uriEndpoint, 'The endpoint of the proxy.'),
      UriPath: optional(uriPath, 'The path of the proxy API.'),
      VpcEndpointServiceName: optional(endpointServiceName, 'The endpoint service of the proxy.'),
      VpcEndpointServiceOwner: optional(accountId, 'The account that owns the endpoint service.'),
    }),
    'The proxy of an external key store.',
  ),
});

export const describeCustomKeyStores = operation({
  name: 'DescribeCustomKeyStores',
  summary: 'Lists the custom key stores of the account: none, for QKMS creates none.',
  input: structure({
    CustomKeyStoreId: optional(
      shapes.customKeyStoreId,
      'The id of one store. Either this, or a name, or neither.',
    ),
    CustomKeyStoreName: optional(storeName, 'The name of one store.'),
    Limit: shapes.limit,
    Marker: shapes.marker,
  }),
  output: structure({
    CustomKeyStores: optional(list(storeEntry), 'The stores.'),
    NextMarker: shapes.nextMarker,
    Truncated: optional(boolean, 'Whether there are more.'),
  }),
  targets: { account: { kind: 'account', permission: 'kms:DescribeCustomKeyStores' } },
  errors: [...STORE_ERRORS, 'InvalidMarkerException'],
  readOnly: true,
  quota: 'DescribeCustomKeyStores',
  pagination: { defaultLimit: 1000, maximumLimit: 1000 },
  examples: [{ title: 'List the custom key stores', request: {} }],
  validate({ CustomKeyStoreId, CustomKeyStoreName }) {
    if (CustomKeyStoreId !== undefined && CustomKeyStoreName !== undefined)
      throw refusals.oneKeyStoreNameExpected();
  },
  async handler(call) {
    const { CustomKeyStoreId, CustomKeyStoreName } = call.input;
    if ((CustomKeyStoreId ?? CustomKeyStoreName) !== undefined) throw refusals.customKeyStoreNotFound();
    const { items, ...page } = await paginate<never>(
      call,
      '',
      () => [],
      () => '',
    );
    return { CustomKeyStores: items, ...page };
  },
});

export const updateCustomKeyStore = operation({
  name: 'UpdateCustomKeyStore',
  summary: 'Changes a custom key store.',
  input: structure({
    CustomKeyStoreId: storeIdMember,
    NewCustomKeyStoreName: optional(storeName, 'A new name.'),
    ...properties,
  }),
  output: shapes.empty,
  targets: { account: { kind: 'account', permission: 'kms:UpdateCustomKeyStore' } },
  errors: [
    ...STORE_ERRORS,
    ...CLUSTER_ERRORS,
    ...PROXY_ERRORS,
    'CloudHsmClusterNotFoundException',
    'CloudHsmClusterNotRelatedException',
    'CustomKeyStoreInvalidStateException',
    'CustomKeyStoreNameInUseException',
  ],
  readOnly: false,
  quota: 'UpdateCustomKeyStore',
  audit: { names: { CloudHsmClusterId: 'clusterId' } },
  examples: [
    {
      title: 'There are no custom key stores',
      error: 'CustomKeyStoreNotFoundException',
      request: { CustomKeyStoreId: 'cks-1234567890abcdef0' },
    },
  ],
  handler: refuseUnknownStore,
});

export const connectCustomKeyStore = operation({
  name: 'ConnectCustomKeyStore',
  summary: 'Connects a custom key store to what holds its keys.',
  input: structure({ CustomKeyStoreId: storeIdMember }),
  output: shapes.empty,
  targets: { account: { kind: 'account', permission: 'kms:ConnectCustomKeyStore' } },
  errors: [...STORE_ERRORS, ...CLUSTER_ERRORS, 'CustomKeyStoreInvalidStateException'],
  readOnly: false,
  quota: 'ConnectCustomKeyStore',
  examples: [
    {
      title: 'There are no custom key stores',
      error: 'CustomKeyStoreNotFoundException',
      request: { CustomKeyStoreId: 'cks-1234567890abcdef0' },
    },
  ],
  handler: refuseUnknownStore,
});

export const disconnectCustomKeyStore = operation({
  name: 'DisconnectCustomKeyStore',
  summary: 'Disconnects a custom key store.',
  input: structure({ CustomKeyStoreId: storeIdMember }),
  output: shapes.empty,
  targets: { account: { kind: 'account', permission: 'kms:DisconnectCustomKeyStore' } },
  errors: [...STORE_ERRORS, 'CustomKeyStoreInvalidStateException'],
  readOnly: false,
  quota: 'DisconnectCustomKeyStore',
  examples: [
    {
      title: 'There are no custom key stores',
      error: 'CustomKeyStoreNotFoundException',
      request: { CustomKeyStoreId: 'cks-1234567890abcdef0' },
    },
  ],
  handler: refuseUnknownStore,
});

export const deleteCustomKeyStore = operation({
  name: 'DeleteCustomKeyStore',
  summary: 'Deletes a custom key store.',
  input: structure({ CustomKeyStoreId: storeIdMember }),
  output: shapes.empty,
  targets: { account: { kind: 'account', permission: 'kms:DeleteCustomKeyStore' } },
  errors: [...STORE_ERRORS, 'CustomKeyStoreHasCMKsException', 'CustomKeyStoreInvalidStateException'],
  readOnly: false,
  quota: 'DeleteCustomKeyStore',
  examples: [
    {
      title: 'There are no custom key stores',
      error: 'CustomKeyStoreNotFoundException',
      request: { CustomKeyStoreId: 'cks-1234567890abcdef0' },
    },
  ],
  handler: refuseUnknownStore,
});

function refuseUnknownStore(): never {
  throw refusals.customKeyStoreNotFound();
}
