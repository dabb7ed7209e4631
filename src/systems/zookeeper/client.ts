/**
 * What ZooKeeper's clients ask, by workload. Writes are ordered by the leader; reads are the server's own, possibly old,
 * unless the scenario's `readMode` is `sync`, which asks it to catch up first (ZooKeeper's manual, consistency guarantees).
 */
import type { Value } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import type { Operation } from '../../workloads/index.ts';
import { failed, ok, type Perform, perform, Refused } from '../completion.ts';
import { jsonAnswer } from '../json-answer.ts';
import { Deadline, type Patience } from '../patience.ts';
import { choiceSetting, numberSetting, type Settings } from '../settings.ts';
import type { ClientOptions, SystemClient } from '../system.ts';
import { flags, ZooKeeper } from './session.ts';

type Functions = { readonly [f: string]: Perform };

const FOLDERS = ['/r', '/s', '/q', '/l', '/counter', '/ids'];

/** Once, before anybody asks; those that are there already stay as they are. */
export async function makeFolders(session: ZooKeeper): Promise<void> {
  for (const path of FOLDERS) {
    await session.create(path, path === '/counter' ? '0' : '', flags.persistent).catch((error) => {
      if (error.code !== 'NODE_EXISTS') throw error;
    });
  }
}

const ATTEMPTS = 20;

const json = (value: Value | undefined): string => JSON.stringify(value ?? null);
const register = ({ key }: Operation): string => `/r/${encodeURIComponent(String(key ?? null))}`;
const isRefused = (error: unknown, code: string): boolean => error instanceof Refused && error.code === code;

/** What `ask` answers, or `otherwise` where there is no such node. */
async function unlessAbsent<T, U>(ask: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await ask;
  } catch (error) {
    if (isRefused(error, 'NO_NODE')) return otherwise;
    throw error;
  }
}

class Connection {
  readonly #address: Address;
  readonly #patience: Patience;
  readonly #sessionMs: number;
  readonly #syncs: boolean;
  readonly #chroot: string;
  #session: ZooKeeper | null = null;

  constructor(address: Address, patience: Patience, settings: Settings, chroot: string) {
    this.#chroot = chroot;
    this.#address = address;
    this.#patience = patience;
    this.#sessionMs = numberSetting(settings, 'sessionMs', 6000);
    this.#syncs = choiceSetting(settings, 'readMode', ['local', 'sync', 'serializable']) === 'sync';
  }

  async session(): Promise<ZooKeeper> {
    if (this.#session?.isOpen === true) return this.#session;
    try {
      this.#session = await ZooKeeper.connect(this.#address, this.#patience, this.#sessionMs, this.#chroot);
      return this.#session;
    } catch (error) {
      // Nothing was asked yet.
      if (error instanceof Error && 'code' in error) throw new Refused(String(error.code), true);
      throw error;
    }
  }

  /** For a read of `path`. */
  async reading(path: string, syncs = this.#syncs): Promise<ZooKeeper> {
    const session = await this.session();
    if (syncs) await session.sync(path);
    return session;
  }

  close(): void {
    this.#session?.close();
  }
}

function registers(connection: Connection): Functions {
  const read: Perform = async (operation) => {
    const path = register(operation);
    const found = await unlessAbsent((await connection.reading(path)).getData(path), null);
    return ok(found === null ? null : jsonAnswer(found.data));
  };
  const write: Perform = async (operation) => {
    const session = await connection.session();
    const path = register(operation);
    const data = json(operation.value);
    const set = await unlessAbsent(session.setData(path, data), null);
    if (set !== null) return ok();
    try {
      await session.create(path, data, flags.persistent);
    } catch (error) {
      if (!isRefused(error, 'NODE_EXISTS')) throw error;
      await session.setData(path, data);
    }
    return ok();
  };
  /** With a code where the comparison did not hold: the value was read from one server, or was changed meanwhile. */
  const cas: Perform = async (operation) => {
    const [expected, next] = operation.value as readonly [Value, Value];
    const path = register(operation);
    const session = await connection.session();
    const found = await unlessAbsent(session.getData(path), null);
    if (found === null) {
      if (expected !== null) return failed('NO_NODE');
      await session.create(path, json(next), flags.persistent);
    } else {
      if (found.data !== json(expected)) return failed('MISMATCH');
      await session.setData(path, json(next), found.version);
    }
    return ok();
  };
  return { read, get: read, write, put: write, cas };
}

function collections(connection: Connection): { readonly [workload: string]: Functions } {
  const set: Functions = {
    add: async ({ value }) => {
      await (await connection.session()).create(`/s/${encodeURIComponent(json(value))}`, '', flags.persistent);
      return ok();
    },
    read: async () => ok((await (await connection.reading('/s')).getChildren('/s')).map((child) => jsonAnswer(decodeURIComponent(child)))),
  };
  return {
    set,
    'set-full': set,
    replication: set,
    queue: {
      enqueue: async ({ value }) => {
        await (await connection.session()).create('/q/item-', json(value), flags.sequential);
        return ok();
      },
      /** Who was faster with one item leaves the next. */
      dequeue: async () => {
        const session = await connection.reading('/q', true);
        for (const child of (await session.getChildren('/q')).sort()) {
          const item = await unlessAbsent(session.getData(`/q/${child}`), null);
          if (item !== null && (await unlessAbsent(session.delete(`/q/${child}`), null)) !== null) return ok(jsonAnswer(item.data));
        }
        return ok(null);
      },
    },
    'unique-ids': { generate: async () => ok(Number(await (await connection.session()).setData('/ids', ''))) },
    counter: {
      increment: async ({ value }) => {
        const session = await connection.session();
        for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
          const { data, version } = await session.getData('/counter');
          try {
            await session.setData('/counter', String(Number(data) + Number(value ?? 1)), version);
            return ok();
          } catch (error) {
            if (!isRefused(error, 'BAD_VERSION')) throw error;
          }
        }
        return failed('CONFLICT');
      },
      read: async () => ok(Number((await (await connection.reading('/counter')).getData('/counter')).data)),
    },
  };
}

/** ZooKeeper's recipe: a numbered node of the session; the lowest holds. The transaction's number is the fencing token. */
function locks(connection: Connection): Functions {
  const held = new Map<string, string>();
  return {
    acquire: async ({ key }) => {
      const session = await connection.session();
      const folder = `/l/${encodeURIComponent(String(key))}`;
      await session.create(folder, '', flags.persistent).catch((error) => {
        if (!isRefused(error, 'NODE_EXISTS')) throw error instanceof Refused ? error : new Refused('NO_LOCK', true);
      });
      const { path, zxid } = await session.create(`${folder}/lock-`, '', flags.ephemeralSequential);
      const [lowest] = (await session.getChildren(folder)).sort();
      if (`${folder}/${lowest}` === path) {
        held.set(String(zxid), path);
        return ok(Number(zxid));
      }
      await session.delete(path);
      return failed('HELD');
    },
    release: async ({ value }) => {
      const path = held.get(String(value));
      if (path === undefined) return failed('NOT_HELD');
      const session = await connection.session();
      return (await unlessAbsent(session.delete(path), null)) === null ? failed('NOT_HELD') : ok();
    },
  };
}

export function zookeeperClient(address: Address, { workload, timeoutMs }: ClientOptions, settings: Settings, chroot = ''): SystemClient {
  const deadline = new Deadline(timeoutMs);
  const connection = new Connection(address, deadline.left, settings, chroot);
  const functions = { ...collections(connection), lock: locks(connection) }[workload] ?? registers(connection);
  return {
    invoke(operation) {
      deadline.begin();
      return perform(functions, operation);
    },
    async close() {
      connection.close();
    },
  };
}
