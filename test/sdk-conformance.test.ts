import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as iamSdk from '@aws-sdk/client-iam';
import * as kmsSdk from '@aws-sdk/client-kms';
import * as organizationsSdk from '@aws-sdk/client-organizations';
import * as stsSdk from '@aws-sdk/client-sts';
import type { ValueOf } from '../src/model/index.ts';
import {
  allOperations,
  type DeclaredIamOperation,
  type DeclaredOperation,
  type DeclaredOrganizationsOperation,
  type DeclaredStsOperation,
  type Operation,
  operations,
} from '../src/operations/index.ts';

/* Compile time: the declared shapes against the request and response types of the newest AWS SDK. */

type Command<Sdk, N extends string> = `${N}Command` extends keyof Sdk
  ? Sdk[`${N}Command`] extends abstract new (
      ...parameters: never
    ) => infer C
    ? C
    : never
  : never;
type SdkInput<C> = C extends { readonly input: infer I } ? I : never;
type SdkOutput<C> = C extends {
  resolveMiddleware: (...parameters: never) => (...parameters: never) => Promise<{ output: infer O }>;
}
  ? Omit<O, '$metadata'>
  : never;

type Scalar = Uint8Array | Date | string | number | boolean | undefined;

/** The SDK types required members as possibly undefined; here they are present. */
type Present<T> = T extends Scalar ? T : { readonly [K in keyof T]: Present<Exclude<T[K], undefined>> };
type DeepReadonly<T> = T extends Scalar ? T : { readonly [K in keyof T]: DeepReadonly<T[K]> };

/** `never` when a declaration conforms; else its name and what is wrong, which stands in the compiler's message. */
type Fault<Sdk, Op> =
  Op extends Operation<infer N, infer I, infer O>
    ?
        | (Present<SdkInput<Command<Sdk, N>>> extends ValueOf<I>
            ? never
            : `${N}: a request that the SDK can make is not accepted`)
        | (keyof SdkInput<Command<Sdk, N>> extends keyof I['members']
            ? never
            : `${N}: an input member of the SDK is missing`)
        | (keyof I['members'] extends keyof SdkInput<Command<Sdk, N>>
            ? never
            : `${N}: an input member is unknown to the SDK`)
        | (ValueOf<O> extends DeepReadonly<SdkOutput<Command<Sdk, N>>>
            ? never
            : `${N}: the answer is not one that the SDK knows`)
        | (keyof O['members'] extends keyof SdkOutput<Command<Sdk, N>>
            ? never
            : `${N}: an output member is unknown to the SDK`)
    : never;

type Faults<Sdk, Declared extends Operation> = {
  [Op in Declared as Op['name']]: Fault<Sdk, Op>;
}[Declared['name']];
type NoFaults<F> = [F] extends [never] ? true : F;
const kms: NoFaults<Faults<typeof kmsSdk, DeclaredOperation>> = true;
const iam: NoFaults<Faults<typeof iamSdk, DeclaredIamOperation>> = true;
const organizations: NoFaults<Faults<typeof organizationsSdk, DeclaredOrganizationsOperation>> = true;
const sts: NoFaults<Faults<typeof stsSdk, DeclaredStsOperation>> = true;

/* Run time: that none is missing. */

describe('the declared operations', () => {
  it('have the requests and responses of the AWS SDK', () => {
    assert.ok(kms && iam && organizations && sts);
  });

  it('are the 56 of the newest AWS SDK', () => {
    const ofSdk = operationsOf(kmsSdk);
    assert.equal(ofSdk.length, 56);
    assert.deepEqual([...operations.keys()].sort(), ofSdk.sort());
  });

  it('of the other services are operations of the newest AWS SDK', () => {
    const known = {
      cloudtrail: ['LookupEvents'],
      iam: operationsOf(iamSdk),
      organizations: operationsOf(organizationsSdk),
      sts: operationsOf(stsSdk),
    };
    for (const { service, name } of allOperations)
      if (service !== 'kms' && service !== 'qkms') assert.ok(known[service].includes(name), name);
  });
});

function operationsOf(sdk: object): string[] {
  return Object.keys(sdk)
    .filter((name) => name.endsWith('Command') && !name.startsWith('$'))
    .map((name) => name.slice(0, -'Command'.length));
}
