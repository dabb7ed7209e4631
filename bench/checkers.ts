/**
 * Checkers: the thirty etcd logs (where ../shared/histories is at hand), a register history of a million unique
 * writes in memory, and mid-size histories of other models. CPU time, medians; the histories are made before the clock starts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { budgetOf, checkLinearizability } from '../src/checkers/index.ts';
import { Random } from '../src/core/index.ts';
import { NEVER, NONE, OK, readTrace, type TraceView } from '../src/trace/index.ts';
import { cpuSeconds, type Figure, median } from './measure.ts';

export const name = 'checkers';

type Kind = 'register' | 'cas-register' | 'queue' | 'counter';

interface Client {
  row: number;
  done: boolean;
}

/** A linearizable history in memory: each operation takes effect at a random moment while it is open. */
export function legalHistory(kind: Kind, operations: number, clients: number, seed: number, distinct = operations): TraceView {
  const random = new Random(seed);
  const ints = (fill: number): Int32Array => new Int32Array(operations).fill(fill);
  const columns = {
    process: ints(0),
    f: ints(0),
    key: ints(NONE),
    argument: ints(NONE),
    expected: ints(NONE),
    result: ints(NONE),
    invoke: ints(0),
    complete: ints(NEVER),
    node: ints(NONE),
  };
  const status = new Uint8Array(operations).fill(OK);
  const none = (): Float64Array => new Float64Array(operations).fill(Number.NaN);
  const functions = {
    register: ['read', 'write'],
    'cas-register': ['read', 'write', 'cas'],
    queue: ['dequeue', 'enqueue'],
    counter: ['read', 'increment'],
  }[kind];
  // Index v holds value v (a counter: the number v - 1, as index 0 is null).
  const values = [null, ...Array.from({ length: operations + 1 }, (_, i) => (kind === 'counter' ? i : i + 1))];
  const queue: number[] = [];
  let head = 0;
  let state = kind === 'counter' ? 1 : 0;
  let begun = 0;
  let seq = 0;
  const open: (Client | null)[] = new Array(clients).fill(null);
  const begin = (process: number): void => {
    const row = begun++;
    const f = random.below(functions.length);
    columns.process[row] = process;
    columns.f[row] = f;
    columns.invoke[row] = seq++;
    if (f > 0 && kind !== 'counter') columns.argument[row] = distinct === operations ? row + 1 : 1 + random.below(distinct);
    open[process] = { row, done: false };
  };
  const takeEffect = ({ row }: Client): void => {
    const f = columns.f[row] as number;
    const argument = columns.argument[row] as number;
    if (kind === 'queue') {
      if (f === 1) queue.push(argument);
      else columns.result[row] = head < queue.length ? (queue[head++] as number) : 0;
    } else if (f === 0) columns.result[row] = state;
    else if (kind === 'counter') state++;
    else {
      if (f === 2) columns.expected[row] = state;
      state = argument;
    }
  };
  for (let left = operations; left > 0; ) {
    const process = random.below(clients);
    const client = open[process] ?? null;
    if (client === null) {
      if (begun < operations) begin(process);
    } else if (!client.done) {
      takeEffect(client);
      client.done = true;
    } else {
      columns.complete[client.row] = seq++;
      open[process] = null;
      left--;
    }
  }
  const history = {
    count: operations,
    ...columns,
    status,
    invokeNs: none(),
    completeNs: none(),
    revision: none().fill(NONE),
    functions,
    keys: [],
    values,
    nodes: [],
  };
  return {
    header: { type: 'header', trace: 1, model: kind },
    history,
    beliefs: [],
    faults: [],
    others: [],
    present: new Set(['header', 'op']),
    timed: false,
  };
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

export async function run(): Promise<Figure[]> {
  const million = legalHistory('register', 1_000_000, 50, 7);
  return [
    ...etcd(),
    passing('register, unique writes, 1,000,000 operations, 50 clients', million, 5, '<= 2'),
    passing('the same with one stale read, explained', withStaleRead(million), 3),
    passing('cas-register, unique values, 100,000 operations, 20 clients', legalHistory('cas-register', 100_000, 20, 7), 5),
    passing('search: register, 5 values, 20,000 operations, 8 clients', legalHistory('register', 20_000, 8, 7, 5), 3),
    passing('search: counter, 10,000 operations, 8 clients', legalHistory('counter', 10_000, 8, 7), 3),
    passing('queue, unique values, 100,000 operations, 20 clients', legalHistory('queue', 100_000, 20, 7), 5),
    passing('search: queue, repeated values, 200 operations, 5 clients', legalHistory('queue', 200, 5, 7, 50), 3),
  ];
}
