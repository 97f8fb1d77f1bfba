import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { authorize } from './authorize.ts';
import { bindPrincipals, principalsToBind, renderPolicy } from './binding.ts';
import { compilePolicy } from './compile.ts';
import type { PolicyDocument } from './document.ts';
import { PolicyDocumentError } from './fault.ts';
import {
  ACCOUNT,
  ALLOW,
  DENY,
  federatedOf,
  OTHER_ACCOUNT,
  outcome,
  policyText,
  type RawStatement,
  requestOf,
  rootOf,
  serviceOf,
  sessionOf,
  userOf,
  webIdentityOf,
} from './fixtures.test-support.ts';
import { parsePolicy } from './parse.ts';
import type { Principal } from './request.ts';

const user = userOf(ACCOUNT);
const bob = userOf(ACCOUNT, 'team/Bob');
const session = sessionOf(ACCOUNT);
const federated = federatedOf(ACCOUNT);
const stranger = userOf(OTHER_ACCOUNT);
const provider = webIdentityOf(ACCOUNT).arn;

const BINDINGS: ReadonlyMap<string, string> = new Map([
  [user.arn, user.uniqueId],
  [bob.arn, bob.uniqueId],
  [session.roleArn, session.uniqueId],
  [`arn:aws:iam::${ACCOUNT}:role/path/Admin`, session.uniqueId],
  [stranger.arn, stranger.uniqueId],
]);

const documentOf = (...statements: readonly RawStatement[]): PolicyDocument =>
  parsePolicy(policyText(statements));

/** All entries of a document, as `type value`. */
const entriesOf = ({ statements }: PolicyDocument): string[] =>
  statements.flatMap(
    ({ principal }) => principal?.entries.map(({ type, value }) => `${type} ${value}`) ?? [],
  );

describe('principalsToBind', () => {
  it('lists what is named, by its kind, each once and in order of appearance', () => {
    const document = documentOf(
      { ...ALLOW, Principal: { AWS: [bob.arn, session.arn, user.arn, '*', ACCOUNT, rootOf(ACCOUNT).arn] } },
      { ...ALLOW, Principal: { Federated: [provider, 'accounts.google.com'], Service: 's3.amazonaws.com' } },
      { ...DENY, NotPrincipal: { AWS: ['AROAGONE', user.arn, federated.arn, session.roleArn, 'AIDAGONE'] } },
      { ...DENY, Principal: '*' },
      ALLOW,
    );
    assert.deepEqual(principalsToBind(document), {
      arns: [bob.arn, user.arn, session.roleArn],
      uniqueIds: ['AROAGONE', 'AIDAGONE'],
      sessions: [session.arn],
      federatedUsers: [federated.arn],
      providers: [provider, 'accounts.google.com'],
    });
  });

  it('gives ARNs as written, with their path', () => {
    const arn = `arn:aws:iam::${ACCOUNT}:role/a/b/Admin`;
    assert.deepEqual(principalsToBind(documentOf({ ...ALLOW, Principal: { AWS: arn } })).arns, [arn]);
  });

  it('leaves out what is not a principal, and ARNs that stand elsewhere', () => {
    const document = documentOf({
      ...ALLOW,
      Sid: 'AIDAEXAMPLE',
      Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:group/G`, 'x'], Federated: user.arn, Everyone: user.arn },
      Condition: { ArnEquals: { 'aws:PrincipalArn': user.arn } },
    });
    for (const list of Object.values(principalsToBind(document))) assert.deepEqual(list, []);
  });
});

describe('bindPrincipals', () => {
  it('puts ids in the place of ARNs, in Principal and NotPrincipal, and keeps type and position', () => {
    const document = documentOf(
      { ...ALLOW, Principal: { AWS: [user.arn, ACCOUNT, user.arn], Service: 's3.amazonaws.com' } },
      { ...DENY, NotPrincipal: { AWS: session.roleArn } },
    );
    const bound = bindPrincipals(document, BINDINGS);
    assert.deepEqual(entriesOf(bound), [
      `AWS ${user.uniqueId}`,
      `AWS ${ACCOUNT}`,
      `AWS ${user.uniqueId}`,
      'Service s3.amazonaws.com',
      `AWS ${session.uniqueId}`,
    ]);
    const positions = ({ statements }: PolicyDocument) =>
      statements.map(({ principal }) => principal?.entries.map(({ position }) => position));
    assert.deepEqual(positions(bound), positions(document));
    assert.equal(bound.statements[1]?.principal?.negated, true);
  });

  it('changes nothing else, and not the document itself', () => {
    const statement = {
      ...ALLOW,
      Sid: 'S',
      Condition: { ArnEquals: { 'aws:PrincipalArn': user.arn } },
      Principal: { AWS: user.arn },
    };
    const document = documentOf(statement, ALLOW);
    const bound = bindPrincipals(document, BINDINGS);
    assert.deepEqual(entriesOf(document), [`AWS ${user.arn}`]);
    assert.deepEqual(bindPrincipals(document, new Map()), document);
    const [{ principal: _, ...rest } = assert.fail(), other] = bound.statements;
    const [{ principal: __, ...expected } = assert.fail(), otherExpected] = document.statements;
    assert.deepEqual([rest, other], [expected, otherExpected]);
    assert.ok(
      Object.isFrozen(bound) && Object.isFrozen(bound.statements) && Object.isFrozen(bound.statements[0]),
    );
    assert.ok(Object.isFrozen(bound.statements[0]?.principal?.entries));
  });
});

describe('a bound policy', () => {
  const decide = (principal: Principal, document: PolicyDocument): string =>
    outcome(authorize(requestOf(principal), { keyPolicy: compilePolicy(document), identityPolicies: [] }));
  const bind = (...statements: readonly RawStatement[]) =>
    bindPrincipals(documentOf(...statements), BINDINGS);
  const namesakeOf = <Caller extends Principal>(caller: Caller, uniqueId: string): Caller => ({
    ...caller,
    uniqueId,
  });

  it('allows the user and its federated sessions, but no namesake made later', () => {
    const policy = bind({ ...ALLOW, Principal: { AWS: user.arn } });
    assert.equal(decide(user, policy), 'allow by key-policy');
    assert.equal(decide(federated, policy), 'allow by key-policy');
    assert.equal(decide(namesakeOf(user, 'AIDALATER'), policy), 'implicit-deny by key-policy');
    const later = { ...federated, userUniqueId: 'AIDALATER' };
    assert.equal(decide(later, policy), 'implicit-deny by key-policy');
  });

  it('allows every session of the role, but none of a namesake made later', () => {
    const policy = bind({ ...ALLOW, Principal: { AWS: session.roleArn } });
    assert.equal(decide(session, policy), 'allow by key-policy');
    assert.equal(decide(sessionOf(ACCOUNT, 'Admin', 'session-2'), policy), 'allow by key-policy');
    assert.equal(decide(namesakeOf(session, 'AROALATER'), policy), 'implicit-deny by key-policy');
  });

  it('denies whom it denied', () => {
    for (const caller of [user, federated, session]) {
      const named = caller.kind === 'assumed-role' ? caller.roleArn : user.arn;
      const policy = bind({ ...ALLOW, Principal: '*' }, { ...DENY, Principal: { AWS: named } });
      assert.equal(decide(caller, policy), 'explicit-deny by key-policy');
    }
  });

  it('excludes whom it excluded, but no namesake made later', () => {
    const policy = bind({ ...ALLOW, NotPrincipal: { AWS: [user.arn, session.roleArn] } });
    for (const caller of [user, federated, session]) {
      assert.equal(decide(caller, policy), 'implicit-deny by key-policy');
    }
    for (const caller of [namesakeOf(user, 'AIDALATER'), namesakeOf(session, 'AROALATER')]) {
      assert.equal(decide(caller, policy), 'allow by key-policy');
    }
  });

  it('spares whom it spared, but no namesake made later', () => {
    const policy = bind(
      { ...ALLOW, Principal: '*' },
      { ...DENY, NotPrincipal: { AWS: [ACCOUNT, session.arn, session.roleArn, user.arn] } },
    );
    for (const caller of [user, federated, session])
      assert.equal(decide(caller, policy), 'allow by key-policy');
    assert.equal(decide(namesakeOf(session, 'AROALATER'), policy), 'explicit-deny by key-policy');
  });

  it('decides as the unbound one, for all whose ids are bound', () => {
    const callers = [
      ...[user, bob, session, sessionOf(ACCOUNT, 'path/Admin', 'session-2'), federated, rootOf(ACCOUNT)],
      ...[stranger, serviceOf(), webIdentityOf(ACCOUNT), webIdentityOf(OTHER_ACCOUNT)],
    ];
    const property = fc.property(
      fc.array(statement, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...callers),
      (statements, caller) => {
        const document = documentOf(...statements);
        assert.equal(decide(caller, bindPrincipals(document, BINDINGS)), decide(caller, document));
      },
    );
    fc.assert(property, { numRuns: 2_000 });
  });
});

// Policies and their texts ---------------------------------------------------------------------------------

const NAMES = [...BINDINGS.keys(), session.arn, federated.arn, ACCOUNT, '*', user.uniqueId];
const nameOrNames = fc.oneof(
  fc.constantFrom(...NAMES),
  fc.array(fc.constantFrom(...NAMES), { maxLength: 4 }),
);
const principalElement = fc.oneof(
  fc.constant('*'),
  nameOrNames.map((AWS) => ({ AWS })),
  nameOrNames.map((AWS) => ({ Service: 's3.amazonaws.com', AWS, Federated: [provider] })),
);
/** Names stand also where they are no principals. */
const statement: fc.Arbitrary<RawStatement> = fc
  .record({
    effect: fc.constantFrom(ALLOW, DENY),
    member: fc.constantFrom('Principal', 'NotPrincipal'),
    principal: principalElement,
    isFirst: fc.boolean(),
    other: fc.constantFrom(...NAMES),
  })
  .map(({ effect, member, principal, isFirst, other }) => ({
    ...(isFirst && { [member]: principal }),
    ...effect,
    Condition: { StringNotEquals: { Principal: other, 'aws:userid': [other, 'Principal'] } },
    ...(!isFirst && { [member]: principal }),
  }));

/** A piece of a policy text; a name that stands in a principal knows what it says. */
interface Token {
  readonly text: string;
  readonly principal?: string;
}

/** Writes a policy with spacing and escapes chosen by `choose`, which gives numbers from 0 to 7. */
function writeTokens(statements: readonly RawStatement[], choose: () => number): readonly Token[] {
  const space = (): Token => ({ text: ['', '', '', ' ', '\n', '\r\n', '\t', '\r\n    '][choose()] ?? '' });
  const string = (value: string): string => {
    const escaped = value.replaceAll(/./gs, (character) => {
      if (choose() > 0) return JSON.stringify(character).slice(1, -1);
      return character === '/' ? '\\/' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    });
    return `"${escaped}"`;
  };
  const list = (open: string, close: string, items: readonly (readonly Token[])[]): readonly Token[] => [
    { text: open },
    ...items.flatMap((item, index) => [...(index === 0 ? [] : [{ text: ',' }]), space(), ...item, space()]),
    { text: close },
  ];
  const write = (value: unknown, isPrincipal: boolean, depth: number): readonly Token[] => {
    if (typeof value === 'string') {
      return [{ text: string(value), ...(isPrincipal && { principal: value }) }];
    }
    if (Array.isArray(value)) {
      return list(
        '[',
        ']',
        value.map((item) => write(item, isPrincipal, depth)),
      );
    }
    const members = Object.entries(value ?? {}).map(([key, member]) => {
      const leadsToPrincipal = isPrincipal || (depth === 1 && /^(Not)?Principal$/.test(key));
      return [
        { text: string(key) },
        space(),
        { text: ':' },
        space(),
        ...write(member, leadsToPrincipal, depth + 1),
      ];
    });
    return list('{', '}', members);
  };
  return [space(), ...write({ Id: user.arn, Statement: statements }, false, 0), space()];
}

const tokens: fc.Arbitrary<readonly Token[]> = fc
  .tuple(
    fc.array(statement, { minLength: 1, maxLength: 3 }),
    fc.infiniteStream(fc.nat({ max: 7 })),
    fc.boolean(),
  )
  .map(([statements, choices, isStatementAlone]) => {
    const choose = (): number => choices.next().value ?? 0;
    const [first = ALLOW] = statements;
    return writeTokens(isStatementAlone ? [first] : statements, choose);
  });

const textOf = (list: readonly Token[]): string => list.map(({ text }) => text).join('');

describe('renderPolicy', () => {
  const show = (principal: string): string | undefined => BINDINGS.get(principal);

  it('changes nothing when every principal is shown as it is, or none is', () => {
    const property = fc.property(tokens, (list) => {
      const text = textOf(list);
      assert.equal(
        renderPolicy(text, (principal) => principal),
        text,
      );
      assert.equal(
        renderPolicy(text, () => undefined),
        text,
      );
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('changes each principal where it stands, and no other byte', () => {
    const property = fc.property(tokens, (list) => {
      const expected = list.map((token) => {
        const shown = token.principal === undefined ? undefined : show(token.principal);
        return shown === undefined ? token : { text: JSON.stringify(shown) };
      });
      assert.equal(renderPolicy(textOf(list), show), textOf(expected));
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it('gives a text that reads as the bound document', () => {
    const replacement = fc.oneof(
      fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0')),
      fc.constantFrom('"', '\\', '\n', 'a/b', 'é', '😀', ''),
    );
    const bindings = fc.dictionary(fc.constantFrom(...NAMES, provider, 's3.amazonaws.com'), replacement);
    const property = fc.property(tokens, bindings, (list, record) => {
      const text = textOf(list);
      const map = new Map(Object.entries(record));
      const rendered = parsePolicy(renderPolicy(text, (principal) => map.get(principal)));
      assert.deepEqual(entriesOf(rendered), entriesOf(bindPrincipals(parsePolicy(text), map)));
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it('keeps the same name in Id, Sid and conditions', () => {
    const text = JSON.stringify({
      Id: user.arn,
      Statement: {
        Sid: user.arn,
        ...ALLOW,
        Condition: { StringEquals: { 'aws:PrincipalArn': [user.arn] } },
        NotPrincipal: { AWS: [user.arn, user.arn] },
      },
    });
    const at = text.indexOf('"NotPrincipal"');
    const expected = text.slice(0, at) + text.slice(at).replaceAll(user.arn, user.uniqueId);
    assert.equal(renderPolicy(text, show), expected);
  });

  it('finds a principal that was written with escapes, over lines that end in CRLF', () => {
    const text = [
      '{"Statement": {',
      '  "Effect":"Allow", "Action":"*", "Resource":"*",',
      '  "\\u0050rincipal" : {"AWS" :',
      `    "\\u0061rn:aws:iam::${ACCOUNT}:user\\/Alice" }}}`,
    ].join('\r\n');
    assert.equal(renderPolicy(text, show), text.replace(/"\\u0061rn.*Alice"/, `"${user.uniqueId}"`));
  });

  it('asks for services and providers too, but never for *', () => {
    const asked: string[] = [];
    const text = policyText([
      { ...ALLOW, Principal: { AWS: ['*', user.arn], Service: 's3.amazonaws.com', Federated: provider } },
      { ...ALLOW, Principal: '*' },
    ]);
    renderPolicy(text, (principal) => {
      asked.push(principal);
      return undefined;
    });
    assert.deepEqual(asked, [user.arn, 's3.amazonaws.com', provider]);
  });

  it('refuses a text that is not a policy', () => {
    assert.throws(() => renderPolicy('{}', () => undefined), PolicyDocumentError);
  });
});
