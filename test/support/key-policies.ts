import { ACCOUNT } from './server.ts';

/** A statement of a key policy; what is left out is everybody of ACCOUNT by delegation, every action and every key. */
export interface Statement {
  readonly Sid?: string;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export function rootOf(account: string): string {
  return `arn:aws:iam::${account}:root`;
}

export function allow(statement: Statement = {}): object {
  return complete('Allow', statement);
}

export function deny(statement: Statement): object {
  return complete('Deny', statement);
}

export function keyPolicy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

function complete(effect: 'Allow' | 'Deny', statement: Statement): object {
  const principal = 'NotPrincipal' in statement ? {} : { Principal: { AWS: rootOf(ACCOUNT) } };
  return { Effect: effect, ...principal, Action: 'kms:*', Resource: '*', ...statement };
}
