/**
 * Runs in a node's network and holds it: sets it up from inside, sends and hears probes. Orders come as lines of JSON on
 * standard input; when that closes, it and, with the last process in it, the network are gone. Started by `namespaceLinks`.
 */
import { createSocket } from 'node:dgram';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { nodeCommands, nodeRules, PROBE_PORT } from './namespace-rules.ts';
import { feed } from './program.ts';

export type AgentOrder =
  | { readonly do: 'configure'; readonly index: number }
  | { readonly do: 'send'; readonly to: string; readonly token: string };

export type AgentReport =
  | { readonly step: 'entered' | 'ready' }
  | { readonly heard: string }
  /** Somebody has begun to listen there; TCP. */
  | { readonly listening: number }
  | { readonly failed: string };

/** How often it is looked for new listeners. */
const LOOK_MS = 50;
/** The state of a socket that listens, in the kernel's table. */
const LISTEN = '0A';

const report = (line: AgentReport): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const socket = createSocket('udp4');
const known = new Set<number>();

/** What listens in this network: observers reach it on loopback, and nobody says beforehand which ports a system will use. */
function lookForListeners(): void {
  for (const table of ['tcp', 'tcp6']) {
    for (const line of readFileSync(`/proc/self/net/${table}`, 'latin1').split('\n').slice(1)) {
      const [, local = '', , state] = line.trim().split(/\s+/);
      const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
      if (state !== LISTEN || known.has(port)) continue;
      known.add(port);
      report({ listening: port });
    }
  }
}

async function configure(index: number): Promise<void> {
  await feed('ip', ['-batch', '-'], nodeCommands(index));
  for (const name of ['all', 'eth0']) writeFileSync(`/proc/sys/net/ipv4/conf/${name}/route_localnet`, '1');
  await feed('nft', ['-f', '-'], nodeRules(index));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(PROBE_PORT, '0.0.0.0', resolve);
  });
  socket.on('error', () => {});
  socket.on('message', (token) => report({ heard: token.toString('latin1') }));
  report({ step: 'ready' });
  setInterval(lookForListeners, LOOK_MS);
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = JSON.parse(line) as AgentOrder;
    if (order.do === 'configure') configure(order.index).catch((error: Error) => report({ failed: error.message }));
    else socket.send(order.token, PROBE_PORT, order.to, () => {});
  })
  .on('close', () => process.exit(0));

report({ step: 'entered' });
