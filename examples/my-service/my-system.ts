/**
 * How Lightcone starts, reaches, breaks and observes the service in service.ts. Copy it, and change what is yours:
 * the command line of a node, the client, what a node says of itself. Run it: npx lightcone check ./my-system.ts
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineScenario } from 'lightcone/scenario';
import { defineSystem, type RunningSystem, type ScenarioOptions, type StartContext, type SystemClient } from 'lightcone/systems';

const service = join(import.meta.dirname, 'service.ts');

/** What clients do, and what breaks meanwhile. Times are shares of the run, so that any `--time` fits. */
const partitioned = (name: string, reads: 'primary' | 'local') => (options: ScenarioOptions) =>
  defineScenario({
    name,
    target: 'my-service',
    nodes: options.nodes,
    workload: { kind: 'register', clients: 6, operations: 1_000_000, keys: 3, placement: 'pinned', ratePerSecond: 300, timeoutMs: 1500 },
    faults: [{ fault: 'partition', shape: 'isolate', node: 'n2', atMs: options.durationMs * 0.25, forMs: options.durationMs * 0.5 }],
    seed: options.seed,
    durationMs: options.durationMs,
    settings: { reads },
  });

export default defineSystem({
  name: 'my-service',
  about: 'registers behind HTTP: one primary, followers that copy it',
  requires: [],
  capabilities: {
    // What it promises for each kind of workload; that is what it is held to.
    workloads: { register: 'linearizable' },
    faults: ['partition', 'delay', 'loss', 'kill', 'pause', 'restart'],
    nodes: [2, 5],
  },
  scenarios: {
    default: partitioned('one-node-cut-off', 'primary'),
    'local-reads': partitioned('local-reads', 'local'),
  },
  start,
});

async function start({ nodes, directory, settings, ports, links, processes }: StartContext): Promise<RunningSystem> {
  const [primary = 'n1'] = nodes;
  const listens = new Map<string, number>();
  for (const node of nodes) listens.set(node, await ports.take());
  const target = (node: string) => ({ host: '127.0.0.1', port: listens.get(node) as number });

  /** Where `from` reaches `to`: a link of its own, which faults can cut or slow. */
  const opened = new Map<string, Promise<string>>();
  const url = (from: string, to: string): Promise<string> => {
    const known = opened.get(`${from} ${to}`);
    const link = known ?? links.open({ from, to, target: target(to) }).then(({ host, port }) => `http://${host}:${port}`);
    opened.set(`${from} ${to}`, link);
    return link;
  };

  async function startNode(node: string): Promise<void> {
    const peers: { [name: string]: string } = {};
    for (const peer of nodes) if (peer !== node) peers[peer] = await url(node, peer);
    const words = { name: node, port: target(node).port, primary, peers: JSON.stringify(peers), reads: settings.reads ?? 'primary' };
    const data = join(directory, node, 'registers.jsonl');
    await processes.spawn({
      owner: node,
      command: process.execPath,
      args: [service, ...Object.entries({ ...words, data }).flatMap(([name, value]) => [`--${name}`, String(value)])],
      cwd: join(directory, node),
      logFile: join(directory, node, 'service.log'),
    });
  }

  /** We look at a node directly, past its links. */
  const status = async (node: string): Promise<string | null> => {
    const { host, port } = target(node);
    const answer = await fetch(`http://${host}:${port}/status`, { signal: AbortSignal.timeout(500) }).catch(() => null);
    return answer === null ? null : ((await answer.json()) as { role: string }).role;
  };

  for (const node of nodes) await startNode(node);
  return {
    version: '1',
    startNode,
    client: async ({ node, name, timeoutMs }) => clientOf(await url(name, node), timeoutMs),
    async ready(timeoutMs) {
      const endMs = performance.now() + timeoutMs;
      for (const node of nodes)
        while ((await status(node)) === null) {
          if (performance.now() > endMs) throw new Error(`${node} does not serve: see ${join(directory, node, 'service.log')}`);
          await sleep(50);
        }
    },
    async beliefs(node) {
      const role = await status(node);
      return role === null ? [] : [{ kind: 'role', value: role, epoch: 1 }];
    },
    async wipe(node) {
      await rm(join(directory, node, 'registers.jsonl'), { force: true });
    },
    async stop() {
      await Promise.all(nodes.map((node) => processes.stop(node, 1000)));
    },
  };
}

function clientOf(base: string, timeoutMs: number): SystemClient {
  return {
    async invoke({ f, key, value }) {
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        if (f === 'write') {
          const answer = await fetch(`${base}/register/${key}`, { method: 'PUT', body: String(value), signal });
          // 503: perhaps the primary has it, perhaps not. `fail` would claim that it has not.
          return answer.ok ? { outcome: 'ok' } : { outcome: 'info', code: 'UNAVAILABLE' };
        }
        const answer = await fetch(`${base}/register/${key}`, { signal });
        return answer.ok ? { outcome: 'ok', value: (await answer.json()) as number | null } : { outcome: 'fail', code: 'UNAVAILABLE' };
      } catch {
        return { outcome: f === 'write' ? 'info' : 'fail', code: 'UNREACHABLE' };
      }
    },
    async close() {},
  };
}
