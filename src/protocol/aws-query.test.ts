import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceError } from '../errors.ts';
import {
  blob,
  boolean,
  compileDecoder,
  integer,
  list,
  map,
  optional,
  string,
  stringMap,
  structure,
  timestamp,
} from '../model/index.ts';
import { awsQuery } from './aws-query.ts';

const text = 'a member';
const tag = structure({ Key: optional(string(), text), Value: optional(string(), text) });
const shape = structure({
  UserName: optional(string(), text),
  MaxItems: optional(integer(), text),
  Force: optional(boolean, text),
  Until: optional(timestamp, text),
  Bytes: optional(blob(), text),
  Names: optional(list(string()), text),
  Tags: optional(list(tag), text),
  Inner: optional(tag, text),
  Context: optional(stringMap, text),
  Counts: optional(map(integer()), text),
});
const decode = compileDecoder(shape);

function read(form: string): unknown {
  return decode(awsQuery.readInput({ headers: {}, body: Buffer.from(form) }, shape));
}

function write(output: object): string {
  const operation = { service: 'sts', name: 'Describe', output: shape, encode: () => '' } as const;
  return awsQuery.renderOutput(operation, output, 'id');
}

describe('a form', () => {
  it('has the structure of the shape', () => {
    const form = new URLSearchParams({
      UserName: 'Ada & Åsa',
      MaxItems: '5',
      Force: 'true',
      Until: '2026-11-23T00:00:00Z',
      'Names.member.1': 'a',
      'Names.member.2': 'b',
      'Tags.member.1.Key': 'team',
      'Tags.member.1.Value': 'orders',
      'Inner.Key': 'inner',
      'Context.entry.1.key': '__proto__',
      'Context.entry.1.value': 'x',
      'Counts.entry.1.key': 'Users',
      'Counts.entry.1.value': '5',
      Unknown: 'ignored',
    });
    const { Context, ...rest } = Object(read(form.toString()));
    assert.deepEqual(rest, {
      UserName: 'Ada & Åsa',
      MaxItems: 5,
      Force: true,
      Until: new Date('2026-11-23T00:00:00Z'),
      Names: ['a', 'b'],
      Tags: [{ Key: 'team', Value: 'orders' }],
      Inner: { Key: 'inner' },
      Counts: { Users: 5 },
    });
    assert.deepEqual(Object.entries(Context), [['__proto__', 'x']]);
  });

  it('has an empty list where only its name is given, and ends a list at the first gap', () => {
    assert.deepEqual(read('Names='), { Names: [] });
    assert.deepEqual(read('Names.member.1=a&Names.member.3=c'), { Names: ['a'] });
  });

  it('may be empty, or of twenty thousand parameters, and no more', () => {
    assert.deepEqual(read(''), {});
    const form = (length: number) =>
      Array.from({ length }, (_, index) => `Tags.member.${index + 1}.Key=k`).join('&');
    assert.equal(Object(read(form(20_000))).Tags.length, 20_000);
    for (const many of [form(20_001), '&'.repeat(20_000), 'a&'.repeat(500_000)])
      assert.throws(() => read(many), { name: 'SerializationException' });
    assert.deepEqual(read(`${'a.'.repeat(500_000)}=x`), {});
  });

  it('has the first of several values of a name', () => {
    assert.deepEqual(read('UserName=first&UserName=second'), { UserName: 'first' });
  });

  for (const form of ['MaxItems=five', 'MaxItems=1.5', 'Force=yes', 'Until=someday', 'Bytes=%2A']) {
    it(`is refused where a value is not of its type: ${form}`, () => {
      assert.throws(
        () => read(form),
        (error: unknown) => error instanceof ServiceError && error.code === 'SerializationException',
      );
    });
  }
});

describe('an answer in XML', () => {
  it('has members, lists, structures and maps as elements', () => {
    assert.equal(
      write({
        UserName: 'Ada',
        MaxItems: 5,
        Force: false,
        Until: new Date('2026-11-23T00:00:00.123Z'),
        Bytes: Buffer.from('abc'),
        Names: ['a', 'b'],
        Tags: [{ Key: 'team' }],
        Context: { k: 'v' },
        Counts: { Users: 5 },
      }),
      '<DescribeResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><DescribeResult>' +
        '<UserName>Ada</UserName><MaxItems>5</MaxItems><Force>false</Force><Until>2026-11-23T00:00:00Z</Until>' +
        '<Bytes>YWJj</Bytes><Names><member>a</member><member>b</member></Names>' +
        '<Tags><member><Key>team</Key></member></Tags>' +
        '<Context><entry><key>k</key><value>v</value></entry></Context>' +
        '<Counts><entry><key>Users</key><value>5</value></entry></Counts>' +
        '</DescribeResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DescribeResponse>',
    );
  });

  it('has nothing in it that was not markup before', () => {
    assert.match(
      write({ UserName: '</UserName><x a="&">\r\u0000\u001b\ud800\uffff' }),
      /<UserName>&lt;\/UserName&gt;&lt;x a=&quot;&amp;&quot;&gt;&#xD;\uFFFD{4}<\/UserName>/,
    );
  });
});

describe('a refusal in XML', () => {
  it('has the code and the status of this protocol, and says whose fault it is', () => {
    const denied = awsQuery.renderRefusal(new ServiceError('AccessDeniedException', 'User: <x>'), 'id');
    assert.equal(denied.status, 403);
    assert.equal(
      denied.body,
      '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: &lt;x&gt;</Message></Error><RequestId>id</RequestId></ErrorResponse>',
    );
    const failed = awsQuery.renderRefusal(new ServiceError('KMSInternalException', 'x'), 'id');
    assert.equal(failed.status, 500);
    assert.match(failed.body, /<Type>Receiver<\/Type><Code>InternalFailure<\/Code>/);
  });
});
