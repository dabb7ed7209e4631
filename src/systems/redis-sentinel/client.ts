/**
 * A client that stands at its node, as applications do: it asks the sentinel there who is the primary, and goes to that
 * one the way its node goes. It asks again when its connection is gone or the primary says that it is none.
 */
import type { Value } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import type { Completion } from '../../workloads/index.ts';
import { Broken, completionOf, failed, ok, type Perform, perform, Refused } from '../completion.ts';
import { jsonAnswer } from '../json-answer.ts';
import { Deadline, type Patience } from '../patience.ts';
import { choiceSetting, numberSetting, type Settings } from '../settings.ts';
import type { ClientOptions, SystemClient } from '../system.ts';
import { type Login, Redis, type Reply } from './resp.ts';
import { scripts } from './scripts.ts';

export const PRIMARY = 'primary';
type Functions = { readonly [f: string]: Perform };

/** How the client reaches others; both as seen from where it stands. */
export interface Routes {
  readonly sentinel: Address;
  readonly replica: Address;
  /** The client's own way to the server that the sentinels know under this address; null for none of ours. */
  readonly server: (announced: Address) => Promise<Address | null>;
  /** Under which name the sentinels know the primary; default: `primary`. */
  readonly primary?: string;
  /** For the servers, not for the sentinels. */
  readonly login?: Login;
  /** Begins all keys. */
  readonly prefix?: string;
}

class Discovery {
  readonly #routes: Routes;
  readonly #patience: Patience;
  readonly #replicaReads: boolean;
  #primary: Redis | null = null;
  #own: Redis | null = null;

  constructor(routes: Routes, patience: Patience, replicaReads: boolean) {
    this.#routes = routes;
    this.#patience = patience;
    this.#replicaReads = replicaReads;
  }

  key(name: string): string {
    return `${this.#routes.prefix ?? ''}${name}`;
  }

  async write(...words: readonly (string | number)[]): Promise<Reply> {
    const primary = await this.#connected();
    try {
      return await primary.command(...words);
    } catch (error) {
      // Not the primary any more: whom the sentinel names next time may be.
      if (error instanceof Refused && error.code === 'READONLY') primary.close();
      throw error;
    }
  }

  /** From the primary, or from the node's own server where the scenario wants reads of replicas. */
  async read(...words: readonly (string | number)[]): Promise<Reply> {
    if (!this.#replicaReads) return await this.write(...words);
    if (this.#own?.isOpen !== true) this.#own = await Redis.connect(this.#routes.replica, this.#patience, this.#routes.login);
    return await this.#own.command(...words);
  }

  close(): void {
    this.#primary?.close();
    this.#own?.close();
  }

  /** Whatever fails here, the operation itself was not sent. */
  async #connected(): Promise<Redis> {
    if (this.#primary?.isOpen === true) return this.#primary;
    try {
      const address = await this.#discover();
      const found = await Redis.connect(address, this.#patience, this.#routes.login);
      this.#primary = found;
      const role = await found.command('ROLE');
      if (Array.isArray(role) && role[0] === 'master') return found;
      found.close();
      throw new Refused('NOT_PRIMARY', true);
    } catch (error) {
      throw new Refused(completionOf(error, true).code ?? 'NO_PRIMARY', true);
    }
  }

  async #discover(): Promise<Address> {
    const sentinel = await Redis.connect(this.#routes.sentinel, this.#patience);
    try {
      const named = await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.#routes.primary ?? PRIMARY);
      const address = Array.isArray(named) ? await this.#routes.server({ host: String(named[0]), port: Number(named[1]) }) : null;
      if (address === null) throw new Refused('NO_PRIMARY', true);
      return address;
    } finally {
      sentinel.close();
    }
  }
}

const json = (value: Value | undefined): string => JSON.stringify(value ?? null);
const parse = (text: Reply | undefined): Value => (text === null || text === undefined ? null : jsonAnswer(String(text)));
const name = (key: Value | undefined): string => `r/${String(key ?? null)}`;

/** A status, or the number of things changed; any other answer acknowledges nothing. */
function acknowledged(reply: Reply): Completion {
  if (reply === 'OK' || typeof reply === 'number') return ok();
  throw new Broken('UNEXPECTED_ANSWER', true);
}

function listOf(reply: Reply): readonly Reply[] {
  if (Array.isArray(reply)) return reply;
  throw new Broken('UNEXPECTED_ANSWER', true);
}

function registers(redis: Discovery): Functions {
  const read: Perform = async ({ key }) => ok(parse(await redis.read('GET', redis.key(name(key)))));
  const write: Perform = async ({ key, value }) => {
    return acknowledged(await redis.write('SET', redis.key(name(key)), json(value)));
  };
  const cas: Perform = async ({ key, value }) => {
    const [expected, next] = value as readonly [Value, Value];
    return (await redis.write('EVAL', scripts.cas, 1, redis.key(name(key)), json(expected), json(next))) === 1 ? ok() : failed();
  };
  const txn: Perform = async ({ value }) => ok(parse(await redis.write('EVAL', scripts.txn, 1, redis.key(''), json(value))));
  return { read, get: read, write, put: write, cas, txn };
}

function collections(redis: Discovery): { readonly [workload: string]: Functions } {
  const set: Functions = {
    add: async ({ value }) => {
      return acknowledged(await redis.write('SADD', redis.key('set'), json(value)));
    },
    read: async () => ok(listOf(await redis.read('SMEMBERS', redis.key('set'))).map(parse)),
  };
  return {
    set,
    'set-full': set,
    replication: set,
    counter: {
      increment: async ({ value }) => {
        return acknowledged(await redis.write('INCRBY', redis.key('counter'), Number(value ?? 1)));
      },
      read: async () => ok(Number((await redis.read('GET', redis.key('counter'))) ?? 0)),
    },
    queue: {
      enqueue: async ({ value }) => {
        return acknowledged(await redis.write('LPUSH', redis.key('queue'), json(value)));
      },
      dequeue: async () => ok(parse(await redis.write('RPOP', redis.key('queue')))),
    },
    'unique-ids': { generate: async () => ok(Number(await redis.write('INCR', redis.key('id')))) },
  };
}

function services(redis: Discovery, settings: Settings): { readonly [workload: string]: Functions } {
  const leaseMs = numberSetting(settings, 'leaseSeconds', 60) * 1000;
  return {
    bank: {
      open: async ({ key, value }) => {
        return acknowledged(await redis.write('HSET', redis.key('bank'), String(key), Number(value)));
      },
      transfer: async ({ value }) => {
        const { from, to, amount } = value as { readonly from: string; readonly to: string; readonly amount: number };
        return (await redis.write('EVAL', scripts.transfer, 1, redis.key('bank'), from, to, amount)) === 1 ? ok() : failed('INSUFFICIENT');
      },
      read: async () => {
        const flat = listOf(await redis.read('HGETALL', redis.key('bank')));
        return ok(Object.fromEntries(Array.from({ length: flat.length >> 1 }, (_, i) => [String(flat[2 * i]), Number(flat[2 * i + 1])])));
      },
    },
    lock: {
      acquire: async ({ key }) => {
        const token = await redis.write('EVAL', scripts.acquire, 2, redis.key(`l/${String(key)}`), redis.key('token'), leaseMs);
        return token === null ? failed('HELD') : ok(Number(token));
      },
      release: async ({ key, value }) =>
        (await redis.write('EVAL', scripts.release, 1, redis.key(`l/${String(key)}`), json(value))) === 1 ? ok() : failed('NOT_HELD'),
    },
  };
}

export function redisClient(routes: Routes, { workload, timeoutMs }: ClientOptions, settings: Settings): SystemClient {
  const deadline = new Deadline(timeoutMs);
  const discovery = new Discovery(routes, deadline.left, choiceSetting(settings, 'readMode', ['primary', 'replica']) === 'replica');
  const functions = { ...collections(discovery), ...services(discovery, settings) }[workload] ?? registers(discovery);
  return {
    invoke(operation) {
      deadline.begin();
      return perform(functions, operation);
    },
    async close() {
      discovery.close();
    },
  };
}
