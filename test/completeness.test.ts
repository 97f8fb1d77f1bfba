import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as sdk from '@aws-sdk/client-kms';
import type { Shape } from '../src/model/index.ts';
import { type Operation, operations } from '../src/operations/index.ts';

/*
 * Nothing of the newest AWS SDK is left out: every operation, member and value of an enumeration is in the text of a test
 * that works over the wire, or stands below with the reason why it cannot be.
 */

/** Members of answers about custom key stores, of which there are none (README.md, "What is not there yet"). */
const NO_STORES = [
  'ConnectionErrorCode',
  'ConnectionState',
  'XksProxyConfiguration',
  'Connectivity',
  'UriEndpoint',
  'UriPath',
  'VpcEndpointServiceName',
  'VpcEndpointServiceOwner',
];

/** By operation, member or value. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(NO_STORES.map((name) => [name, 'no answer has it: there are no custom key stores'])),
  ...Object.fromEntries(
    Object.values(sdk.ConnectionErrorCodeType).map((value) => [value, 'no store has ever been connected']),
  ),
  ...Object.fromEntries(
    Object.values(sdk.ConnectionStateType).map((value) => [value, 'no store has ever been connected']),
  ),
  Unavailable: 'only keys in custom key stores are',
  OnDemandRotationStartDate: 'rotations on demand are done when RotateKeyOnDemand answers',
};

const DIRECTORY = import.meta.dirname;

/** The tests that speak with a server, and what they share. */
const sources = readdirSync(DIRECTORY, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('completeness') && !file.startsWith('sdk-'))
  .map((file) => readFileSync(join(DIRECTORY, file), 'utf8'));
const words = new Set(sources.flatMap((source) => source.match(/\w+/g) ?? []));

const methodOf = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

/** The names of members, and the values of enumerations, of a shape. */
function namesIn(shape: Shape): readonly string[] {
  switch (shape.kind) {
    case 'structure':
      return Object.entries(shape.members).flatMap(([name, member]) => [name, ...namesIn(member.shape)]);
    case 'list':
      return namesIn(shape.member);
    case 'string':
      return shape.values ?? [];
    default:
      return [];
  }
}

function untested({ input, output }: Operation): readonly string[] {
  const names = new Set([...namesIn(input), ...namesIn(output)]);
  return [...names].filter((name) => !words.has(name) && !Object.hasOwn(LEFT_OUT, name));
}

describe('the tests', () => {
  it('call every operation that the SDK has', () => {
    const known = Object.keys(sdk)
      .filter((name) => /^[A-Z]\w+Command$/.test(name))
      .map((name) => name.slice(0, -'Command'.length));
    assert.deepEqual([...operations.keys()].sort(), known.sort());
    for (const name of known) assert.ok(words.has(methodOf(name)), `no test calls ${name}`);
  });

  for (const operation of operations.values()) {
    it(`use every member and value of ${operation.name}`, () => {
      assert.deepEqual(untested(operation), []);
    });
  }
});
