/** How often to look whether npm is still there, in milliseconds. */
const INTERVAL = 200;

/**
 * Ends this process at once when it runs as an npm script and npm is gone. Killed, npm passes on no signal, and what it
 * leaves behind would hold the port and serve on with nobody to stop it.
 */
export function endWithNpm(): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) process.exit(1);
  }, INTERVAL).unref();
}
