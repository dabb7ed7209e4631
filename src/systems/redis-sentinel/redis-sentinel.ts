/** Redis: a primary, asynchronous replicas, and sentinels that promote one of them. */
import { linkFaults } from '../../nemesis/index.ts';
import { defineSystem } from '../system.ts';
import { attachRedisSentinel } from './attach.ts';
import { redisScenarios } from './scenarios.ts';
import { startRedisSentinel } from './server.ts';

export const redisSentinel = defineSystem({
  name: 'redis-sentinel',
  about: 'a primary with asynchronous replicas, and sentinels that promote one of them',
  requires: [{ binary: 'redis-server', package: 'redis-server' }],
  capabilities: {
    // Replication is asynchronous: at a fail-over what only the old primary had is gone, whatever the data type.
    workloads: {
      set: 'eventual',
      'set-full': 'eventual',
      replication: 'eventual',
      register: 'eventual',
      'cas-register': 'eventual',
      kv: 'eventual',
      sessions: 'eventual',
      monotonic: 'eventual',
      counter: 'eventual',
      queue: 'eventual',
      'unique-ids': 'eventual',
      bank: 'eventual',
      'list-append': 'eventual',
      'rw-register': 'eventual',
      'long-fork': 'eventual',
      sequential: 'eventual',
      causal: 'eventual',
      'dirty-reads': 'eventual',
      lock: 'eventual',
    },
    faults: [...linkFaults, 'kill', 'pause', 'restart', 'disk-loss', 'disk-full', 'slow-disk', 'action'],
    nodes: [3, 7],
  },
  scenarios: redisScenarios,
  start: startRedisSentinel,
  attach: attachRedisSentinel,
});
