/** A system of a user's own that can be attached to: a line-based key-value server that runs already. It says so if it is started all the same. */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { defineScenario } from '../../src/scenario/index.ts';
import { type AttachContext, type AttachedSystem, defineSystem } from '../../src/systems/index.ts';

/** One question, one line. */
async function ask(address: { readonly host: string; readonly port: number }, question: string): Promise<string> {
  const socket = connect(address);
  try {
    socket.write(`${question}\n`);
    for await (const line of createInterface({ input: socket })) return line;
    throw new Error('it hung up');
  } finally {
    socket.destroy();
  }
}

async function attach({ nodes, endpoints, links, prefix }: AttachContext): Promise<AttachedSystem> {
  const endpoint = (node: string) => endpoints[nodes.indexOf(node)] as (typeof endpoints)[number];
  return {
    version: await ask(endpoint('n1'), 'version'),
    async client({ node, name }) {
      const { host, port } = endpoint(node);
      const address = await links.open({ from: name, to: node, target: { host, port } });
      return {
        async invoke({ f, key, value }) {
          const said = await ask(address, f === 'write' ? `set ${prefix}/${key} ${value}` : `get ${prefix}/${key}`);
          return f === 'write' ? { outcome: 'ok' } : { outcome: 'ok', value: said === '' ? null : Number(said) };
        },
        async close() {},
      };
    },
    async ready() {
      for (const node of nodes) await ask(endpoint(node), 'version');
    },
    beliefs: async () => [],
    async detach() {
      await ask(endpoint('n1'), `drop ${prefix}/`);
    },
  };
}

export default defineSystem({
  name: 'lines',
  about: 'a key-value server of one line each way',
  requires: [],
  capabilities: { workloads: { register: 'linearizable' }, faults: [], nodes: [1, 1] },
  scenarios: {
    default: ({ nodes, durationMs, seed }) =>
      defineScenario({
        ...{ name: 'default', target: 'lines', nodes, durationMs, seed, faults: [] },
        workload: { kind: 'register', clients: 3, operations: 100_000, keys: 2, ratePerSecond: 100, placement: 'pinned', timeoutMs: 1000 },
      }),
  },
  start: () => Promise.reject(new Error('it was started')),
  attach,
});
