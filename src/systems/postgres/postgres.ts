/** PostgreSQL: a primary, streaming standbys, and an operator who promotes. */
import { linkFaults } from '../../nemesis/index.ts';
import { loopback } from '../link-book.ts';
import { defineSystem, type RunningSystem, type StartContext } from '../system.ts';
import { versionOf } from '../version.ts';
import { attachPostgres } from './attach.ts';
import { postgresScenarios } from './scenarios.ts';
import { PostgresCluster } from './server.ts';

const paths = ['/usr/lib/postgresql/*/bin'];
const binaries = ['postgres', 'initdb', 'pg_basebackup'];

async function start(context: StartContext): Promise<RunningSystem> {
  const version = await versionOf(context.binary('postgres'), ['--version'], /\) (\S+)/);
  const servers = new Map<string, ReturnType<typeof loopback>>();
  for (const node of context.nodes) servers.set(node, loopback(await context.ports.take()));
  const cluster = new PostgresCluster(context, version, servers);
  await cluster.create();
  return cluster;
}

export const postgres = defineSystem({
  name: 'postgres',
  about: 'a primary, streaming standbys (asynchronous or synchronous), and an operator who promotes',
  requires: binaries.map((binary) => ({ binary, paths, package: 'postgresql-15' })),
  capabilities: {
    workloads: {
      set: 'durable',
      'set-full': 'durable',
      replication: 'durable',
      register: 'linearizable',
      'cas-register': 'linearizable',
      kv: 'linearizable',
      sessions: 'linearizable',
      monotonic: 'linearizable',
      counter: 'linearizable',
      queue: 'linearizable',
      'unique-ids': 'linearizable',
      bank: 'serializable',
      'list-append': 'serializable',
      'rw-register': 'serializable',
      'long-fork': 'serializable',
      sequential: 'serializable',
      causal: 'serializable',
      'dirty-reads': 'serializable',
    },
    faults: [...linkFaults, 'kill', 'pause', 'restart', 'disk-loss', 'slow-disk', 'clock-jump', 'action'],
    nodes: [1, 5],
  },
  scenarios: postgresScenarios,
  start,
  attach: attachPostgres,
});
