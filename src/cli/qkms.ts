#!/usr/bin/env node
import cluster from 'node:cluster';

if (cluster.isPrimary) {
  const { runCommand } = await import('./command.ts');
  // Workers start the way this process did: through the launcher, where it was used.
  await runCommand(process.argv.slice(2), process.argv[1] ?? import.meta.filename);
} else {
  const { runWorker } = await import('./worker.ts');
  runWorker();
}
