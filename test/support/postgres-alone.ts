import { startPostgres } from './postgres.ts';

/* Starts a PostgreSQL, tells where it is, and waits to be killed: for tests of what is left behind. */

const server = await startPostgres();
if (process.argv.includes('--paused')) server.pause();
process.stdout.write(`serving ${server.port} in ${server.data}\n`);
setInterval(() => {}, 60_000);
