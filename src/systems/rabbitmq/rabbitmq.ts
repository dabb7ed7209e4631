/** RabbitMQ: one queue, replicated by Raft (a quorum queue) or mirrored (a classic one). */
import { loopback } from '../link-book.ts';
import { defineSystem, type RunningSystem, type StartContext } from '../system.ts';
import { rabbitmqScenarios } from './scenarios.ts';
import { type Place, RabbitCluster } from './server.ts';

async function start(context: StartContext): Promise<RunningSystem> {
  const places: Place[] = [];
  const take = async () => loopback(await context.ports.take());
  for (const name of context.nodes)
    places.push({ name, client: await take(), management: await take(), distribution: await take(), mapper: await take() });
  const cluster = new RabbitCluster(context, places);
  await cluster.startAll();
  return cluster;
}

export const rabbitmq = defineSystem({
  name: 'rabbitmq',
  about: 'a queue that is replicated by Raft (quorum) or mirrored (classic)',
  requires: [{ binary: 'rabbitmq-server', paths: ['/usr/lib/rabbitmq/bin'], package: 'rabbitmq-server' }],
  capabilities: {
    workloads: { queue: 'durable' },
    faults: ['partition', 'loss', 'delay', 'kill', 'pause', 'restart'],
    nodes: [3, 5],
  },
  scenarios: rabbitmqScenarios,
  start,
});
