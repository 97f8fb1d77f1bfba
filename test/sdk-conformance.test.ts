import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as sdk from '@aws-sdk/client-kms';
import type { ValueOf } from '../src/model/index.ts';
import { type DeclaredOperation, type Operation, operations } from '../src/operations/index.ts';

/* Compile time: the declared shapes against the request and response types of the newest AWS SDK. */

type Command<N extends string> = `${N}Command` extends keyof typeof sdk
  ? InstanceType<(typeof sdk)[`${N}Command`]>
  : never;
type SdkInput<N extends string> = Command<N> extends { readonly input: infer I } ? I : never;
type SdkOutput<N extends string> =
  Command<N> extends {
    resolveMiddleware: (...parameters: never) => (...parameters: never) => Promise<{ output: infer O }>;
  }
    ? Omit<O, '$metadata'>
    : never;

type Scalar = Uint8Array | Date | string | number | boolean | undefined;

/** The SDK types required members as possibly undefined; here they are present. */
type Present<T> = T extends Scalar ? T : { readonly [K in keyof T]: Present<Exclude<T[K], undefined>> };
type DeepReadonly<T> = T extends Scalar ? T : { readonly [K in keyof T]: DeepReadonly<T[K]> };

/** `never` when a declaration conforms; else its name and what is wrong, which stands in the compiler's message. */
type Fault<Op> =
  Op extends Operation<infer N, infer I, infer O>
    ?
        | (Present<SdkInput<N>> extends ValueOf<I>
            ? never
            : `${N}: a request that the SDK can make is not accepted`)
        | (keyof SdkInput<N> extends keyof I['members']
            ? never
            : `${N}: an input member of the SDK is missing`)
        | (keyof I['members'] extends keyof SdkInput<N>
            ? never
            : `${N}: an input member is unknown to the SDK`)
        | (ValueOf<O> extends DeepReadonly<SdkOutput<N>>
            ? never
            : `${N}: the answer is not one that the SDK knows`)
        | (keyof O['members'] extends keyof SdkOutput<N>
            ? never
            : `${N}: an output member is unknown to the SDK`)
    : never;

type Faults = { [Op in DeclaredOperation as Op['name']]: Fault<Op> }[DeclaredOperation['name']];
const noFaults: [Faults] extends [never] ? true : Faults = true;

/* Run time: what is still missing. */

/** Operations of the SDK that this version does not have yet; they answer UnknownOperationException. */
const MISSING = [
  'ConnectCustomKeyStore',
  'CreateCustomKeyStore',
  'CreateGrant',
  'Decapsulate',
  'DeleteCustomKeyStore',
  'DeleteImportedKeyMaterial',
  'DeriveSharedSecret',
  'DescribeCustomKeyStores',
  'DisableKeyRotation',
  'DisconnectCustomKeyStore',
  'EnableKeyRotation',
  'Encapsulate',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'GetKeyLastUsage',
  'GetKeyRotationStatus',
  'GetParametersForImport',
  'GetPublicKey',
  'ImportKeyMaterial',
  'ListGrants',
  'ListKeyRotations',
  'ListRetirableGrants',
  'ReplicateKey',
  'RetireGrant',
  'RevokeGrant',
  'RotateKeyOnDemand',
  'Sign',
  'UpdateCustomKeyStore',
  'UpdatePrimaryRegion',
  'Verify',
  'VerifyMac',
];

describe('the declared operations', () => {
  it('have the requests and responses of the AWS SDK', () => {
    assert.ok(noFaults);
  });

  it('and those known to be missing are the 56 of the newest AWS SDK', () => {
    const ofSdk = Object.keys(sdk)
      .filter((name) => name.endsWith('Command') && !name.startsWith('$'))
      .map((name) => name.slice(0, -'Command'.length));
    assert.equal(ofSdk.length, 56);
    assert.deepEqual([...operations.keys(), ...MISSING].sort(), ofSdk.sort());
  });
});
