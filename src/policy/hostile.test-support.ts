// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
import type { PolicyKind } from './lint.ts';

/** A text that is made to be expensive to read, to judge by or to complain about. */
export interface HostilePolicy {
  readonly title: string;
  readonly text: string;
  /** How the message begins with which it is refused, if nobody whom it names exists; absent when it is a sound policy. */
  readonly refusal?: string;
}

const ACCOUNT = '111122223333';

const JSON_FAULT = 'The policy is not valid JSON. ';
const SYNTAX = 'Syntax errors in policy. ';
const PRINCIPAL = 'Policy contains a statement with one or more invalid principals. statement 2: Principal ';

/** Repeats what `item` makes, with commas between, until no more fits into `size` bytes. */
function fill(
  size: number,
  [before, after]: readonly [string, string],
  item: string | ((index: number) => string),
  separator = ',',
): string {
  const pieces: string[] = [];
  let length = before.length + after.length - separator.length;
  for (;;) {
    const piece = typeof item === 'string' ? item : item(pieces.length);
    length += separator.length + piece.length;
    if (length > size) return before + pieces.join(separator) + after;
    pieces.push(piece);
  }
}

/** What a statement has besides what is hostile, in the policies of each kind. */
const STATEMENT: Readonly<Record<PolicyKind, Readonly<Record<string, string>>>> = {
  'key-policy': { Effect: '"Allow"', Principal: '"*"', Action: '"kms:*"', Resource: '"*"' },
  'identity-policy': { Effect: '"Allow"', Action: '"kms:*"', Resource: '"*"' },
  'trust-policy': { Effect: '"Allow"', Principal: '"*"', Action: '"sts:AssumeRole"' },
};

/** Hostile policies of a kind, each as long as `size` (bytes) lets it be. */
export function hostilePolicies(kind: PolicyKind, size = 32_768): readonly HostilePolicy[] {
  const sound = STATEMENT[kind];
  const write = (members: Readonly<Record<string, string>>): string =>
    `{${Object.entries(members)
      .map(([name, value]) => `"${name}":${value}`)
      .join(',')}}`;
  const first = write({ ...sound, ...('Principal' in sound && { Principal: `{"AWS":"${ACCOUNT}"}` }) });
  /** A policy of two statements, of which the second has a member with `@` in the place of what is hostile. */
  const withMember = (name: string, value: string): readonly [string, string] => {
    const [before = '', after = ''] =
      `{"Version":"2012-10-17","Statement":[${first},${write({ ...sound, [name]: value })}]}`.split('@');
    return [before, after];
  };
  const member = (
    name: string,
    value: string,
    item: string | ((index: number) => string),
    separator?: string,
  ): string => fill(size, withMember(name, value), item, separator);
  const condition = (operator: string, item: string | ((index: number) => string)): string =>
    member('Condition', `{"${operator}":{"aws:userid":[@]}}`, item);
  const action = kind === 'trust-policy' ? 'sts:' : 'kms:';

  const texts: readonly HostilePolicy[] = [
    { title: 'lists nested 10,000 deep', text: '['.repeat(Math.min(10_000, size)), refusal: JSON_FAULT },
    { title: 'objects nested in each other', text: fill(size, ['', ''], '{"a":', ''), refusal: JSON_FAULT },
    { title: 'one string', text: member('Sid', '"@"', 'x', '') },
    { title: 'one string of escapes', text: member('Sid', '"@"', '\\u0041', '') },
    {
      title: 'a string without an end',
      text: fill(size, ['{"Statement":"', ''], 'x', ''),
      refusal: JSON_FAULT,
    },
    { title: 'NUL, as an escape', text: member('Sid', '"@\\u0000"', 'x', ''), refusal: JSON_FAULT },
    { title: 'halves of surrogate pairs', text: member('Sid', '"@"', '\\ud83d', ''), refusal: JSON_FAULT },
    {
      title: 'nothing but line ends',
      text: fill(size, ['', '{}'], '\n', ''),
      refusal: 'Missing required field Statement ',
    },
    { title: 'duplicate keys', text: fill(size, ['{', '}'], '"a":1'), refusal: JSON_FAULT },
    { title: 'unknown members', text: fill(size, ['{', '}'], (index) => `"${index}":1`), refusal: SYNTAX },
    {
      title: 'empty statements',
      text: fill(size, ['{"Statement":[', ']}'], '{}'),
      refusal: 'Missing required field Effect ',
    },
    {
      title: 'statements that are numbers',
      text: fill(size, ['{"Statement":[', ']}'], '1'),
      refusal: SYNTAX,
    },
    { title: 'sound statements', text: fill(size, ['{"Statement":[', ']}'], first) },
  ];
  const actions: readonly HostilePolicy[] = [
    { title: 'numbers as actions', text: member('Action', '[@]', '1'), refusal: SYNTAX },
    {
      title: 'actions without a service',
      text: member('Action', '[@]', '""'),
      refusal: kind === 'trust-policy' ? 'AssumeRole policy may only ' : 'Actions must be ',
    },
    { title: 'actions that nobody knows', text: member('Action', '[@]', (index) => `"${action}${index}"`) },
    { title: 'patterns of actions', text: member('Action', '[@]', (index) => `"${action}*?${index}*"`) },
    {
      title: 'one pattern of an action, made to backtrack',
      text: member('Action', `"${action}@"`, '*?', ''),
    },
  ];
  const conditions: readonly HostilePolicy[] = [
    {
      title: 'condition operators that nobody knows',
      text: member('Condition', '{@}', (index) => `"${index}":{"":1}`),
      refusal: 'Invalid condition operator. ',
    },
    {
      title: 'condition keys',
      text: member('Condition', '{"StringEquals":{@}}', (index) => `"aws:a${index}":""`),
    },
    { title: 'numbers as strings', text: condition('NumericEquals', (index) => `"${index}"`) },
    {
      title: 'strings as numbers',
      text: condition('NumericEquals', '"one"'),
      refusal: 'Invalid condition value. ',
    },
    {
      title: 'a number of thousands of digits',
      text: member('Condition', '{"NumericEquals":{"aws:EpochTime":@}}', '9', ''),
      refusal: 'Invalid condition value. ',
    },
    { title: 'numbers as booleans', text: condition('Bool', '0'), refusal: 'Invalid condition value. ' },
    { title: 'dates', text: condition('DateLessThan', (index) => `${index}`) },
    { title: 'ranges of addresses', text: condition('IpAddress', (index) => `"${index.toString(16)}::/16"`) },
    { title: 'patterns of ARNs', text: condition('ArnLike', (index) => `"arn:*:*:*:*:*?${index}*"`) },
    { title: 'patterns of texts', text: condition('StringLike', (index) => `"*?${index}*"`) },
    {
      title: 'one pattern of a text, made to backtrack',
      text: member('Condition', '{"StringLike":{"aws:userid":"@"}}', '*?', ''),
    },
    {
      title: 'one pattern of a text, made to go back far',
      text: member('Condition', '{"StringLike":{"aws:userid":"*@b*"}}', 'a?', ''),
    },
    { title: 'policy variables', text: condition('StringLike', (index) => `"\${aws:${index}}*?"`) },
    {
      title: 'policy variables without an end',
      text: member('Condition', '{"StringEquals":{"aws:userid":"@"}}', '${', ''),
    },
  ];
  const principals: readonly HostilePolicy[] = [
    {
      title: 'accounts',
      text: member('Principal', '{"AWS":[@]}', (index) => `"${String(index).padStart(12, '0')}"`),
    },
    {
      title: 'users who do not exist',
      text: member('Principal', '{"AWS":[@]}', (index) => `"arn:aws:iam::${ACCOUNT}:user/${index}"`),
      refusal: PRINCIPAL,
    },
    {
      title: 'users of thousands of accounts',
      text: member(
        'Principal',
        '{"AWS":[@]}',
        (index) => `"arn:aws:iam::${String(index).padStart(12, '0')}:user/u"`,
      ),
      refusal: PRINCIPAL,
    },
    {
      title: 'unique ids of nobody',
      text: member('Principal', '{"AWS":[@]}', (index) => `"AIDA${index}"`),
      refusal: PRINCIPAL,
    },
    {
      title: 'sessions of roles that do not exist',
      text: member(
        'Principal',
        '{"AWS":[@]}',
        (index) => `"arn:aws:sts::${ACCOUNT}:assumed-role/r${index}/s"`,
      ),
      refusal: PRINCIPAL,
    },
    { title: 'principals that are none', text: member('Principal', '{"AWS":[@]}', '""'), refusal: PRINCIPAL },
    {
      title: 'one principal with a path without an end',
      text: member('Principal', `{"AWS":"arn:aws:iam::${ACCOUNT}:user/@*"}`, 'a/', ''),
      refusal: PRINCIPAL,
    },
    {
      title: 'services',
      text: member('Principal', '{"Service":[@]}', (index) => `"${index}.amazonaws.com"`),
    },
  ];
  const resources: readonly HostilePolicy[] = [
    { title: 'resources', text: member('Resource', '[@]', (index) => `"arn:aws:kms:*:${index}:*"`) },
    {
      title: 'resources that are none',
      text: member('Resource', '[@]', '""'),
      refusal: 'Resources must be ',
    },
  ];
  const all = [
    ...texts,
    ...actions,
    ...conditions,
    ...('Principal' in sound ? principals : []),
    ...('Resource' in sound ? resources : []),
  ];
  if (kind !== 'trust-policy') return all;
  // The message of a trust policy names the principal itself.
  return all.map((each) =>
    each.refusal === PRINCIPAL ? { ...each, refusal: 'Invalid principal in policy: "AWS":"' } : each,
  );
}
