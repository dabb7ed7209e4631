/**
 * Transactions over etcd's single-shot ones, optimistically: read the keys at one moment, compute, and write if no key
 * was changed since (compare `mod_revision`); otherwise again. Strictly serializable, because a transaction that only
 * reads is itself one linearizable request.
 */
import type { Completion } from '../../workloads/index.ts';
import { failed } from '../completion.ts';
import type { Gateway, KeyValue, Write } from './gateway.ts';

const ATTEMPTS = 20;

export type Read = ReadonlyMap<string, KeyValue>;
export interface Decided {
  readonly writes: readonly Write[];
  readonly completion: (revision: number) => Completion;
}

/** `fail` with CONFLICT after too many others were faster: nothing was written then. */
export async function transact(
  gateway: Gateway,
  keys: readonly string[],
  decide: (read: Read) => Decided | Completion,
): Promise<Completion> {
  const distinct = [...new Set(keys)];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await gateway.readAll(distinct);
    const read = new Map(found.flatMap(({ kvs }) => kvs.map((kv) => [kv.key, kv])));
    const decided = decide(read);
    if ('outcome' in decided) return decided;
    const revision = found[0]?.revision ?? 0;
    if (decided.writes.length === 0) return decided.completion(revision);
    const compares = distinct.map((key) => ({ key, target: 'MOD' as const, value: read.get(key)?.modRevision ?? 0 }));
    const answer = await gateway.txn(compares, decided.writes);
    if (answer.succeeded) return decided.completion(answer.revision);
  }
  return failed('CONFLICT');
}
