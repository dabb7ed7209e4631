/** NATS JetStream: streams of messages, each a Raft group of three replicas. */
import { linkFaults } from '../../nemesis/index.ts';
import { defineSystem } from '../system.ts';
import { attachNats } from './attach.ts';
import { natsScenarios } from './scenarios.ts';
import { startNats } from './server.ts';

export const nats = defineSystem({
  name: 'nats',
  about: 'JetStream: streams of messages, each a Raft group of three replicas',
  requires: [{ binary: 'nats-server', package: 'nats-server' }],
  capabilities: {
    // Its manual: writes are linearizable once acknowledged; reads of a stream may be served by any replica.
    workloads: {
      replication: 'durable',
      set: 'durable',
      'set-full': 'durable',
      'unique-ids': 'linearizable',
      register: 'linearizable',
      'cas-register': 'linearizable',
      kv: 'linearizable',
      sessions: 'linearizable',
      monotonic: 'linearizable',
    },
    faults: [...linkFaults, 'kill', 'pause', 'restart', 'disk-loss', 'disk-full', 'slow-disk', 'power-loss'],
    nodes: [3, 5],
  },
  scenarios: natsScenarios,
  start: startNats,
  attach: attachNats,
});
