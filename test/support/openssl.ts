import { execFileSync, spawnSync } from 'node:child_process';

/** Whether the machine has OpenSSL's command line, an implementation apart from Node's. */
export function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version']).status === 0;
}

/** What an OpenSSL command answers to an input. */
export function openssl(args: readonly string[], input: Uint8Array): Buffer {
  return execFileSync('openssl', args, { input });
}
