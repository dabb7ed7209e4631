/**
 * A system in memory that answers every workload at one instant, and the ways in which it can be wrong; and a host that
 * plays a workload against it with operations that overlap.
 */
import { Random, type Value } from '../core/index.ts';
import { buildView, type TraceRecord, type TraceView } from '../trace/index.ts';
import type { Completion, Operation, WorkloadKind, WorkloadOptions } from './workload.ts';

/** `stale`: some reads see an older version. `lost`: some updates are acknowledged and forgotten. `twice`: something is given away twice. */
export type Bug = 'none' | 'stale' | 'lost' | 'twice';

const ok = (value?: Value): Completion => (value === undefined ? { outcome: 'ok' } : { outcome: 'ok', value });
type Step = readonly [f: string, key: string, value: Value];

export class MemorySystem {
  readonly #kind: string;
  readonly #bug: Bug;
  readonly #random: Random;
  /** Versions of each key, newest last. */
  readonly #versions = new Map<string, Value[]>();
  readonly #items: Value[] = [];
  readonly #holders = new Map<string, number>();
  readonly #told = new Map<number, number>();
  readonly #changes = new Map<string, Value[]>();
  #count = 0;
  #tokens = 0;

  constructor(kind: string, bug: Bug, seed: number) {
    this.#kind = kind;
    this.#bug = bug;
    this.#random = new Random(seed, 'memory-system');
  }

  invoke({ f, key, value = null }: Operation, client: number): Completion {
    const name = String(key ?? '');
    switch (f) {
      case 'read':
      case 'get':
        return ok(this.#readAs(name));
      case 'open':
      case 'write':
      case 'put':
        if (!this.#forgets()) this.#set(name, value);
        return ok();
      case 'cas': {
        const [expected, next] = value as readonly [Value, Value];
        if (this.#get(name) !== expected) return { outcome: 'fail' };
        if (!this.#forgets()) this.#set(name, next);
        return ok();
      }
      case 'add':
        if (!this.#forgets()) this.#items.push(value);
        return ok();
      case 'increment':
        if (!this.#forgets()) this.#count++;
        return ok();
      case 'generate':
        if (!this.#slips('twice')) this.#count++;
        return ok(this.#count);
      case 'transfer':
        return this.#transfer(value as { readonly from: string; readonly to: string; readonly amount: number });
      case 'txn':
        return ok((value as readonly Step[]).map((step) => this.#step(step)));
      case 'enqueue':
        if (!this.#forgets()) this.#items.push(value);
        return ok();
      case 'dequeue': {
        const [first = null] = this.#items;
        if (!this.#slips('twice')) this.#items.shift();
        return ok(first);
      }
      default:
        return this.#service(f, name, value, client);
    }
  }

  #service(f: string, key: string, value: Value, client: number): Completion {
    if (f === 'acquire') {
      if (this.#holders.has(key) && !this.#slips('twice')) return { outcome: 'fail', code: 'HELD' };
      this.#holders.set(key, ++this.#tokens);
      return ok(this.#tokens);
    }
    if (f === 'release') {
      if (this.#holders.get(key) !== value && this.#bug !== 'twice') return { outcome: 'fail', code: 'NOT_HELD' };
      this.#holders.delete(key);
      return ok();
    }
    const changes = this.#changes.get(key) ?? [];
    const from = this.#told.get(client) ?? 0;
    this.#told.set(client, changes.length);
    // One watcher is not told of one change.
    return ok(changes.slice(from).filter(() => !this.#slips('stale')));
  }

  #readAs(key: string): Value {
    if (this.#kind === 'counter') return this.#count;
    if (this.#kind === 'bank') return Object.fromEntries([...this.#versions].map(([name]) => [name, this.#get(name)]));
    return this.#kind.startsWith('set') || this.#kind === 'replication' ? [...this.#items] : this.#seen(key);
  }

  #step([f, key, value]: Step): Value {
    if (f === 'r') return [f, key, this.#seen(key)];
    if (f === 'append') this.#set(key, [...((this.#get(key) ?? []) as readonly Value[]), value]);
    else this.#set(key, value);
    return [f, key, value];
  }

  #transfer({ from, to, amount }: { readonly from: string; readonly to: string; readonly amount: number }): Completion {
    const left = Number(this.#get(from));
    if (left < amount) return { outcome: 'fail', code: 'INSUFFICIENT' };
    this.#set(from, left - amount);
    if (!this.#forgets()) this.#set(to, Number(this.#get(to)) + amount);
    return ok();
  }

  #get(key: string): Value {
    return this.#versions.get(key)?.at(-1) ?? null;
  }

  #seen(key: string): Value {
    const versions = this.#versions.get(key) ?? [];
    const back = this.#bug === 'stale' && this.#random.below(4) === 0 ? this.#random.between(1, 4) : 0;
    return versions.at(-1 - back) ?? null;
  }

  #set(key: string, value: Value): void {
    const versions = this.#versions.get(key) ?? [];
    versions.push(value);
    this.#versions.set(key, versions);
    const changes = this.#changes.get(key) ?? [];
    changes.push(value);
    this.#changes.set(key, changes);
  }

  #forgets(): boolean {
    return this.#slips('lost');
  }

  #slips(bug: Bug): boolean {
    return this.#bug === bug && this.#random.below(12) === 0;
  }
}

interface Open {
  readonly operation: Operation;
  completion: Completion | null;
}

/** Plays about `operations` operations and the final questions; returns what a recorder would have seen. */
export function play(kind: WorkloadKind, options: WorkloadOptions, operations: number, bug: Bug = 'none'): TraceView {
  const system = new MemorySystem(kind.name, bug, options.seed);
  const generator = kind.generator(options);
  const random = new Random(options.seed, 'play');
  const records: TraceRecord[] = [{ type: 'header', trace: 1, model: kind.model, initial: kind.initial }];
  const open: (Open | null)[] = new Array(options.clients).fill(null);
  let seq = 0;
  const events = open.map(() => 0);
  const record = (client: number, phase: 'invoke' | Completion['outcome'], operation: Operation, completion?: Completion): void => {
    const { f, key, value } = phase === 'invoke' ? operation : { ...completion, f: operation.f, key: undefined };
    const optional = { ...(key === undefined ? {} : { key }), ...(value === undefined ? {} : { value }) };
    const code = completion?.code === undefined ? {} : { code: completion.code };
    records.push({ type: 'op', seq: seq++, timeNs: seq * 1000, phase, process: client, f, ...optional, ...code });
    if (phase !== 'ok' || operation.f !== 'poll') return;
    for (const item of (completion as Completion).value as readonly Value[]) {
      const index = (events[client] as number)++;
      records.push({ type: 'event', seq: seq++, subscription: `client-${client}`, index, value: item });
    }
  };
  const turn = (client: number, ask: () => Operation | null): boolean => {
    const now = open[client] ?? null;
    if (now === null) {
      const operation = ask();
      if (operation === null) return false;
      open[client] = { operation, completion: null };
      record(client, 'invoke', operation);
    } else if (now.completion === null) now.completion = system.invoke(now.operation, client);
    else {
      record(client, now.completion.outcome, now.operation, now.completion);
      generator.completed(client, now.operation, now.completion);
      open[client] = null;
    }
    return true;
  };
  for (const operation of generator.setup) system.invoke(operation, 0);
  for (let begun = 0; begun < operations; ) {
    const client = random.below(options.clients);
    const idle = open[client] === null;
    if (turn(client, () => generator.next(client)) && idle) begun++;
  }
  for (let client = 0; client < options.clients; client++) while (open[client] !== null) turn(client, () => null);
  records.push({ type: 'note', seq: seq++, text: 'final questions' });
  for (let client = 0; client < options.clients; client++) while (turn(client, () => generator.last(client)));
  return buildView(records);
}
