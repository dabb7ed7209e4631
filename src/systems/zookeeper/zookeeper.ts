/** ZooKeeper: a tree of small nodes; writes are ordered by a leader, reads are each server's own. */
import { linkFaults } from '../../nemesis/index.ts';
import { defineSystem } from '../system.ts';
import { attachZooKeeper } from './attach.ts';
import { zookeeperScenarios } from './scenarios.ts';
import { startZooKeeper } from './server.ts';

const jar = (binary: string, name: string) => ({ binary, paths: ['/usr/share/java'], package: name });

export const zookeeper = defineSystem({
  name: 'zookeeper',
  about: 'a tree of small nodes; writes are ordered by a leader, reads are each server’s own',
  requires: [
    { binary: 'java', package: 'default-jre-headless' },
    jar('zookeeper.jar', 'libzookeeper-java'),
    jar('slf4j-simple.jar', 'libslf4j-java'),
  ],
  capabilities: {
    // Writes are linearizable, reads follow in the order of the writes, perhaps late.
    workloads: {
      replication: 'durable',
      set: 'durable',
      'set-full': 'durable',
      register: 'sessions',
      'cas-register': 'sessions',
      kv: 'sessions',
      sessions: 'sessions',
      monotonic: 'sessions',
      counter: 'sessions',
      queue: 'linearizable',
      'unique-ids': 'linearizable',
      lock: 'mutual exclusion while the session lasts; fencing tokens',
    },
    faults: [...linkFaults, 'kill', 'pause', 'restart', 'disk-loss', 'disk-full', 'slow-disk'],
    nodes: [3, 7],
  },
  scenarios: zookeeperScenarios,
  start: startZooKeeper,
  attach: attachZooKeeper,
});
