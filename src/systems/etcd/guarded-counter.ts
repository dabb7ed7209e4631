/**
 * The textbook use of a lock service: take the lock, read, think, write, release. Holders are now and then slower than
 * their lease (a garbage collection, a slow disk), and then two of them are inside (Kleppmann, "How to do distributed
 * locking", 2016). With `fenced-lock` the write happens only if the lock is still the one that the token stands for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { failed, ok } from '../completion.ts';
import { choiceSetting, numberSetting, type Settings } from '../settings.ts';
import type { Functions } from './client.ts';
import type { Gateway } from './gateway.ts';
import { acquire, release } from './locks.ts';

const COUNTER = 'c/counter';
const LOCK = 'c/lock';
const RETRY_MS = 25;

export function guardedCounter(gateway: Gateway, settings: Settings, timeoutMs: number): Functions {
  const fenced = choiceSetting(settings, 'guard', ['transaction', 'lock', 'fenced-lock']) === 'fenced-lock';
  const leaseSeconds = numberSetting(settings, 'leaseSeconds', 2);
  const slowMs = numberSetting(settings, 'slowMs', 3000);
  const slowEvery = Math.max(1, numberSetting(settings, 'slowEvery', 3));
  let increments = 0;
  return {
    increment: async () => {
      const deadline = performance.now() + timeoutMs - slowMs;
      let token = await acquire(gateway, LOCK, leaseSeconds);
      while (token === null) {
        if (performance.now() >= deadline) return failed('HELD');
        await sleep(RETRY_MS);
        token = await acquire(gateway, LOCK, leaseSeconds);
      }
      const { kvs } = await gateway.range(COUNTER);
      await sleep(++increments % slowEvery === 0 ? slowMs : 1);
      const fence = fenced ? ([{ key: LOCK, target: 'CREATE', value: token }] as const) : [];
      const next = Number(kvs[0]?.value ?? 0) + 1;
      const { succeeded, revision } = await gateway.txn(fence, [{ put: COUNTER, value: String(next) }]);
      if (!succeeded) return failed('LOCK_LOST');
      await release(gateway, LOCK, token).catch(() => false);
      return ok(undefined, revision);
    },
    read: async () => {
      const { revision, kvs } = await gateway.range(COUNTER);
      return ok(Number(kvs[0]?.value ?? 0), revision);
    },
  };
}
