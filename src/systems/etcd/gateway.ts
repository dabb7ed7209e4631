/**
 * etcd's API version 3 through its JSON gateway (`POST /v3/kv/put`): keys and values in base64, 64-bit numbers as text.
 * Which errors are definite follows etcd's source: what is refused before it is proposed. A request that timed out, or
 * whose leader was lost, may still be applied.
 */
import type { Address } from '../../nemesis/index.ts';
import { Broken, codeOf, Refused } from '../completion.ts';
import { HttpExchange } from '../http-exchange.ts';
import { jsonAnswer } from '../json-answer.ts';
import type { Patience } from '../patience.ts';

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
}
export interface Found {
  readonly revision: number;
  readonly kvs: readonly KeyValue[];
}
export interface Compare {
  readonly key: string;
  readonly target: 'VALUE' | 'MOD' | 'CREATE';
  readonly value: string | number;
}
export type Write = { readonly put: string; readonly value: string; readonly lease?: string } | { readonly delete: string };
export interface RangeOptions {
  /** All keys that start with `key`. */
  readonly prefix?: boolean;
  /** Answered by this node from what it has; otherwise confirmed by a majority. */
  readonly serializable?: boolean;
  /** Oldest first, this many. */
  readonly limit?: number;
}
type Json = { readonly [field: string]: unknown };

const DEFINITE =
  /^etcdserver: (no leader|too many requests|mvcc: database space exceeded|requested lease not found|lease already exists|request is too large|not capable|server stopped|duplicate key given in txn request|user name is empty|permission denied)/;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const count = (value: unknown): number => Number(value ?? 0);
const encode = (value: string): string => Buffer.from(value, 'utf8').toString('base64');
const decode = (value: unknown): string => Buffer.from(text(value), 'base64').toString('utf8');
const object = (value: unknown): Json => (value !== null && typeof value === 'object' ? (value as Json) : {});
/** Every answer says at which revision it was given; one that does not is no answer of etcd. */
function revisionOf({ header }: Json): number {
  const revision = count(object(header).revision);
  if (!Number.isSafeInteger(revision) || revision < 1) throw new Broken('NOT_ETCD', true);
  return revision;
}
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The first key after all those that start with `prefix`. */
function endOf(prefix: string): string {
  const bytes = Buffer.from(prefix, 'utf8');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) + 1;
  return bytes.toString('base64');
}

/** How a cluster that is not ours is entered: all keys lie under a prefix, and a token says who asks. */
export interface Access {
  readonly prefix?: string;
  readonly token?: string | null;
}

export class Gateway {
  readonly #http: HttpExchange;
  readonly #prefix: string;

  constructor(address: Address, patience: Patience, { prefix = '', token = null }: Access = {}) {
    this.#http = new HttpExchange(address, patience, token);
    this.#prefix = prefix;
  }

  close(): void {
    this.#http.close();
  }

  async call(path: string, body: Json): Promise<Json> {
    const answer = await this.#http.send('POST', `/v3/${path}`, JSON.stringify(body));
    const json = object(jsonAnswer(answer.body));
    if (answer.status === 200) return json;
    const message = text(json.message ?? json.error);
    throw new Refused(codeOf(message), DEFINITE.test(message), message);
  }

  async range(key: string, options: RangeOptions = {}): Promise<Found> {
    const json = await this.call('kv/range', {
      key: this.#key(key),
      ...(options.prefix === true ? { range_end: endOf(this.#prefix + key) } : {}),
      ...(options.serializable === true ? { serializable: true } : {}),
      ...(options.limit === undefined ? {} : { limit: options.limit, sort_order: 'ASCEND', sort_target: 'CREATE' }),
    });
    return { revision: revisionOf(json), kvs: list(json.kvs).map((kv) => this.#keyValue(kv)) };
  }

  async put(key: string, value: string): Promise<number> {
    const json = await this.call('kv/put', { key: this.#key(key), value: encode(value) });
    return revisionOf(json);
  }

  /** The writes happen if and only if all comparisons hold. */
  async txn(compares: readonly Compare[], writes: readonly Write[]): Promise<{ readonly succeeded: boolean; readonly revision: number }> {
    const json = await this.call('kv/txn', {
      compare: compares.map((compare) => ({ ...comparison(compare), key: this.#key(compare.key) })),
      success: writes.map((write) =>
        'put' in write
          ? {
              requestPut: {
                key: this.#key(write.put),
                value: encode(write.value),
                ...(write.lease === undefined ? {} : { lease: write.lease }),
              },
            }
          : { requestDeleteRange: { key: this.#key(write.delete) } },
      ),
    });
    return { succeeded: json.succeeded === true, revision: revisionOf(json) };
  }

  /** Several keys of one moment: `[]` where a key is not there. */
  async readAll(keys: readonly string[]): Promise<readonly Found[]> {
    const json = await this.call('kv/txn', { success: keys.map((key) => ({ requestRange: { key: this.#key(key) } })) });
    const revision = revisionOf(json);
    return list(json.responses).map((each) => {
      const { response_range } = object(each);
      return { revision, kvs: list(object(response_range).kvs).map((kv) => this.#keyValue(kv)) };
    });
  }

  async grant(ttlSeconds: number): Promise<string> {
    const json = await this.call('lease/grant', { TTL: ttlSeconds });
    if (text(json.ID) === '') throw new Broken('NOT_ETCD', true);
    return text(json.ID);
  }

  /** All keys under the prefix; nothing where there is none. */
  async deleteAll(): Promise<void> {
    if (this.#prefix === '') return;
    const json = await this.call('kv/deleterange', { key: encode(this.#prefix), range_end: endOf(this.#prefix) });
    revisionOf(json);
  }

  /** A token for the calls of this user. */
  async authenticate(name: string, password: string): Promise<string> {
    const json = await this.call('auth/authenticate', { name, password });
    if (text(json.token) === '') throw new Broken('NOT_ETCD', true);
    return text(json.token);
  }

  async status(): Promise<Json> {
    return await this.call('maintenance/status', {});
  }

  #key(key: string): string {
    return encode(this.#prefix + key);
  }

  #keyValue(value: unknown): KeyValue {
    const kv = object(value);
    return {
      key: decode(kv.key).slice(this.#prefix.length),
      value: decode(kv.value),
      createRevision: count(kv.create_revision),
      modRevision: count(kv.mod_revision),
    };
  }
}

function comparison({ target, value }: Compare): Json {
  const field = { VALUE: 'value', MOD: 'mod_revision', CREATE: 'create_revision' }[target];
  return { result: 'EQUAL', target, [field]: typeof value === 'string' ? encode(value) : value };
}
