/**
 * For tests: small random histories of transactions. Legal ones take effect at one instant each; near misses run on a weaker store
 * (snapshots, or statement by statement) or show something else than they saw; arbitrary ones are redrawn. Seeded.
 */
import { Random, type Value } from '../../core/index.ts';
import type { TestOperation } from '../testing.ts';
import type { Counts } from '../testing-comparison.ts';

export type Micro = readonly [f: string, key: string, value: Value];

export interface TransactionSample {
  readonly operations: readonly TestOperation[];
  readonly kind: 'legal' | 'nearMisses' | 'arbitrary';
}

interface Running {
  readonly operation: TestOperation;
  readonly asked: readonly Micro[];
  readonly fate: 'ok' | 'fail' | 'info';
  /** Statements done so far (stores that work statement by statement). */
  answers: Micro[];
  snapshot: Map<string, Value> | null;
  effective: boolean;
}

/** The definitions try every order of them. */
const WRITES_MAX = 6;

type Store = 'serial' | 'snapshot' | 'statements';

class Session {
  readonly #random: Random;
  readonly #lists: boolean;
  readonly #store: Store;
  readonly #state = new Map<string, Value>();
  readonly operations: TestOperation[] = [];
  #running: Running[] = [];
  #seq = 0;
  #serial = 0;

  constructor(random: Random, lists: boolean, store: Store) {
    this.#random = random;
    this.#lists = lists;
    this.#store = store;
  }

  #statements(keys: readonly string[]): readonly Micro[] {
    return Array.from({ length: 1 + this.#random.below(3) }, (): Micro => {
      const key = this.#random.pick(keys);
      if (this.#random.below(2) === 0 || this.#serial === WRITES_MAX) return ['r', key, null];
      return [this.#lists ? 'append' : 'w', key, ++this.#serial];
    });
  }

  #apply([f, key, value]: Micro, state: Map<string, Value>): Micro {
    const before = state.get(key) ?? null;
    if (f === 'r') return [f, key, before];
    state.set(key, f === 'append' ? [...((before ?? []) as readonly Value[]), value] : value);
    return [f, key, value];
  }

  #advance(run: Running): void {
    const { asked } = run;
    if (this.#store === 'serial') {
      run.answers = asked.map((micro) => this.#apply(micro, this.#state));
      run.effective = true;
    } else if (this.#store === 'statements') {
      run.answers.push(this.#apply(asked[run.answers.length] as Micro, this.#state));
      run.effective = run.answers.length === asked.length;
    } else if (run.snapshot === null) {
      run.snapshot = new Map(this.#state);
      run.answers = asked.map((micro) => this.#apply(micro, run.snapshot as Map<string, Value>));
    } else {
      for (const micro of asked) if (micro[0] !== 'r') this.#apply(micro, this.#state);
      run.effective = true;
    }
  }

  run(count: number, processes: number, keys: readonly string[], infoPpm: number, failPpm: number): TestOperation[] {
    const random = this.#random;
    const idle = Array.from({ length: processes }, (_, process) => process);
    let fresh = processes;
    for (let moves = 0; moves < count * 20; moves++) {
      if (this.operations.length < count && idle.length > 0 && random.below(2) === 0) {
        const fate = random.chance(infoPpm) ? 'info' : random.chance(failPpm) ? 'fail' : 'ok';
        const asked = this.#statements(keys);
        const process = idle.splice(random.below(idle.length), 1)[0] as number;
        const operation: TestOperation = { process, f: 'txn', argument: asked, status: fate, call: this.#seq++, ret: -1 };
        this.operations.push(operation);
        this.#running.push({ operation, asked, fate, answers: [], snapshot: null, effective: fate === 'fail' });
      } else if (this.#running.length > 0) {
        const run = random.pick(this.#running);
        if (!run.effective && random.below(3) > 0) this.#advance(run);
        else if (run.operation.ret < 0 && (run.effective || run.fate === 'info')) {
          this.#complete(run);
          idle.push(run.fate === 'info' ? fresh++ : run.operation.process);
        }
      }
    }
    for (const run of this.#running) {
      if (run.operation.ret >= 0) continue;
      if (run.fate === 'ok') run.operation.status = 'info';
      run.operation.ret = this.#seq++;
    }
    return this.operations;
  }

  #complete(run: Running): void {
    run.operation.ret = this.#seq++;
    if (run.fate === 'ok') run.operation.result = run.answers;
    if (run.fate === 'fail') run.operation.code = 'LC_NO_LEADER';
    if (run.fate !== 'info' || run.effective) this.#running = this.#running.filter((other) => other !== run);
  }
}

/** Another answer for one read: a part, another order, what somebody else saw, or what was written anywhere. */
function otherAnswer(random: Random, operations: readonly TestOperation[], [, key, seen]: Micro, lists: boolean): Value {
  const micros = operations.flatMap(({ argument, result }) => [...(argument as readonly Micro[]), ...((result ?? []) as readonly Micro[])]);
  const written = micros.filter(([f, k]) => f !== 'r' && k === key).map(([, , value]) => value);
  const seenElsewhere = micros.filter(([f, k]) => f === 'r' && k === key).map(([, , value]) => value);
  if (!lists) return random.pick([null, ...written, ...seenElsewhere, 77]);
  const list = [...((seen ?? []) as readonly Value[])];
  switch (random.below(6)) {
    case 0:
      return list.slice(0, -1);
    case 1:
      return list.slice(1);
    case 2:
      return list.reverse();
    case 3:
      return [...list, random.pick([...written, 77])];
    case 4:
      return [];
  }
  return random.pick([...seenElsewhere, null]);
}

function redraw(random: Random, operations: readonly TestOperation[], lists: boolean): void {
  const answered = operations.filter(({ result }) => (result as readonly Micro[] | undefined)?.some(([f]) => f === 'r'));
  if (answered.length === 0) return;
  const operation = random.pick(answered);
  const micros = [...(operation.result as readonly Micro[])];
  const at = random.pick([...micros.keys()].filter((i) => micros[i]?.[0] === 'r'));
  const old = micros[at] as Micro;
  micros[at] = ['r', old[1], otherAnswer(random, operations, old, lists)];
  operation.result = micros;
}

/** Exchanges a completion with a later invocation: two concurrent transactions come one after the other, or the reverse. */
function exchange(random: Random, operations: readonly TestOperation[]): void {
  const [one, other] = [random.pick(operations), random.pick(operations)];
  if (one.process === other.process) return;
  const [call, ret] = [other.call, one.ret];
  const fits = (operation: TestOperation): boolean =>
    operation.call < operation.ret &&
    operations.every(
      (peer) => peer === operation || peer.process !== operation.process || peer.ret < operation.call || operation.ret < peer.call,
    );
  one.ret = call;
  other.call = ret;
  if (fits(one) && fits(other)) return;
  one.ret = ret;
  other.call = call;
}

/** Four in ten legal, four near misses, two arbitrary; most with unknown outcomes. */
export function transactionSample(seed: number, lists: boolean, counts: Counts): TransactionSample {
  const random = new Random(seed, 'transactions');
  const turn = seed % 10;
  const kind = turn < 4 ? 'legal' : turn < 8 ? 'nearMisses' : 'arbitrary';
  const store: Store = kind === 'legal' ? 'serial' : random.pick(['serial', 'snapshot', 'snapshot', 'statements'] as const);
  const session = new Session(random, lists, store);
  const keys = random.pick([['x'], ['x', 'y'], ['x', 'y'], ['x', 'y', 'z']]);
  const operations = session.run(
    2 + random.below(4),
    2 + random.below(2),
    keys,
    random.below(3) > 0 ? 300_000 : 0,
    random.below(4) === 0 ? 200_000 : 0,
  );
  if (kind !== 'legal' && store === 'serial') {
    if (random.below(3) === 0) exchange(random, operations);
    else redraw(random, operations, lists);
  }
  if (kind === 'arbitrary') for (let left = random.below(3); left >= 0; left--) redraw(random, operations, lists);
  operations.sort((x, y) => x.call - y.call);
  counts.histories++;
  counts[kind] = (counts[kind] as number) + 1;
  if (operations.some(({ status }) => status === 'info')) counts.pending++;
  return { operations, kind };
}
