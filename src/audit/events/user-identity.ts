import { type Caller, userIdOf } from '../../caller.ts';
import { textOfTime } from './event-text.ts';

type Members = Readonly<Record<string, unknown>>;

/** Who makes a call, as CloudTrail's `userIdentity` has it (audit.md section 2). */
export function userIdentityOf(caller: Caller): Members {
  const { principal, account, accessKeyId, viaService } = caller;
  const principalId = userIdOf(principal);
  const invokedBy = viaService && { invokedBy: viaService };
  switch (principal.kind) {
    case 'service':
      return { type: 'AWSService', invokedBy: principal.serviceName };
    case 'web-identity':
      return webIdentityUser(caller);
    case 'root':
      return {
        type: 'Root',
        principalId,
        arn: principal.arn,
        accountId: account,
        accessKeyId,
        ...sessionContextOf(caller, undefined),
        ...invokedBy,
      };
    case 'user':
      return {
        type: 'IAMUser',
        principalId,
        arn: principal.arn,
        accountId: account,
        accessKeyId,
        userName: caller.userName,
        ...sessionContextOf(caller, undefined),
        ...invokedBy,
      };
    case 'assumed-role': {
      const { roleArn, uniqueId } = principal;
      const issuer = issuerOf('Role', uniqueId, roleArn, account);
      return {
        type: 'AssumedRole',
        principalId,
        arn: principal.arn,
        accountId: account,
        accessKeyId,
        ...sessionContextOf(caller, issuer),
        ...invokedBy,
      };
    }
    case 'federated-user': {
      const { userArn, userUniqueId } = principal;
      const issuer =
        userArn === undefined || userUniqueId === undefined
          ? { type: 'Root', principalId: account, accountId: account }
          : issuerOf('IAMUser', userUniqueId, userArn, account);
      return {
        type: 'FederatedUser',
        principalId,
        arn: principal.arn,
        accountId: account,
        accessKeyId,
        ...sessionContextOf(caller, issuer),
        ...invokedBy,
      };
    }
  }
}

/** Who makes a call, as the account is told whose key is used by another one. */
export function foreignIdentityOf(caller: Caller): Members {
  return { type: 'AWSAccount', principalId: userIdOf(caller.principal), accountId: caller.account };
}

/** Of a caller whose credentials were refused no more is known than what it claims. */
export function unknownIdentity(accessKeyId: string | undefined): Members {
  return { type: 'Unknown', ...(accessKeyId !== undefined && { accessKeyId }) };
}

function webIdentityUser({ webIdentity, principal }: Caller): Members {
  if (webIdentity === undefined) return { type: 'WebIdentityUser', principalId: principal.arn };
  const { issuer, subject, audience, provider } = webIdentity;
  return {
    type: 'WebIdentityUser',
    principalId: `${issuer}:${audience}:${subject}`,
    userName: subject,
    identityProvider: provider.arn,
  };
}

function issuerOf(type: string, principalId: string, arn: string, accountId: string): Members {
  return { type, principalId, arn, accountId, userName: arn.slice(arn.lastIndexOf('/') + 1) };
}

function sessionContextOf({ session }: Caller, sessionIssuer: Members | undefined): Members {
  if (session === undefined) return {};
  const { issuedAt, sourceIdentity, federatedProvider } = session;
  return {
    sessionContext: {
      ...(sessionIssuer && { sessionIssuer }),
      ...(federatedProvider !== undefined && { webIdFederationData: { federatedProvider, attributes: {} } }),
      attributes: { creationDate: textOfTime(issuedAt), mfaAuthenticated: 'false' },
      ...(sourceIdentity !== undefined && { sourceIdentity }),
    },
  };
}
