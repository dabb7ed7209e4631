/**
 * A small replicated service that can be broken in six ways (bugs.ts), as a system for Lightcone. Each scenario is named for
 * its bug; with `-fixed` behind it, the same happens to the service without that bug, and it must pass.
 * npx lightcone check ./examples/broken-service/system.ts --scenario stale-cache
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineScenario, type Fault } from 'lightcone/scenario';
import { defineSystem, type RunningSystem, type ScenarioOptions, type StartContext } from 'lightcone/systems';
import { type Bug, bugNames, bugs } from './bugs.ts';
import { clientOf } from './client.ts';

const server = join(import.meta.dirname, 'server.ts');

interface Design {
  readonly workload: string;
  readonly readShare?: number;
  readonly faults: (share: (of: number) => number) => readonly Fault[];
}

const cutOff =
  (node: string): Design['faults'] =>
  (share) => [{ fault: 'partition', shape: 'isolate', node, atMs: share(0.2), forMs: share(0.5) }];
const killed =
  (...at: readonly number[]): Design['faults'] =>
  (share) =>
    at.map((of) => ({ fault: 'kill', node: 'n1', atMs: share(of), forMs: share(0.08) }));
/** Shorter than anybody's patience: every operation is answered. */
const standsStill: Design['faults'] = (share) => [{ fault: 'pause', node: 'n2', atMs: share(0.4), forMs: Math.min(share(0.2), 500) }];

/** What shows each bug: what clients do, and what happens meanwhile. */
const designs: { readonly [bug in Bug]: Design } = {
  // A write behind the cut keeps its client waiting: most are readers, so that there is somebody to see the cache.
  'stale-cache': { workload: 'register', readShare: 0.9, faults: cutOff('n2') },
  'lost-update': { workload: 'counter', readShare: 0.2, faults: standsStill },
  'ack-before-write': { workload: 'replication', faults: killed(0.2, 0.45, 0.7) },
  'non-atomic-transfer': { workload: 'bank', faults: killed(0.5) },
  'dirty-read': { workload: 'dirty-reads', readShare: 0.9, faults: cutOff('n1') },
  'reordered-queue': { workload: 'queue', readShare: 0.3, faults: standsStill },
};

const scenario =
  (name: string, about: string, { workload, readShare = 0.5, faults }: Design, bug: Bug | null) =>
  (options: ScenarioOptions) =>
    defineScenario({
      ...{ name, about, target: 'broken-service', nodes: options.nodes },
      workload: {
        ...{ kind: workload, clients: 3 * options.nodes, operations: 1_000_000, keys: 3, readShare },
        ...{ placement: 'pinned', ratePerSecond: 200, timeoutMs: 1500 },
      },
      faults: faults((of) => Math.round(of * options.durationMs)),
      seed: options.seed,
      durationMs: options.durationMs,
      settings: { bug: bug ?? '' },
    });

export default defineSystem({
  name: 'broken-service',
  about: 'a replicated service with six bugs that a scenario can switch on',
  requires: [],
  capabilities: {
    workloads: {
      register: 'linearizable',
      counter: 'linearizable',
      replication: 'durable',
      bank: 'strict-serializable',
      queue: 'linearizable',
      'dirty-reads': 'strict-serializable',
    },
    faults: ['partition', 'delay', 'loss', 'kill', 'pause', 'restart'],
    nodes: [3, 5],
  },
  scenarios: {
    default: scenario('one-node-cut-off', 'A follower is cut off; nothing is broken.', designs['stale-cache'], null),
    ...Object.fromEntries(
      bugNames.flatMap((bug) => [
        [bug, scenario(bug, `${bugs[bug]}.`, designs[bug], bug)],
        [`${bug}-fixed`, scenario(`${bug}-fixed`, `The same without the bug (control of ${bug}).`, designs[bug], null)],
      ]),
    ),
  },
  start,
});

async function start({ nodes, directory, settings, ports, links, processes }: StartContext): Promise<RunningSystem> {
  const [primary = 'n1'] = nodes;
  const listens = new Map<string, number>();
  for (const node of nodes) listens.set(node, await ports.take());
  const target = (node: string) => ({ host: '127.0.0.1', port: listens.get(node) as number });

  const opened = new Map<string, Promise<string>>();
  /** Where `from` reaches `to`: a link of its own, which faults can cut or slow. */
  const url = (from: string, to: string): Promise<string> => {
    const known = opened.get(`${from} ${to}`);
    const link = known ?? links.open({ from, to, target: target(to) }).then(({ host, port }) => `http://${host}:${port}`);
    opened.set(`${from} ${to}`, link);
    return link;
  };

  async function startNode(node: string): Promise<void> {
    const peers: { [name: string]: string } = {};
    for (const peer of nodes) if (peer !== node) peers[peer] = await url(node, peer);
    const words = { name: node, port: target(node).port, primary, peers: JSON.stringify(peers), bug: settings.bug ?? '' };
    const data = join(directory, node, 'entries.jsonl');
    await processes.spawn({
      owner: node,
      command: process.execPath,
      args: [server, ...Object.entries({ ...words, data }).map(([name, value]) => `--${name}=${value}`)],
      cwd: join(directory, node),
      logFile: join(directory, node, 'service.log'),
    });
  }

  /** We look at a node directly, past its links. */
  const status = async (node: string): Promise<{ readonly role: string; readonly position: number } | null> => {
    const { host, port } = target(node);
    const answer = await fetch(`http://${host}:${port}/status`, { signal: AbortSignal.timeout(500) }).catch(() => null);
    return answer === null ? null : ((await answer.json()) as { role: string; position: number });
  };

  for (const node of nodes) await startNode(node);
  return {
    version: '1',
    startNode,
    client: async ({ node, name, workload, timeoutMs }) => clientOf(await url(name, node), workload, timeoutMs),
    async ready(timeoutMs) {
      const endMs = performance.now() + timeoutMs;
      for (const node of nodes)
        while ((await status(node)) === null) {
          if (performance.now() > endMs) throw new Error(`${node} does not serve: see ${join(directory, node, 'service.log')}`);
          await sleep(50);
        }
    },
    async beliefs(node) {
      const seen = await status(node);
      if (seen === null) return [];
      return [
        { kind: 'role', value: seen.role, epoch: 1 },
        { kind: 'position', value: seen.position },
      ];
    },
    async wipe(node) {
      await rm(join(directory, node, 'entries.jsonl'), { force: true });
    },
    async stop() {
      await Promise.all(nodes.map((node) => processes.stop(node, 1000)));
    },
  };
}
