/**
 * Runs in a node's network and holds it: sets it up from inside, sends and hears probes. Orders come as lines of JSON on
 * standard input; when that closes, it and, with the last process in it, the network are gone. Started by `namespaceLinks`.
 */
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { nodeCommands, nodeRules, PROBE_PORT } from './namespace-rules.ts';
import { feed } from './program.ts';

export type AgentOrder =
  | { readonly do: 'configure'; readonly index: number }
  | { readonly do: 'send'; readonly to: string; readonly token: string };

export type AgentReport = { readonly step: 'entered' | 'ready' } | { readonly heard: string } | { readonly failed: string };

const report = (line: AgentReport): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const socket = createSocket('udp4');

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
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = JSON.parse(line) as AgentOrder;
    if (order.do === 'configure') configure(order.index).catch((error: Error) => report({ failed: error.message }));
    else socket.send(order.token, PROBE_PORT, order.to, () => {});
  })
  .on('close', () => process.exit(0));

report({ step: 'entered' });
