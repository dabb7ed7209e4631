/**
 * Checkers: the thirty etcd logs (where ../shared/histories is at hand), a register history of a million unique
 * writes in memory, and mid-size histories of other models. CPU time, medians; the histories are made before the clock starts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { budgetOf, checkIsolation, checkLinearizability } from '../src/checkers/index.ts';
import { Random, type Value } from '../src/core/index.ts';
import { HistoryBuilder, NEVER, NONE, OK, readTrace, type TraceView } from '../src/trace/index.ts';
import { cpuSeconds, type Figure, median } from './measure.ts';

export const name = 'checkers';

type Kind = keyof typeof functionsOf;

interface Client {
  row: number;
  done: boolean;
}

const functionsOf = {
  register: ['read', 'write'],
  'cas-register': ['read', 'write', 'cas'],
  queue: ['dequeue', 'enqueue'],
  counter: ['read', 'increment'],
  stack: ['pop', 'push'],
  'priority-queue': ['extract-min', 'insert'],
  // `true` and `false` are the values 1 and 2; the elements follow.
  set: ['contains', 'add', 'remove'],
} as const;

const ELEMENTS = 100;

/** What a priority queue holds, in the order in which it leaves. */
function place(sorted: readonly number[], item: number): number {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < item) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The columns of a history under construction; index v of `values` is the value v (a counter: the number v - 1). */
class Recorder {
  readonly #kind: Kind;
  readonly #rows: number;
  readonly columns: {
    readonly [name in 'process' | 'f' | 'key' | 'argument' | 'expected' | 'result' | 'invoke' | 'complete' | 'node']: Int32Array;
  };
  readonly #held: number[] = [];
  readonly #elements = new Set<number>();
  #head = 0;
  #state: number;
  #seq = 0;

  constructor(kind: Kind, rows: number) {
    this.#kind = kind;
    this.#rows = rows;
    this.#state = kind === 'counter' ? 1 : 0;
    const ints = (fill: number): Int32Array => new Int32Array(rows).fill(fill);
    const [process, f, key, argument, expected] = [ints(0), ints(0), ints(NONE), ints(NONE), ints(NONE)];
    this.columns = { process, f, key, argument, expected, result: ints(NONE), invoke: ints(0), complete: ints(NEVER), node: ints(NONE) };
  }

  invoke(row: number, process: number, f: number, argument: number): void {
    const { columns } = this;
    columns.process[row] = process;
    columns.f[row] = f;
    columns.invoke[row] = this.#seq++;
    if (this.#kind === 'set') columns.argument[row] = 3 + (argument % ELEMENTS);
    else if (f > 0 && this.#kind !== 'counter') columns.argument[row] = argument;
  }

  takeEffect(row: number): void {
    const { f: functions, argument: values, result, expected } = this.columns;
    const f = functions[row] as number;
    const argument = values[row] as number;
    if (this.#kind === 'queue' || this.#kind === 'stack' || this.#kind === 'priority-queue') {
      if (f === 0) result[row] = this.#take();
      else this.#held.splice(this.#kind === 'priority-queue' ? place(this.#held, argument) : this.#held.length, 0, argument);
    } else if (this.#kind === 'set') {
      if (f === 0) result[row] = this.#elements.has(argument) ? 1 : 2;
      else if (f === 1) this.#elements.add(argument);
      else this.#elements.delete(argument);
    } else if (f === 0) result[row] = this.#state;
    else if (this.#kind === 'counter') this.#state++;
    else {
      if (f === 2) expected[row] = this.#state;
      this.#state = argument;
    }
  }

  /** 0: there is nothing. */
  #take(): number {
    if (this.#kind === 'stack') return this.#held.pop() ?? 0;
    if (this.#kind === 'priority-queue') return this.#held.shift() ?? 0;
    return this.#head < this.#held.length ? (this.#held[this.#head++] as number) : 0;
  }

  complete(row: number): void {
    this.columns.complete[row] = this.#seq++;
  }

  view(): TraceView {
    const count = this.#rows;
    const kind = this.#kind;
    const none = (fill: number): Float64Array => new Float64Array(count).fill(fill);
    const times = { invokeNs: none(Number.NaN), completeNs: none(Number.NaN), revision: none(NONE) };
    const numbers = Array.from({ length: count + 1 }, (_, i) => (kind === 'counter' ? i : i + 1));
    const values = kind === 'set' ? [null, true, false, ...numbers.slice(0, ELEMENTS)] : [null, ...numbers];
    const status = new Uint8Array(count).fill(OK);
    const history = { count, ...this.columns, status, ...times, functions: functionsOf[kind], keys: [], values, nodes: [] };
    const nothing = { beliefs: [], faults: [], others: [] };
    return { header: { type: 'header', trace: 1, model: kind }, history, ...nothing, present: new Set(['header', 'op']), timed: false };
  }
}

/** A linearizable history in memory: each operation takes effect at a random moment while it is open. */
export function legalHistory(kind: Kind, operations: number, clients: number, seed: number, distinct = operations): TraceView {
  const random = new Random(seed);
  const recorder = new Recorder(kind, operations);
  const open: (Client | null)[] = new Array(clients).fill(null);
  let begun = 0;
  for (let left = operations; left > 0; ) {
    const process = random.below(clients);
    const client = open[process] ?? null;
    if (client === null) {
      if (begun === operations) continue;
      const row = begun++;
      const f = random.below(functionsOf[kind].length);
      // 7919 is prime: later values of a priority queue are not always greater.
      const next = kind === 'priority-queue' ? 1 + ((row * 7919) % operations) : row + 1;
      recorder.invoke(
        row,
        process,
        f,
        distinct === operations ? (kind === 'set' ? random.below(ELEMENTS) : next) : 1 + random.below(distinct),
      );
      open[process] = { row, done: false };
    } else if (!client.done) {
      recorder.takeEffect(client.row);
      client.done = true;
    } else {
      recorder.complete(client.row);
      open[process] = null;
      left--;
    }
  }
  return recorder.view();
}

function etcd(): Figure[] {
  const folder = join(import.meta.dirname, '..', '..', 'shared', 'histories');
  if (!existsSync(join(folder, 'EXPECTED.tsv'))) return [];
  const lines = readFileSync(join(folder, 'EXPECTED.tsv'), 'utf8').trim().split('\n').slice(1);
  const logs = lines.map((line) => {
    const [file, , , , verdict] = line.split('\t') as [string, string, string, string, string];
    return { verdict, view: readTrace(readFileSync(join(folder, file)), { source: file }) };
  });
  let right = 0;
  const all = (explain: boolean): number =>
    1000 *
    cpuSeconds(() => {
      right = 0;
      for (const { view, verdict } of logs) if (checkLinearizability(view, { model: 'cas-register', explain }).verdict === verdict) right++;
    });
  for (let warm = 0; warm < 20; warm++) all(false);
  const verdicts = median(Array.from({ length: 11 }, () => all(false)));
  const explained = median(Array.from({ length: 3 }, () => all(true)));
  return [
    { metric: '30 etcd logs, verdicts', value: verdicts, unit: 'ms', bar: '<= 25', note: 'sum after warm-up, median of 11' },
    { metric: '30 etcd logs, right verdicts', value: right, unit: 'logs', bar: '= 30' },
    {
      metric: '30 etcd logs with minimal counterexamples',
      value: explained,
      unit: 'ms',
      note: '25 violations minimised and told, median of 3',
    },
  ];
}

const budget = budgetOf({ steps: 20_000_000, bytes: 512 * 1024 * 1024 });

function passing(metric: string, view: TraceView, runs: number, bar?: string): Figure {
  let verdict = '';
  const seconds = Array.from({ length: runs }, () => cpuSeconds(() => (verdict = checkLinearizability(view, { budget }).verdict)));
  return {
    metric,
    value: median(seconds),
    unit: 's',
    ...(bar === undefined ? {} : { bar }),
    note: `verdict ${verdict}, median of ${runs}`,
  };
}

/** The same history with one read that answers what was overwritten long before. */
function withStaleRead(view: TraceView): TraceView {
  const { history } = view;
  const reads = [...history.f.keys()].filter((row) => history.functions[history.f[row] as number] === 'read');
  const [early, late] = [reads[reads.length >> 2] as number, reads[(reads.length * 3) >> 2] as number];
  const result = history.result.slice();
  result[late] = result[early] as number;
  return { ...view, history: { ...history, result } };
}

type Micro = readonly [f: string, key: number, value: Value];

/** Transactions of one to four appends and reads on ten live keys, each retired after fifty appends; every one takes effect at one instant. */
export function legalTransactions(transactions: number, clients: number, seed: number): TraceView {
  const random = new Random(seed);
  const builder = new HistoryBuilder();
  const lists = new Map<number, readonly Value[]>();
  const appended = new Map<number, number>();
  const open: { asked: readonly Micro[]; answered: readonly Micro[] | null }[] = [];
  let [seq, begun, oldest] = [0, 0, 0];
  const micro = (): Micro => {
    const key = oldest + random.below(10);
    if (random.below(2) === 0) return ['r', key, null];
    const serial = (appended.get(key) ?? 0) + 1;
    appended.set(key, serial);
    while ((appended.get(oldest) ?? 0) >= 50) oldest++;
    return ['append', key, serial];
  };
  for (let left = transactions; left > 0; ) {
    const process = random.below(clients);
    const client = open[process];
    if (client === undefined) {
      if (begun++ >= transactions) continue;
      const asked = Array.from({ length: 1 + random.below(4) }, micro);
      builder.add({ type: 'op', seq: seq++, phase: 'invoke', process, f: 'txn', value: asked });
      open[process] = { asked, answered: null };
    } else if (client.answered === null) {
      client.answered = client.asked.map(([f, key, value]): Micro => {
        const list = lists.get(key) ?? [];
        if (f === 'append') lists.set(key, [...list, value]);
        return [f, key, f === 'append' ? value : list];
      });
    } else {
      builder.add({ type: 'op', seq: seq++, phase: 'ok', process, f: 'txn', value: client.answered });
      delete open[process];
      left--;
    }
  }
  const nothing = { beliefs: [], faults: [], others: [] };
  const header = { type: 'header', trace: 1, model: 'list-append' } as const;
  return { header, history: builder.build(), ...nothing, present: new Set(['header', 'op']), timed: false };
}

function isolated(metric: string, view: TraceView, bar: string): Figure {
  let verdict = '';
  const seconds = Array.from({ length: 7 }, () => cpuSeconds(() => (verdict = checkIsolation(view, { budget }).verdict)));
  return { metric, value: median(seconds), unit: 's', bar, note: `strict-serializable: verdict ${verdict}, median of 7` };
}

export async function run(): Promise<Figure[]> {
  const million = legalHistory('register', 1_000_000, 50, 7);
  return [
    ...etcd(),
    passing('register, unique writes, 1,000,000 operations, 50 clients', million, 5, '<= 2'),
    passing('the same with one stale read, explained', withStaleRead(million), 3),
    passing('cas-register, unique values, 100,000 operations, 20 clients', legalHistory('cas-register', 100_000, 20, 7), 5),
    passing('search: register, 5 values, 20,000 operations, 8 clients', legalHistory('register', 20_000, 8, 7, 5), 3),
    passing('counter, increments, 1,000,000 operations, 50 clients', legalHistory('counter', 1_000_000, 50, 7), 3, '<= 3'),
    passing('set of 100 elements, 1,000,000 operations, 50 clients', legalHistory('set', 1_000_000, 50, 7), 3, '<= 3'),
    passing('queue, unique values, 100,000 operations, 20 clients', legalHistory('queue', 100_000, 20, 7), 5, '<= 0.3'),
    passing('stack, unique values, 100,000 operations, 20 clients', legalHistory('stack', 100_000, 20, 7), 5),
    passing('priority queue, unique values, 100,000 operations, 20 clients', legalHistory('priority-queue', 100_000, 20, 7), 5),
    isolated('list-append, 100,000 transactions, 20 clients', legalTransactions(100_000, 20, 7), '<= 0.6'),
    passing('search: queue, repeated values, 200 operations, 5 clients', legalHistory('queue', 200, 5, 7, 50), 3),
  ];
}
