import type { Deployment, Environment } from './deployment.ts';
import { deployOnPostgres } from './postgres-deployment.ts';
import { deployOnSqlite } from './sqlite-deployment.ts';

const DEPLOYMENTS = { sqlite: deployOnSqlite, postgres: deployOnPostgres } as const satisfies Record<
  string,
  (environment: Environment) => Promise<Deployment>
>;

export type Engine = keyof typeof DEPLOYMENTS;
export const ENGINES: readonly Engine[] = ['sqlite', 'postgres'];

export function isEngine(name: string): name is Engine {
  return name in DEPLOYMENTS;
}

/** Starts what is to be tortured. */
export function deploy(engine: Engine, environment: Environment): Promise<Deployment> {
  return DEPLOYMENTS[engine](environment);
}

/** Variables that break a node on purpose, and its workers. */
export function brokenFence(): Environment {
  return { NODE_OPTIONS: `--import=${new URL('broken-fence.ts', import.meta.url).href}` };
}
