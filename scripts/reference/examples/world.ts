import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { bodyOf, headersOf } from '../../../console/src/api/wire.ts';
import type { Issuer } from '../../../src/iam/openid-connect/issuer.test-support.ts';
import { startIssuer } from '../../../src/iam/openid-connect/issuer.test-support.ts';
import { signingNameOf } from '../../../src/model/index.ts';
import * as kms from '../../../src/operations/example-values.ts';
import { WEB_IDENTITY_TOKEN } from '../../../src/operations/sts/example-values.ts';
import { ACCOUNT, REGION, startTestServer, type TestServer } from '../../../test/support/server.ts';
import { createSigner } from '../../../test/support/signed-request.ts';
import {
  ACCESS_KEY_ID,
  ISSUER,
  type PreparingCall,
  SAMPLES,
  type Sample,
  SECRET_ACCESS_KEY,
  WRAPPING_KEY,
} from './samples.ts';

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** When the examples happen. */
const NOW = Date.UTC(2026, 10, 23, 12);

/**
 * A server on which an example is run, with whatever the example names: calls name what they are about by the values of
 * the examples, and what they really are is put in their place, and taken from it in answers.
 */
export class ExampleWorld implements AsyncDisposable {
  readonly #server: TestServer;
  readonly #issuer: Issuer;
  /** What the values of the examples stand for. */
  readonly #real = new Map<string, string>();
  readonly #made = new Set<Sample>();

  private constructor(server: TestServer, issuer: Issuer) {
    this.#server = server;
    this.#issuer = issuer;
    this.#real.set(`https://${ISSUER}`, issuer.url).set(ISSUER, new URL(issuer.url).host);
  }

  static async open(): Promise<ExampleWorld> {
    const server = await startTestServer({ auditDurability: 'strict' });
    server.clock.advance(NOW - server.clock.now());
    return new ExampleWorld(server, await startIssuer({ clock: server.clock }));
  }

  /**
   * Makes what a request names, except for what its operation makes itself.
   *
   * @throws Error when a call for that is refused
   */
  async prepareFor(operation: string, request: object): Promise<void> {
    const leaves = leavesOf(request);
    for (const sample of SAMPLES) {
      const isNamed = sample.names.some((name) => leaves.some((leaf) => names(leaf, name)));
      if (!isNamed || this.#made.has(sample) || sample.made.some((made) => made.operation === operation))
        continue;
      this.#made.add(sample);
      for (const call of sample.made) await this.prepare(call);
    }
    for (const { value } of leaves) await this.#compute(value);
  }

  /** @throws Error when the call is refused */
  async prepare(call: PreparingCall): Promise<void> {
    await this.prepareFor('', call.request);
    const answer = await this.call(call);
    if (answer.status !== 200) throw new Error(`${call.operation} is refused: ${answer.body}`);
    this.stand(call.stands ?? {}, answer.body);
  }

  /** Lets values of the examples stand for the members of an answer that have not got one. */
  stand(values: Readonly<Record<string, string>>, answer: string): void {
    for (const [member, value] of Object.entries(values)) {
      const [, inJson, inXml] =
        new RegExp(`"${member}":"([^"]+)"|<${member}>([^<]+)`).exec(this.asShown(answer)) ?? [];
      const real = inJson ?? inXml;
      if (real !== undefined && real !== value) this.#real.set(value, real);
    }
  }

  /** Calls an operation as the root user, as the user `ada`, or without a signature. */
  async call(call: PreparingCall, by: 'root' | 'ada' | 'nobody' = 'root'): Promise<Answer> {
    const { service = 'kms', operation, request, region = REGION } = call;
    const wire = { service, operation, input: this.#asReal(request) };
    const { host, hostname } = new URL(this.#server.endpoint);
    const body = bodyOf(wire);
    const headers = { ...headersOf(wire), host };
    const credentials =
      by === 'ada'
        ? { accessKeyId: this.#realOf(ACCESS_KEY_ID), secretAccessKey: this.#realOf(SECRET_ACCESS_KEY) }
        : { accessKeyId: ACCOUNT, secretAccessKey: 'any' };
    const signed = await createSigner({ credentials, region, service: signingNameOf(service) }).sign(
      { method: 'POST', protocol: 'http:', hostname, path: '/', query: {}, headers, body },
      { signingDate: new Date(this.#server.clock.now()) },
    );
    const sent = by === 'nobody' ? headersOf(wire) : signed.headers;
    const answer = await fetch(this.#server.endpoint, { method: 'POST', headers: sent, body });
    return { status: answer.status, body: await answer.text() };
  }

  /** A text of the server with the values of the examples. */
  asShown(text: string): string {
    let shown = text;
    for (const [value, real] of this.#longestFirst(([, real]) => real))
      shown = shown.replaceAll(real, value).replaceAll(encodeURIComponent(real), encodeURIComponent(value));
    return shown;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#issuer.close();
    await this.#server.close();
  }

  #asReal(request: object): Readonly<Record<string, unknown>> {
    let text = JSON.stringify(request);
    for (const [value, real] of this.#longestFirst(([value]) => value)) text = text.replaceAll(value, real);
    return JSON.parse(text);
  }

  #longestFirst(of: (entry: readonly [string, string]) => string) {
    return [...this.#real].sort((one, other) => of(other).length - of(one).length);
  }

  #realOf(value: string): string {
    return this.#real.get(value) ?? value;
  }

  /** What no call answers, but clients make themselves. */
  async #compute(value: unknown): Promise<void> {
    if (value === kms.ENCRYPTED_KEY_MATERIAL) {
      const key = createPublicKey({
        key: Buffer.from(this.#realOf(WRAPPING_KEY), 'base64'),
        format: 'der',
        type: 'spki',
      });
      const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
      const wrapped = publicEncrypt({ key, ...padding }, randomBytes(32));
      this.#real.set(value, wrapped.toString('base64'));
    } else if (value === WEB_IDENTITY_TOKEN) {
      const claims = { aud: 'sts.amazonaws.com', sub: 'nightly' };
      this.#real.set(WEB_IDENTITY_TOKEN, await this.#issuer.sign(claims));
    }
  }
}

interface Leaf {
  readonly member: string;
  readonly value: unknown;
}

/** The values in a request, each with the name of the member in which it stands. */
function leavesOf(request: object, within = ''): readonly Leaf[] {
  return Object.entries(request).flatMap(([name, value]) => {
    const member = Array.isArray(request) ? within : name;
    return typeof value === 'object' && value !== null ? leavesOf(value, member) : [{ member, value }];
  });
}

function names({ member, value }: Leaf, name: string): boolean {
  if (typeof value !== 'string') return false;
  return name.includes('=') && !name.endsWith('=') ? `${member}=${value}` === name : value.includes(name);
}
