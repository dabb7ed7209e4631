/** Workloads of more than one key, on optimistic transactions: counter, bank, list-append, rw-register and their kin. */
import type { Value } from '../../core/index.ts';
import { failed, ok } from '../completion.ts';
import { jsonAnswer } from '../json-answer.ts';
import type { Functions } from './client.ts';
import type { Gateway } from './gateway.ts';
import { transact } from './transaction.ts';

const parse = (value: string | undefined): Value => (value === undefined ? null : jsonAnswer(value));
const COUNTER = 'c/counter';

export function counter(gateway: Gateway): Functions {
  return {
    increment: ({ value }) =>
      transact(gateway, [COUNTER], (read) => {
        const next = Number(parse(read.get(COUNTER)?.value) ?? 0) + Number(value ?? 1);
        return { writes: [{ put: COUNTER, value: JSON.stringify(next) }], completion: (revision) => ok(undefined, revision) };
      }),
    read: async () => {
      const { revision, kvs } = await gateway.range(COUNTER);
      return ok(Number(parse(kvs[0]?.value) ?? 0), revision);
    },
  };
}

export function bank(gateway: Gateway): Functions {
  return {
    open: async ({ key, value }) => ok(undefined, await gateway.put(`b/${String(key)}`, JSON.stringify(value))),
    transfer: ({ value }) => {
      const { from, to, amount } = value as { readonly from: string; readonly to: string; readonly amount: number };
      const keys = [`b/${from}`, `b/${to}`] as const;
      return transact(gateway, keys, (read) => {
        const [left, right] = keys.map((key) => Number(parse(read.get(key)?.value) ?? 0)) as [number, number];
        if (left < amount) return failed('INSUFFICIENT');
        const writes = [
          { put: keys[0], value: JSON.stringify(left - amount) },
          { put: keys[1], value: JSON.stringify(right + amount) },
        ];
        return { writes, completion: (revision) => ok(undefined, revision) };
      });
    },
    read: async () => {
      const { revision, kvs } = await gateway.range('b/', { prefix: true });
      return ok(Object.fromEntries(kvs.map(({ key, value }) => [key.slice(2), parse(value)])), revision);
    },
  };
}

/** `[f, key, value]`: `r` reads, `w` writes, `append` adds to a list; each sees what those before it did. */
export function transactions(gateway: Gateway): Functions {
  return {
    txn: ({ value }) => {
      const steps = value as readonly (readonly [f: string, key: Value, value: Value])[];
      const name = (key: Value): string => `t/${String(key)}`;
      return transact(
        gateway,
        steps.map(([, key]) => name(key)),
        (read) => {
          const now = new Map([...read].map(([key, kv]) => [key, parse(kv.value)]));
          const changed = new Map<string, Value>();
          const done = steps.map(([f, key, argument]) => {
            const at = name(key);
            if (f === 'r') return [f, key, now.get(at) ?? null];
            const next = f === 'append' ? [...((now.get(at) ?? []) as Value[]), argument] : argument;
            now.set(at, next);
            changed.set(at, next);
            return [f, key, argument];
          });
          const writes = [...changed].map(([put, next]) => ({ put, value: JSON.stringify(next) }));
          return { writes, completion: (revision) => ok(done, revision) };
        },
      );
    },
  };
}
