import type { Profiler } from 'node:inspector';

/*
 * How the time of a profile divides among the parts of the walk. What is not our own code (Node's modules, V8's
 * built-ins, OpenSSL, system calls) counts for the function of ours that called it, so that the cost of a hash stands
 * where the hash is asked for.
 */

/** A part of the walk, and its share of the time in which the process was not idle: 0 to 1. */
export interface Stage {
  readonly name: string;
  readonly share: number;
}

/** Which part of the walk a file of `src/` belongs to; the first that matches. */
const STAGES: readonly (readonly [file: RegExp, stage: string])[] = [
  [/^(sigv4|iam)\//, 'authenticate: SigV4 (four SHA-256)'],
  [/^store\/(store|sqlite)/, 'fence: ask SQLite whether anything changed'],
  [/^(protocol|model)\//, 'parse, decode and encode JSON'],
  [/^crypto\//, 'encrypt or decrypt: XAES-256-GCM'],
  [/^(targets|kms\/|store\/)/, 'find the key in the cache'],
  [/^(authorization|conditions|policy\/)/, 'authorize: evaluate the key policy'],
  [/^/, 'the walk itself, handlers'],
];
const GARBAGE_COLLECTION = 'garbage collection';
const REST = 'V8: promises, turns of the event loop';

/** Adds up the samples of each part, the greatest first. */
export function readStages({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly Stage[] {
  const stageOf = attribute(nodes);
  const time = new Map<string, number>();
  let total = 0;
  samples.forEach((id, index) => {
    const stage = stageOf.get(id);
    const delta = timeDeltas[index] ?? 0;
    if (stage === undefined) return;
    time.set(stage, (time.get(stage) ?? 0) + delta);
    total += delta;
  });
  return [...time]
    .map(([name, microseconds]) => ({ name, share: microseconds / total }))
    .sort((a, b) => b.share - a.share);
}

/** The stage of each node of the call tree; none for idleness and for the bench itself. */
function attribute(nodes: readonly Profiler.ProfileNode[]): ReadonlyMap<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const stages = new Map<number, string>();
  const visit = (node: Profiler.ProfileNode, inherited: string | undefined): void => {
    const { functionName, url } = node.callFrame;
    const stage = stageOfFile(url) ?? inherited;
    if (functionName === '(garbage collector)') stages.set(node.id, GARBAGE_COLLECTION);
    else if (functionName !== '(idle)' && !url.includes('/bench/')) stages.set(node.id, stage ?? REST);
    for (const child of node.children ?? []) {
      const next = byId.get(child);
      if (next !== undefined) visit(next, stage);
    }
  };
  const [root] = nodes;
  if (root !== undefined) visit(root, undefined);
  return stages;
}

function stageOfFile(url: string): string | undefined {
  const file = /\/src\/(.*)$/.exec(url)?.[1];
  return file === undefined ? undefined : STAGES.find(([pattern]) => pattern.test(file))?.[1];
}
