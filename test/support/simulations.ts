import assert from 'node:assert/strict';
import type { EvaluationResult, IAM, SimulateCustomPolicyCommandInput } from '@aws-sdk/client-iam';
import { identityPolicy } from './identities.ts';
import { ACCOUNT, REGION, startTestServer, type TestServer } from './server.ts';

/* Policies to be simulated, and a server that does it. */

export const keyArn = (id: string, account = ACCOUNT) => `arn:aws:kms:${REGION}:${account}:key/${id}`;
export const userArn = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:user/${name}`;
export const policy = (...statements: readonly object[]) => JSON.stringify(identityPolicy(...statements));
export const allow = (Action: string, Resource = '*', Condition: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  Condition,
});
export const deny = (Action: string, Resource = '*') => ({ Effect: 'Deny', Action, Resource });
export const keyPolicy = (...arns: readonly string[]) =>
  policy({ Effect: 'Allow', Principal: { AWS: arns }, Action: 'kms:*', Resource: '*' });

type Request = Partial<SimulateCustomPolicyCommandInput>;

/** A server that simulates for the root user of ACCOUNT. */
export interface SimulationScene {
  readonly server: TestServer;
  readonly iam: IAM;
  /** The result of simulating one action, kms:Encrypt, with one or several policies. */
  simulate(policies: readonly string[], request?: Request): Promise<EvaluationResult>;
  decide(policies: readonly string[], request?: Request): Promise<string | undefined>;
}

export async function startSimulationScene(): Promise<SimulationScene> {
  const server = await startTestServer();
  const iam = server.iam();
  const simulate: SimulationScene['simulate'] = async (policies, request = {}) => {
    const { EvaluationResults } = await iam.simulateCustomPolicy({
      PolicyInputList: [...policies],
      ActionNames: ['kms:Encrypt'],
      ...request,
    });
    const [result, ...others] = EvaluationResults ?? [];
    assert.ok(result && others.length === 0);
    return result;
  };
  return {
    server,
    iam,
    simulate,
    decide: async (...parameters) => (await simulate(...parameters)).EvalDecision,
  };
}
