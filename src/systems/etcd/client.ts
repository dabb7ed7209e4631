/**
 * What etcd's clients ask, by workload. Reads are linearizable unless the scenario's `readMode` says `serializable`:
 * then the node answers from what it has. Revisions are etcd's own.
 */
import type { Value } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import type { Operation } from '../../workloads/index.ts';
import { Broken, failed, ok, type Perform, perform } from '../completion.ts';
import { jsonAnswer } from '../json-answer.ts';
import { Deadline } from '../patience.ts';
import { choiceSetting, type Settings } from '../settings.ts';
import type { ClientOptions, SystemClient } from '../system.ts';
import { type Access, Gateway } from './gateway.ts';
import { guardedCounter } from './guarded-counter.ts';
import { locks } from './locks.ts';
import { bank, counter, transactions } from './transactions.ts';
import { Watch } from './watch.ts';

export type Functions = { readonly [f: string]: Perform };

const name = ({ key }: Operation): string => `r/${String(key ?? null)}`;

function registers(gateway: Gateway, serializable: boolean): Functions {
  const read: Perform = async (operation) => {
    const { revision, kvs } = await gateway.range(name(operation), { serializable });
    return ok(kvs[0] === undefined ? null : jsonAnswer(kvs[0].value), revision);
  };
  const write: Perform = async (operation) => ok(undefined, await gateway.put(name(operation), JSON.stringify(operation.value ?? null)));
  const cas: Perform = async (operation) => {
    const [expected, next] = operation.value as readonly [Value, Value];
    const key = name(operation);
    const compare =
      expected === null
        ? ({ key, target: 'CREATE', value: 0 } as const)
        : ({ key, target: 'VALUE', value: JSON.stringify(expected) } as const);
    const { succeeded, revision } = await gateway.txn([compare], [{ put: key, value: JSON.stringify(next) }]);
    return succeeded ? ok(undefined, revision) : failed();
  };
  return { read, get: read, write, put: write, cas };
}

function sets(gateway: Gateway, serializable: boolean): Functions {
  return {
    add: async ({ value }) => ok(undefined, await gateway.put(`s/${JSON.stringify(value)}`, JSON.stringify(value))),
    read: async () => {
      const { revision, kvs } = await gateway.range('s/', { prefix: true, serializable });
      return ok(
        kvs.map((kv) => jsonAnswer(kv.value)),
        revision,
      );
    },
  };
}

function queues(gateway: Gateway): Functions {
  return {
    enqueue: async ({ value }) => ok(undefined, await gateway.put(`q/${JSON.stringify(value)}`, JSON.stringify(value))),
    /** The oldest goes, unless somebody was faster: then the next oldest. */
    dequeue: async () => {
      for (;;) {
        const { revision, kvs } = await gateway.range('q/', { prefix: true, limit: 1 });
        const [first] = kvs;
        if (first === undefined) return ok(null, revision);
        const taken = await gateway.txn([{ key: first.key, target: 'MOD', value: first.modRevision }], [{ delete: first.key }]);
        if (taken.succeeded) return ok(jsonAnswer(first.value), taken.revision);
      }
    },
  };
}

function watches(gateway: Gateway, watch: Watch, deadline: Deadline): Functions {
  return {
    put: registers(gateway, false).put as Perform,
    poll: async (operation) => {
      watch.follow(name(operation));
      // A mark: a change that this read sees has been told, or the answer is not whole.
      const { kvs } = await gateway.range(name(operation));
      if (!(await watch.reached(kvs[0]?.modRevision ?? 0, deadline.left()))) throw new Broken('LC_TIMEOUT', true);
      return ok(watch.take());
    },
  };
}

export function etcdClient(address: Address, options: ClientOptions, settings: Settings, access: Access = {}): SystemClient {
  const deadline = new Deadline(options.timeoutMs);
  const gateway = new Gateway(address, deadline.left, access);
  const watch = new Watch(address, access);
  const functions = functionsOf(options, gateway, watch, deadline, settings);
  return {
    invoke(operation) {
      deadline.begin();
      return perform(functions, operation);
    },
    async close() {
      gateway.close();
      watch.close();
    },
  };
}

function functionsOf(
  { workload, timeoutMs }: ClientOptions,
  gateway: Gateway,
  watch: Watch,
  deadline: Deadline,
  settings: Settings,
): Functions {
  const serializable = choiceSetting(settings, 'readMode', ['linearizable', 'serializable']) === 'serializable';
  switch (workload) {
    case 'set':
    case 'set-full':
    case 'replication':
      return sets(gateway, serializable);
    case 'counter':
      return choiceSetting(settings, 'guard', ['transaction', 'lock', 'fenced-lock']) === 'transaction'
        ? counter(gateway)
        : guardedCounter(gateway, settings, timeoutMs);
    case 'queue':
      return queues(gateway);
    case 'unique-ids':
      return { generate: async () => ok(await gateway.put('id', '')) };
    case 'bank':
      return bank(gateway);
    case 'lock':
      return locks(gateway, settings);
    case 'watch':
      return watches(gateway, watch, deadline);
    default:
      return { ...registers(gateway, serializable), ...transactions(gateway) };
  }
}
