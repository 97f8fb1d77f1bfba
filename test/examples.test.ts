import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ROOT_CREDENTIALS, startTestServer, type TestServer } from './support/server.ts';

describe('the examples', () => {
  let dataDirectory: string;
  let server: TestServer;

  before(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'qkms-examples-'));
    server = await startTestServer({ dataDirectory });
    // The example signs with the machine's clock.
    server.clock.advance(Date.now() - server.clock.now());
  });
  after(async () => {
    await server.close();
    await rm(dataDirectory, { recursive: true });
  });

  it('who-may-do-what shows everyone allowed and refused as the policies say', async () => {
    const script = fileURLToPath(new URL('../examples/who-may-do-what.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script], {
      env: {
        ...process.env,
        AWS_ENDPOINT_URL: server.endpoint,
        AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
      },
    });
    const attempts = stdout.split('\n').filter((line) => /^(?:allowed|refused) /.test(line));
    assert.deepEqual(attempts, [
      'refused  ada describes the key without a policy',
      'allowed  ada describes the key with an identity policy',
      'refused  grace encrypts',
      'allowed  grace encrypts',
      'refused  grace describes the key',
      'refused  ada encrypts',
      'refused  ada assumes the role',
      'refused  the session encrypts without the tag',
      'allowed  the session encrypts with the tag',
      'allowed  the session with a session policy describes',
      'refused  the session with a session policy encrypts',
      'allowed  ada describes the key',
      'refused  ada describes the key',
    ]);
    assert.match(
      stdout,
      /AccessDeniedException: .* because no identity-based policy allows the kms:DescribeKey action/,
    );
    assert.match(stdout, /AccessDeniedException: .* because no session policy allows the kms:Encrypt action/);
    assert.match(
      stdout,
      /UnrecognizedClientException: The security token included in the request is invalid\./,
    );
    assert.deepEqual((await server.iam().listUsers()).Users, []);
  });
});
