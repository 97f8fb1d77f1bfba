import { type Configuration, type Mode, readConfiguration } from '../config.ts';
import type { Host } from '../http/hosting.ts';
import type { TypedFlags } from '../settings.ts';
import { hostedService as service } from './hosted-service.ts';
import { createLogger, logDefects } from './logger.ts';
import { endWithNpm } from './npm.ts';

/**
 * Starts a node and resolves when it serves.
 *
 * @throws OperatorError when it cannot start
 */
export async function startServer(
  mode: Mode,
  flags: TypedFlags,
  { version, entry }: { readonly version: string; readonly entry: string },
): Promise<void> {
  const configuration = readConfiguration(mode, flags, process.env);
  // Whatever this process and its workers create is the operator's alone.
  process.umask(0o077);
  endWithNpm();
  const logger = createLogger(configuration.logLevel);
  logDefects(logger);
  // The reader of our standard output may leave, as in `npm start | head`; the server goes on.
  process.stdout.on('error', () => {});
  const announce = (line: string) => process.stdout.write(`${line}\n`);
  const host: Host = { configuration, service, logger, announce };

  for (const line of bannerOf(configuration, version)) announce(line);
  if (configuration.workers === 1) {
    const { serveAlone } = await import('../http/alone.ts');
    await serveAlone(host);
  } else {
    const { supervise } = await import('../http/supervise.ts');
    await supervise(host, entry);
  }
}

function bannerOf({ mode, dataDirectory }: Configuration, version: string): readonly string[] {
  if (mode === 'production') return [];
  const keys =
    dataDirectory === undefined ? 'keys are gone when it ends' : `keys are kept in ${dataDirectory}`;
  return [
    `qkms ${version} in DEVELOPMENT MODE: any credentials are accepted, ${keys}.`,
    'Never use it for anything that matters.',
  ];
}
