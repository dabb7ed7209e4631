/**
 * Locks as etcd's own recipe makes them: a key with a lease that only the first can create; the revision at which it
 * was created is the fencing token. The holder is not told when its lease runs out, which is the point of the token.
 */
import { completionOf, failed, ok, Refused } from '../completion.ts';
import { numberSetting, type Settings } from '../settings.ts';
import type { Functions } from './client.ts';
import type { Gateway } from './gateway.ts';

/** The token; null where somebody else holds it. */
export async function acquire(gateway: Gateway, key: string, leaseSeconds: number): Promise<number | null> {
  let lease: string;
  try {
    lease = await gateway.grant(leaseSeconds);
  } catch (error) {
    // A lease that may exist holds nothing: the lock was certainly not taken.
    throw new Refused(completionOf(error, true).code ?? 'NO_LEASE', true);
  }
  const taken = await gateway.txn([{ key, target: 'CREATE', value: 0 }], [{ put: key, value: '', lease }]);
  return taken.succeeded ? taken.revision : null;
}

/** False where the lock is no longer the one that `token` stands for. */
export async function release(gateway: Gateway, key: string, token: number): Promise<boolean> {
  return (await gateway.txn([{ key, target: 'CREATE', value: token }], [{ delete: key }])).succeeded;
}

export function locks(gateway: Gateway, settings: Settings): Functions {
  const leaseSeconds = numberSetting(settings, 'leaseSeconds', 60);
  return {
    acquire: async ({ key }) => {
      const token = await acquire(gateway, `l/${String(key)}`, leaseSeconds);
      return token === null ? failed('HELD') : ok(token, token);
    },
    release: async ({ key, value }) => ((await release(gateway, `l/${String(key)}`, Number(value))) ? ok() : failed('NOT_HELD')),
  };
}
