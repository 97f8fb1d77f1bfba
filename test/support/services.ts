import type { KMS } from '@aws-sdk/client-kms';
import { registerService } from '../../src/cli/identities.ts';
import { type Configuration, readConfiguration } from '../../src/config.ts';
import { engineFlags } from './engine.ts';
import type { Credentials, TestServer } from './server.ts';

/** The configuration under which the operator works on the store of a server of the tests. */
export async function operatorConfiguration(dataDirectory: string): Promise<Configuration> {
  return readConfiguration('production', { dataDirectory, ...(await engineFlags(dataDirectory)) }, {});
}

/** Registers a service as the operator does it, while the server runs. */
export async function registerTestService(
  dataDirectory: string,
  name: string,
  actsFor: readonly string[],
): Promise<Credentials> {
  const lines = (await registerService(await operatorConfiguration(dataDirectory), name, actsFor)).join('\n');
  const [, accessKeyId = '', secretAccessKey = ''] =
    /AWS_ACCESS_KEY_ID=(\S+)\n\s*AWS_SECRET_ACCESS_KEY=(\S+)/.exec(lines) ?? [];
  return { accessKeyId, secretAccessKey };
}

/** A client whose requests carry headers, which it signs. */
export function clientWithHeaders(
  server: TestServer,
  credentials: Credentials,
  headers: Readonly<Record<string, string>>,
): KMS {
  const kms = server.client({ credentials });
  kms.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (typeof request === 'object' && request !== null && 'headers' in request)
        Object.assign(Object(request.headers), headers);
      return next(args);
    },
    { step: 'build' },
  );
  return kms;
}

/** A client of a service that asks on behalf of a principal. */
export function clientOnBehalfOf(server: TestServer, credentials: Credentials, principalArn: string): KMS {
  return clientWithHeaders(server, credentials, { 'x-amz-forward-access-principal': principalArn });
}
