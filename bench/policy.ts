import {
  type AuthorizationPolicies,
  type AuthorizationRequest,
  authorize,
  type CompiledPolicy,
  compilePolicy,
  type Principal,
  parsePolicy,
} from '../src/policy/index.ts';

/** What an authorization decision costs, in nanoseconds. Run: `node bench/policy.ts`. */

const ACCOUNT = '111122223333';
const KEY = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const ROOT_ARN = `arn:aws:iam::${ACCOUNT}:root`;

const root: Principal = { kind: 'root', account: ACCOUNT, arn: ROOT_ARN };
const user: Principal = {
  kind: 'user',
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/team/alice`,
  uniqueId: 'AIDAALICEALICEALICE12',
};
const session: Principal = {
  kind: 'assumed-role',
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Service/instance-1`,
  roleArn: `arn:aws:iam::${ACCOUNT}:role/apps/Service`,
  uniqueId: 'AROASERVICESERVICE123',
  sessionName: 'instance-1',
};

function policy(statements: readonly object[]): CompiledPolicy {
  return compilePolicy(parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })));
}

const DEFAULT_STATEMENT = {
  Sid: 'Enable IAM User Permissions',
  Effect: 'Allow',
  Principal: { AWS: ROOT_ARN },
  Action: 'kms:*',
  Resource: '*',
};
const defaultPolicy = policy([DEFAULT_STATEMENT]);
const allowAll = policy([{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }]);

/** 200 statements in just under 32,768 bytes; the last one allows. */
const longStatements = Array.from({ length: 199 }, (_, index) => ({
  Effect: index % 4 === 0 ? 'Deny' : 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/R${index}` },
  Action: index % 2 === 0 ? 'kms:Decrypt' : 'kms:Generate*',
  Resource: '*',
  Condition: { StringEquals: { 'aws:userid': 'x' } },
}));
const longText = JSON.stringify({ Version: '2012-10-17', Statement: [...longStatements, DEFAULT_STATEMENT] });
const longPolicy = compilePolicy(parsePolicy(longText));

/** As many `*?` as fit, against the longest encryption context. */
const worstPattern = policy([
  {
    Effect: 'Allow',
    Principal: { AWS: ROOT_ARN },
    Action: 'kms:*',
    Resource: '*',
    Condition: { StringLike: { 'kms:EncryptionContext:k': `${'*?'.repeat(4_000)}x` } },
  },
]);
const worstSegments = policy([
  {
    Effect: 'Allow',
    Principal: { AWS: ROOT_ARN },
    Action: 'kms:*',
    Resource: '*',
    Condition: { StringLike: { 'kms:EncryptionContext:k': `*${'a'.repeat(4_000)}?${'a'.repeat(4_000)}b*` } },
  },
]);

function measure(name: string, question: AuthorizationRequest, policies: AuthorizationPolicies): void {
  const rounds: number[] = [];
  let calls = 1;
  for (let round = 0; round < 15; round += 1) {
    const start = process.hrtime.bigint();
    for (let call = 0; call < calls; call += 1) authorize(question, policies);
    const elapsed = Number(process.hrtime.bigint() - start);
    rounds.push(elapsed / calls);
    calls = Math.max(1, Math.ceil((calls * 50_000_000) / elapsed));
  }
  const best = Math.min(...rounds.slice(5));
  const { outcome } = authorize(question, policies);
  process.stdout.write(`${Math.round(best).toLocaleString('en').padStart(12)} ns  ${name} (${outcome})\n`);
}

const context = new Map([['kms:encryptioncontext:k', 'a'.repeat(8_190)]]);
const ask = (principal: Principal, action = 'kms:Decrypt'): AuthorizationRequest => ({
  principal,
  action,
  resource: KEY,
  resourceAccount: ACCOUNT,
  context,
});

process.stdout.write(`policy of 200 statements: ${longText.length} bytes\n`);
measure('default policy, root user', ask(root), { keyPolicy: defaultPolicy, identityPolicies: [] });
measure('default policy, user with an identity policy', ask(user), {
  keyPolicy: defaultPolicy,
  identityPolicies: [allowAll],
});
measure('default policy, role session with an identity policy', ask(session), {
  keyPolicy: defaultPolicy,
  identityPolicies: [allowAll],
});
measure('default policy, user without an identity policy', ask(user), {
  keyPolicy: defaultPolicy,
  identityPolicies: [],
});
measure('200 statements, root user', ask(root), { keyPolicy: longPolicy, identityPolicies: [] });
measure('200 statements, role session', ask(session), {
  keyPolicy: longPolicy,
  identityPolicies: [allowAll],
});
measure('8,000 characters of *?*?… against 8,190', ask(root), {
  keyPolicy: worstPattern,
  identityPolicies: [],
});
measure('an 8,000-character needle with ? against 8,190', ask(root), {
  keyPolicy: worstSegments,
  identityPolicies: [],
});
