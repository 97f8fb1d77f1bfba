import { createServer, type Server } from 'node:net';
import { OperatorError } from '../errors.ts';
import type { ListenAddress } from '../listen-address.ts';
import { nameOf, type SettingName } from '../settings.ts';

/** The settings from which the parts of an address come. */
type AddressSettings = Readonly<Record<keyof ListenAddress, SettingName>>;
const API_SETTINGS: AddressSettings = { host: 'host', port: 'port' };
export const METRICS_SETTINGS: AddressSettings = { host: 'metricsListen', port: 'metricsListen' };

/** The connections that may wait to be accepted; the system lowers it to its own limit. */
const BACKLOG = 4096;

/** The address as clients write it, such as `https://[::1]:8600`. */
export function urlOf({ host, port }: ListenAddress, secure: boolean): string {
  return `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Starts to listen and resolves to the port.
 *
 * @throws OperatorError saying why the address cannot be listened on
 */
export async function listen(
  server: Server,
  { host, port }: ListenAddress,
  settings = API_SETTINGS,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(error, { host, port }, settings)));
    server.listen({ host, port, backlog: BACKLOG }, resolve);
  });
  server.removeAllListeners('error');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/**
 * Finds the port that several processes are going to share: the one asked for if it is free, any free one for 0.
 *
 * @throws OperatorError saying why the address cannot be listened on
 */
export async function reservePort(address: ListenAddress, settings = API_SETTINGS): Promise<number> {
  const probe = createServer();
  const port = await listen(probe, address, settings);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function cannotListen(error: Error, { host, port }: ListenAddress, settings: AddressSettings): OperatorError {
  const code = 'code' in error ? String(error.code) : error.message;
  const address = `cannot listen on port ${port} of ${host}`;
  const advice: Readonly<Record<string, string>> = {
    EADDRINUSE: `something else does; stop it, or give another ${nameOf(settings.port)}`,
    EACCES: `this user may not; give a ${nameOf(settings.port)} above 1023`,
    EADDRNOTAVAIL: `this machine has no such address; give another ${nameOf(settings.host)}`,
    ENOTFOUND: `there is no such host; give another ${nameOf(settings.host)}`,
  };
  return new OperatorError(
    `${address}: ${advice[code] ?? `${code}; give another ${nameOf(settings.host)}`}`,
    {
      cause: error,
    },
  );
}
