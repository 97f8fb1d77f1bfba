#!/usr/bin/env node
import cluster from 'node:cluster';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Beside the code, and not in the system's place for temporary files, where others might put compiled code for us.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/qkms', import.meta.url)));

if (cluster.isPrimary) {
  const { runCommand } = await import('./command.ts');
  await runCommand(process.argv.slice(2), import.meta.filename);
} else {
  const { runWorker } = await import('./worker.ts');
  runWorker();
}
