import type { ServiceName } from '../../../src/model/service.ts';
import * as kms from '../../../src/operations/example-values.ts';
import * as iam from '../../../src/operations/iam/example-values.ts';

/** A call that is made before an example, so that there is what it is about. */
export interface PreparingCall {
  /** KMS, when absent. */
  readonly service?: ServiceName;
  readonly operation: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly region?: string;
  /** Members of the answer, by name, and the values of the examples that stand for them. */
  readonly stands?: Readonly<Record<string, string>>;
}

/** Something that requests of examples name. */
export interface Sample {
  /** How they name it: `Member=value`, or a value that is found within others. */
  readonly names: readonly string[];
  /** The calls that make it. What their requests name is made first. */
  readonly made: readonly PreparingCall[];
}

const TEXT = 'aGVsbG8gd29ybGQ=';
const SALES = { department: 'sales' };

/** What one call makes, whose answer says what a value of the examples stands for. */
function answered(
  value: string,
  member: string,
  operation: string,
  request: PreparingCall['request'],
): Sample {
  return { names: [value], made: [{ operation, request, stands: { [member]: value } }] };
}

/** What one call to IAM makes. */
function identity(
  names: readonly string[],
  operation: string,
  request: PreparingCall['request'],
  stands: PreparingCall['stands'] = {},
): Sample {
  return { names, made: [{ service: 'iam', operation, request, stands }] };
}

/** A key, named by its id. */
function key(keyId: string, request: PreparingCall['request']): Sample {
  return answered(keyId, 'KeyId', 'CreateKey', request);
}

/** A key with an alias. */
function aliased(AliasName: string, keyId: string, request: PreparingCall['request']): Sample {
  return {
    names: [AliasName],
    made: [
      { operation: 'CreateKey', request, stands: { KeyId: keyId } },
      { operation: 'CreateAlias', request: { AliasName, TargetKeyId: keyId } },
    ],
  };
}

function role(RoleName: string, AssumeRolePolicyDocument = iam.TRUST_POLICY): Sample {
  const names = [`RoleName=${RoleName}`, `role/${RoleName}`];
  return identity(
    names,
    'CreateRole',
    { RoleName, AssumeRolePolicyDocument },
    { RoleId: ROLE_IDS[RoleName] ?? '' },
  );
}

export const ROLE_IDS: Readonly<Record<string, string>> = {
  orders: 'AROAQRZ5KZQ3YV2ZPE7DB',
  backup: 'AROAQRZ5KZQ3YV2ZPE7DF',
  operators: 'AROAQRZ5KZQ3YV2ZPE7DG',
  workload: 'AROAQRZ5KZQ3YV2ZPE7DH',
};

/** Lets a user give its sessions tags and a source identity. */
const SESSIONS_TRUST_POLICY = iam.TRUST_POLICY.replace(
  '"sts:AssumeRole"',
  '["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]',
);

export const USER_ID = 'AIDAQRZ5KZQ3YV2ZPE7DA';
export const GROUP_ID = 'AGPAQRZ5KZQ3YV2ZPE7DC';
export const POLICY_ID = 'ANPAQRZ5KZQ3YV2ZPE7DD';
export const ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
export const SECRET_ACCESS_KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
export const WRAPPING_KEY = 'the wrapping key';
export const ISSUER = 'issuer.example.com';

const ORDERS_ALIAS: PreparingCall = {
  operation: 'CreateAlias',
  request: { AliasName: 'alias/orders', TargetKeyId: kms.KEY_ID },
};
export const ARCHIVE_ALIAS: PreparingCall = {
  operation: 'CreateAlias',
  request: { AliasName: 'alias/archive', TargetKeyId: kms.OTHER_KEY_ID },
};
export const ENCRYPTION: PreparingCall = {
  operation: 'Encrypt',
  request: { KeyId: 'alias/orders', Plaintext: TEXT, EncryptionContext: SALES },
  stands: { CiphertextBlob: kms.CIPHERTEXT },
};
export const GRANT: PreparingCall = {
  operation: 'CreateGrant',
  request: {
    KeyId: kms.KEY_ID,
    GranteePrincipal: 'arn:aws:iam::111122223333:role/backup',
    RetiringPrincipal: 'arn:aws:iam::111122223333:role/operators',
    Operations: ['Decrypt', 'GenerateDataKey'],
  },
  stands: { GrantId: kms.GRANT_ID, GrantToken: kms.GRANT_TOKEN },
};

/** All that requests of examples name. */
export const SAMPLES: readonly Sample[] = [
  key(kms.KEY_ID, { Description: 'orders database' }),
  key(kms.OTHER_KEY_ID, { Description: 'archive' }),
  { names: ['alias/orders'], made: [ORDERS_ALIAS] },
  key(kms.MULTI_REGION_KEY_ID, { MultiRegion: true }),
  key(kms.EXTERNAL_KEY_ID, { Origin: 'EXTERNAL' }),
  key(kms.EXTERNAL_RSA_KEY_ID, {
    Origin: 'EXTERNAL',
    KeySpec: 'RSA_2048',
    KeyUsage: 'SIGN_VERIFY',
  }),
  aliased('alias/parcels', '2345abcd-23ab-45cd-67ef-2345678901ab', {
    KeySpec: 'RSA_2048',
    KeyUsage: 'ENCRYPT_DECRYPT',
  }),
  aliased('alias/signatures', '3456abcd-34ab-46cd-78ef-3456789012ab', {
    KeySpec: 'ECC_NIST_P256',
    KeyUsage: 'SIGN_VERIFY',
  }),
  aliased('alias/contracts', '6789abcd-67ab-49cd-8bef-6789012345ab', {
    KeySpec: 'RSA_2048',
    KeyUsage: 'SIGN_VERIFY',
  }),
  aliased('alias/tokens', '7890abcd-78ab-4acd-9cef-7890123456ab', {
    KeySpec: 'HMAC_256',
    KeyUsage: 'GENERATE_VERIFY_MAC',
  }),
  aliased('alias/sessions', '8901abcd-89ab-4bcd-ad0f-8901234567ab', {
    KeySpec: 'ML_KEM_512',
    KeyUsage: 'ENCAPSULATE_DECAPSULATE',
  }),
  aliased('alias/agreements', '9012abcd-90ab-4ccd-be1f-9012345678ab', {
    KeySpec: 'ECC_NIST_P256',
    KeyUsage: 'KEY_AGREEMENT',
  }),
  { names: [kms.CIPHERTEXT], made: [ENCRYPTION] },
  answered(kms.RSA_CIPHERTEXT, 'CiphertextBlob', 'Encrypt', {
    KeyId: 'alias/parcels',
    Plaintext: TEXT,
    EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
  }),
  answered(kms.MAC, 'Mac', 'GenerateMac', {
    KeyId: 'alias/tokens',
    Message: TEXT,
    MacAlgorithm: 'HMAC_SHA_256',
  }),
  answered(kms.SIGNATURE, 'Signature', 'Sign', {
    KeyId: 'alias/signatures',
    Message: TEXT,
    SigningAlgorithm: 'ECDSA_SHA_256',
  }),
  answered(kms.ENCAPSULATED_SECRET, 'SharedSecretCiphertextBlob', 'Encapsulate', {
    KeyId: 'alias/sessions',
    EncapsulationAlgorithm: 'ML_KEM',
  }),
  { names: [kms.GRANT_ID, kms.GRANT_TOKEN], made: [GRANT] },
  {
    names: [kms.IMPORT_TOKEN],
    made: [
      {
        operation: 'GetParametersForImport',
        request: {
          KeyId: kms.EXTERNAL_KEY_ID,
          WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
          WrappingKeySpec: 'RSA_2048',
        },
        stands: { ImportToken: kms.IMPORT_TOKEN, PublicKey: WRAPPING_KEY },
      },
    ],
  },
  identity(
    ['UserName=ada', 'user/engineering/ada'],
    'CreateUser',
    { UserName: 'ada', Path: '/engineering/' },
    { UserId: USER_ID },
  ),
  identity(['user/username'], 'CreateUser', { UserName: 'username' }),
  identity(
    [ACCESS_KEY_ID],
    'CreateAccessKey',
    { UserName: 'ada' },
    { AccessKeyId: ACCESS_KEY_ID, SecretAccessKey: SECRET_ACCESS_KEY },
  ),
  identity(
    ['GroupName=encrypters'],
    'CreateGroup',
    { GroupName: 'encrypters', Path: '/engineering/' },
    { GroupId: GROUP_ID },
  ),
  role('orders'),
  role('backup', SESSIONS_TRUST_POLICY),
  role('operators'),
  role('workload', iam.WEB_IDENTITY_TRUST_POLICY),
  identity(
    [iam.POLICY_ARN],
    'CreatePolicy',
    { PolicyName: 'use-keys', PolicyDocument: iam.IDENTITY_POLICY },
    { PolicyId: POLICY_ID },
  ),
  identity([iam.PROVIDER_ARN], 'CreateOpenIDConnectProvider', {
    Url: `https://${ISSUER}`,
    ClientIDList: ['sts.amazonaws.com'],
  }),
  {
    names: ['222233334444'],
    made: [
      {
        service: 'organizations',
        operation: 'CreateAccount',
        request: { Email: 'orders@example.com', AccountName: 'orders' },
        stands: { AccountId: '222233334444' },
      },
    ],
  },
];
