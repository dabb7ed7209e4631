import { deepEqual } from 'node:assert/strict';
import * as runner from 'vitest';
import { doctor } from '../index.ts';
import { eventually, startForTest, systemConformance } from '../testing.ts';
import { etcd } from './etcd.ts';

systemConformance(etcd, runner);

runner.it.skipIf((doctor([etcd])[0]?.missing.length ?? 0) > 0)(
  'a queue gives its items in the order in which they came, whatever they are called',
  async () => {
    const run = await startForTest(etcd, {}, 1);
    try {
      const client = await run.system.client({ node: 'n1', name: 'client-1', workload: 'queue', timeoutMs: 3000 });
      const items = [10, 9, 100, 2, 30];
      for (const value of items) await eventually(client, { f: 'enqueue', value });
      const taken = [];
      for (const _ of [...items, null]) taken.push((await client.invoke({ f: 'dequeue' })).value);
      deepEqual(taken, [...items, null]);
      await client.close();
    } finally {
      await run.end();
    }
  },
);
