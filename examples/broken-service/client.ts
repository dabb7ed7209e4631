/** What the operations of each workload are to the service, and what its answers mean: 409 is a refusal, all else that is no answer is unknown. */
import type { SystemClient } from 'lightcone/systems';
import type { Completion, Operation } from 'lightcone/workloads';

interface Asked {
  readonly f: string;
  readonly key?: string;
  readonly value?: Operation['value'];
}

const set = { add: ({ value }: Operation): Asked => ({ f: 'add', value }), read: (): Asked => ({ f: 'elements' }) };

const words: { readonly [workload: string]: { readonly [f: string]: (operation: Operation) => Asked } } = {
  register: {
    read: ({ key }) => ({ f: 'read', key: `register/${key}` }),
    write: ({ key, value }) => ({ f: 'write', key: `register/${key}`, value }),
  },
  counter: {
    read: () => ({ f: 'read', key: 'counter' }),
    increment: () => ({ f: 'increment', key: 'counter' }),
  },
  replication: set,
  bank: {
    open: ({ key, value }) => ({ f: 'open', key: String(key), value }),
    transfer: ({ value }) => ({ f: 'transfer', value }),
    read: () => ({ f: 'balances' }),
  },
  queue: {
    enqueue: ({ value }) => ({ f: 'enqueue', value }),
    dequeue: () => ({ f: 'dequeue' }),
  },
  'dirty-reads': { txn: ({ value }) => ({ f: 'txn', value }) },
};

export function clientOf(base: string, workload: string, timeoutMs: number): SystemClient {
  const known = words[workload] ?? {};
  return {
    async invoke(operation): Promise<Completion> {
      const word = known[operation.f];
      if (word === undefined) return { outcome: 'fail', code: 'UNSUPPORTED' };
      const reads = operation.f === 'read';
      try {
        const body = JSON.stringify(word(operation));
        const answer = await fetch(`${base}/do`, { method: 'POST', body, signal: AbortSignal.timeout(timeoutMs) });
        const said = await answer.text();
        if (answer.status === 200) {
          const value = JSON.parse(said);
          return { outcome: 'ok', value: workload === 'counter' && reads ? (value ?? 0) : value };
        }
        return { outcome: answer.status === 409 || reads ? 'fail' : 'info', code: answer.status === 409 ? said : 'UNAVAILABLE' };
      } catch {
        return { outcome: reads ? 'fail' : 'info', code: 'UNREACHABLE' };
      }
    },
    async close() {},
  };
}
