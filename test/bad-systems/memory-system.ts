/** A register in our own memory behind a process for each node that only listens: what is bad about it is the caller's choice. */
import { join } from 'node:path';
import { defineScenario } from '../../src/scenario/index.ts';
import { defineSystem, type StartContext, type System, type SystemClient } from '../../src/systems/index.ts';
import type { Operation } from '../../src/workloads/index.ts';

export interface Badness {
  /** The program of a node, as JavaScript; `process.argv[1]` is its port. */
  readonly program?: string;
  readonly client?: (right: SystemClient) => SystemClient;
  readonly ratePerSecond?: number;
  /** The port that the nodes listen at, taken by somebody else. */
  readonly takenPort?: number;
}

const LISTEN = 'require("net").createServer((s) => s.on("error", () => {})).listen(Number(process.argv[1]), "127.0.0.1");';

export function memorySystem(name: string, { program = LISTEN, client = (right) => right, ratePerSecond, takenPort }: Badness): System {
  async function start({ nodes, directory, ports, processes }: StartContext) {
    const values = new Map<string, Operation['value']>();
    const right: SystemClient = {
      async invoke({ f, key, value }) {
        if (f === 'write') values.set(String(key), value);
        return f === 'write' ? { outcome: 'ok' } : { outcome: 'ok', value: values.get(String(key)) ?? null };
      },
      async close() {},
    };
    const startNode = async (node: string): Promise<void> => {
      const port = takenPort ?? (await ports.take());
      const logFile = join(directory, node, 'node.log');
      await processes.spawn({ owner: node, command: process.execPath, args: ['-e', program, String(port)], cwd: directory, logFile });
    };
    for (const node of nodes) await startNode(node);
    return {
      version: '1',
      startNode,
      client: async () => client(right),
      // Nothing is asked: long enough for a process that cannot start to be gone.
      ready: () => new Promise<void>((resolve) => setTimeout(resolve, 1000)),
      beliefs: async () => [{ kind: 'role', value: 'follower' } as const],
      wipe: async () => {},
      stop: async () => {},
    };
  }
  return defineSystem({
    name,
    about: 'a system of the tests',
    requires: [],
    capabilities: { workloads: { register: 'linearizable' }, faults: ['pause', 'partition'], nodes: [1, 5] },
    scenarios: {
      default: ({ nodes, durationMs, seed }) =>
        defineScenario({
          ...{ name: 'default', target: name, nodes, durationMs, seed, faults: [] },
          workload: {
            ...{ kind: 'register', clients: 4, operations: 10_000_000, keys: 2, placement: 'pinned', timeoutMs: 300 },
            ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
          },
        }),
    },
    start,
  });
}
