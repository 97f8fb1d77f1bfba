import assert from 'node:assert/strict';
import type { IAM } from '@aws-sdk/client-iam';
import type { KMS } from '@aws-sdk/client-kms';
import { createUserWithKey, identityPolicy, type UserWithKey } from './identities.ts';
import { keyPolicy } from './key-policies.ts';
import { createKey } from './keys.ts';
import { callOwn, refusalOfOwn } from './own-operations.ts';
import { type Credentials, OTHER_ACCOUNT, startTestServer, type TestServer } from './server.ts';

/* Asking ExplainAccess, an operation of our own. */

export const OUTSIDER: Credentials = { accessKeyId: OTHER_ACCOUNT, secretAccessKey: 'any' };
export const UNKNOWN_KEY = '00000000-0000-4000-8000-000000000000';
export const ALLOW_ALL = { Effect: 'Allow', Action: 'kms:*', Resource: '*' };

interface Statement {
  readonly Source: string;
  readonly Statement: number;
  readonly Sid?: string;
  readonly Effect: string;
  readonly Line: number;
  readonly Column: number;
  readonly Text: string;
  readonly Applies: boolean;
  readonly Because: string;
}
export interface Layer {
  readonly Layer: string;
  readonly Verdict: string;
  readonly Note?: string;
  readonly Statements: readonly Statement[];
}
/** What ExplainAccess answers. */
export interface Report {
  readonly Decision: string;
  readonly Message?: string;
  readonly DecidingLayer?: string;
  readonly Layers: readonly Layer[];
  readonly Grants: readonly {
    readonly GrantId: string;
    readonly Applies: boolean;
    readonly Because: string;
  }[];
  readonly Remedies: readonly string[];
}

/** A server that explains. The one who asks is the root user of ACCOUNT, or whose credentials are given. */
export interface ExplanationScene {
  readonly server: TestServer;
  readonly iam: IAM;
  readonly kms: KMS;
  /** Asks about kms:Decrypt, but for what is said otherwise. */
  explain(body: object, credentials?: Credentials): Promise<Report>;
  /** Asks what is refused: code and message. */
  refusal(body: object, credentials?: Credentials): Promise<string>;
  /** A user with an inline policy of these statements. */
  newUser(...statements: readonly object[]): Promise<UserWithKey>;
  /** A key with a key policy of these statements. */
  newKey(...statements: readonly object[]): ReturnType<typeof createKey>;
}

export async function startExplanationScene(): Promise<ExplanationScene> {
  const server = await startTestServer();
  const iam = server.iam();
  const kms = server.client();
  let counter = 0;
  return {
    server,
    iam,
    kms,
    async explain(body, credentials) {
      const asked = { Action: 'kms:Decrypt', ...body };
      const { status, body: report } = await callOwn(server, 'ExplainAccess', asked, credentials);
      assert.equal(status, 200, JSON.stringify(report));
      return report;
    },
    refusal: (body, credentials) =>
      refusalOfOwn(server, 'ExplainAccess', { Action: 'kms:Decrypt', ...body }, credentials),
    newUser(...statements) {
      counter += 1;
      const policies = statements.length === 0 ? {} : { own: identityPolicy(...statements) };
      return createUserWithKey(iam, `explained-${counter}`, policies);
    },
    newKey: (...statements) =>
      createKey(kms, statements.length === 0 ? {} : { Policy: keyPolicy(...statements) }),
  };
}

export function layerOf({ Layers }: Report, name: string): Layer {
  return Layers.find(({ Layer }) => Layer === name) ?? assert.fail(`no layer ${name}`);
}

/** The verdict of each layer. */
export function verdicts({ Layers }: Report): Readonly<Record<string, string>> {
  return Object.fromEntries(Layers.map(({ Layer, Verdict }) => [Layer, Verdict]));
}
