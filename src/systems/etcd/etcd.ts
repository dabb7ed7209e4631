/** etcd: a Raft group behind a key-value store with revisions, leases and watches. */
import { linkFaults } from '../../nemesis/index.ts';
import { defineSystem } from '../system.ts';
import { attachEtcd } from './attach.ts';
import { etcdScenarios } from './scenarios.ts';
import { startEtcd } from './server.ts';

export const etcd = defineSystem({
  name: 'etcd',
  about: 'a Raft group behind a key-value store with revisions, leases and watches',
  requires: [{ binary: 'etcd', package: 'etcd-server' }],
  capabilities: {
    workloads: {
      register: 'linearizable',
      'cas-register': 'linearizable',
      kv: 'linearizable',
      sessions: 'linearizable',
      monotonic: 'linearizable',
      set: 'linearizable',
      'set-full': 'linearizable',
      replication: 'durable',
      counter: 'linearizable',
      queue: 'linearizable',
      'unique-ids': 'linearizable',
      bank: 'strict-serializable',
      'list-append': 'strict-serializable',
      'rw-register': 'strict-serializable',
      'long-fork': 'strict-serializable',
      sequential: 'strict-serializable',
      causal: 'strict-serializable',
      'dirty-reads': 'strict-serializable',
      lock: 'mutual exclusion while the lease lasts; fencing tokens',
      watch: 'every change once and in order',
    },
    faults: [...linkFaults, 'kill', 'pause', 'restart', 'disk-loss', 'disk-full', 'slow-disk'],
    nodes: [1, 7],
  },
  scenarios: etcdScenarios,
  start: startEtcd,
  attach: attachEtcd,
});
