import { Agent } from 'node:http';
import { IAM } from '@aws-sdk/client-iam';
import { KMS } from '@aws-sdk/client-kms';
import { REGION, ROOT_CREDENTIALS } from '../support/server.ts';
import type { Clients } from './cell-calls.ts';

/** How long a call may take before it is given up, in milliseconds. */
const TIME_LIMIT = 4_000;

/** Clients of the AWS SDK that share the connections to one endpoint. They do not retry. */
export interface SharedClients extends Clients {
  close(): void;
}

export function clientsOf(endpoint: string): SharedClients {
  const httpAgent = new Agent({ keepAlive: true });
  const requestHandler = {
    httpAgent,
    connectionTimeout: TIME_LIMIT,
    requestTimeout: TIME_LIMIT,
    throwOnRequestTimeout: true,
  };
  const settings = { endpoint, region: REGION, maxAttempts: 1, requestHandler };
  const iam = new IAM({ ...settings, credentials: ROOT_CREDENTIALS });
  const byAccessKey = new Map<string, KMS>();
  return {
    kms(credentials = ROOT_CREDENTIALS) {
      const known = byAccessKey.get(credentials.accessKeyId);
      if (known !== undefined) return known;
      const kms = new KMS({ ...settings, credentials });
      byAccessKey.set(credentials.accessKeyId, kms);
      return kms;
    },
    iam: () => iam,
    close: () => httpAgent.destroy(),
  };
}
