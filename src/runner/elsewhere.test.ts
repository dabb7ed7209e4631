/** Each of Jepsen's workloads as it is recorded: which model is told from it, and what is said of a right and of a wrong one. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkHistory } from './history.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-elsewhere-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** One operation after another, each by process 0: `f`, what was asked, what was answered. */
function edn(operations: readonly (readonly [f: string, asked: string, answered: string])[]): string {
  const half = (type: string, f: string, value: string): string => `{:process 0, :type :${type}, :f :${f}, :value ${value}}`;
  return operations.map(([f, asked, answered]) => `${half('invoke', f, asked)}\n${half('ok', f, answered)}`).join('\n');
}

async function judged(text: string, options: { model?: string; level?: string } = {}): Promise<string> {
  const path = join(folder, 'history.edn');
  writeFileSync(path, text);
  const { model, verdict } = await checkHistory({ path, ...options });
  return `${model} ${verdict}`;
}

type Operations = readonly (readonly [f: string, asked: string, answered: string])[];

const workloads: { readonly [name: string]: readonly [expected: string, right: Operations, wrong: Operations] } = {
  'register, keyed': [
    'register',
    [
      ['write', '[1 5]', '[1 5]'],
      ['read', '[1 nil]', '[1 5]'],
    ],
    [
      ['write', '[1 5]', '[1 5]'],
      ['read', '[1 nil]', '[1 6]'],
    ],
  ],
  'cas-register': [
    'cas-register',
    [
      ['cas', '[nil 1]', '[nil 1]'],
      ['read', 'nil', '1'],
    ],
    [
      ['cas', '[0 1]', '[0 1]'],
      ['read', 'nil', '1'],
    ],
  ],
  bank: [
    'bank',
    [
      ['transfer', '{:from 0, :to 1, :amount 3}', '{:from 0, :to 1, :amount 3}'],
      ['read', 'nil', '{0 7, 1 3}'],
      ['read', 'nil', '{0 5, 1 5}'],
    ],
    [
      ['transfer', '{:from 0, :to 1, :amount 3}', '{:from 0, :to 1, :amount 3}'],
      ['read', 'nil', '{0 7, 1 3}'],
      ['read', 'nil', '{0 7, 1 4}'],
    ],
  ],
  'long fork': [
    'rw-register',
    [
      ['write', '[[:w 1 1]]', '[[:w 1 1]]'],
      ['read', '[[:r 1 nil]]', '[[:r 1 1]]'],
    ],
    [
      ['write', '[[:w 1 1]]', '[[:w 1 1]]'],
      ['read', '[[:r 1 nil]]', '[[:r 1 nil]]'],
    ],
  ],
  causal: [
    'causal',
    [
      ['read-init', '[1 nil]', '[1 0]'],
      ['write', '[1 1]', '[1 1]'],
      ['read', '[1 nil]', '[1 1]'],
    ],
    [
      ['read-init', '[1 nil]', '[1 0]'],
      ['write', '[1 1]', '[1 1]'],
      ['read', '[1 nil]', '[1 0]'],
    ],
  ],
  'causal reverse': [
    'causal-reverse',
    [
      ['write', '1', '1'],
      ['write', '2', '2'],
      ['read', 'nil', '#{1 2}'],
    ],
    [
      ['write', '1', '1'],
      ['write', '2', '2'],
      ['read', 'nil', '#{2}'],
    ],
  ],
  'dirty reads': [
    'dirty-reads',
    [
      ['read', 'nil', '[-1 -1 -1]'],
      ['write', '1', '1'],
      ['read', 'nil', '[1 1 -1]'],
    ],
    [
      ['read', 'nil', '[-1 -1 -1]'],
      ['write', '1', '1'],
      ['read', 'nil', '[2 2 2]'],
    ],
  ],
  'adya g2': [
    'adya-g2',
    [
      ['insert', '[1 [nil 1]]', '[1 [nil 1]]'],
      ['insert', '[2 [2 nil]]', '[2 [2 nil]]'],
    ],
    [
      ['insert', '[1 [nil 1]]', '[1 [nil 1]]'],
      ['insert', '[1 [2 nil]]', '[1 [2 nil]]'],
    ],
  ],
  append: [
    'list-append',
    [['txn', '[[:append 1 1] [:r 1 nil]]', '[[:append 1 1] [:r 1 [1]]]']],
    [['txn', '[[:append 1 1] [:r 1 nil]]', '[[:append 1 1] [:r 1 []]]']],
  ],
  wr: ['rw-register', [['txn', '[[:w 1 1] [:r 1 nil]]', '[[:w 1 1] [:r 1 1]]']], [['txn', '[[:w 1 1] [:r 1 nil]]', '[[:w 1 1] [:r 1 2]]']]],
  set: [
    'set-full',
    [
      ['add', '1', '1'],
      ['add', '2', '2'],
      ['read', 'nil', '#{1 2}'],
    ],
    [
      ['add', '1', '1'],
      ['add', '2', '2'],
      ['read', 'nil', '#{2}'],
    ],
  ],
  broadcast: [
    'set-full',
    [
      ['broadcast', '1', '1'],
      ['read', 'nil', '[1]'],
    ],
    [
      ['broadcast', '1', '1'],
      ['read', 'nil', '[]'],
    ],
  ],
  queue: [
    'queue',
    [
      ['enqueue', '1', '1'],
      ['enqueue', '2', '2'],
      ['dequeue', 'nil', '1'],
    ],
    [
      ['enqueue', '1', '1'],
      ['enqueue', '2', '2'],
      ['dequeue', 'nil', '2'],
    ],
  ],
  'total queue': [
    'total-queue',
    [
      ['enqueue', '1', '1'],
      ['drain', 'nil', '[1]'],
    ],
    [
      ['enqueue', '1', '1'],
      ['drain', 'nil', '[]'],
    ],
  ],
  'unique ids': [
    'ids',
    [
      ['generate', 'nil', '1'],
      ['generate', 'nil', '2'],
    ],
    [
      ['generate', 'nil', '1'],
      ['generate', 'nil', '1'],
    ],
  ],
  counter: [
    'counter',
    [
      ['add', '1', '1'],
      ['read', 'nil', '1'],
    ],
    [
      ['add', '1', '1'],
      ['read', 'nil', '2'],
    ],
  ],
  sequential: [
    'sequential',
    [
      ['write', '7', '7'],
      ['read', '7', '[7 ["7_1" "7_0"]]'],
      ['read', '8', '[8 [nil nil]]'],
    ],
    [
      ['write', '7', '7'],
      ['read', '7', '[7 ["7_1" nil]]'],
    ],
  ],
  mutex: [
    'mutex',
    [
      ['acquire', 'nil', 'nil'],
      ['release', 'nil', 'nil'],
    ],
    [
      ['acquire', 'nil', 'nil'],
      ['acquire', 'nil', 'nil'],
    ],
  ],
};

test('what a transaction wrote that was rolled back was read by nobody (Galera, dirty-reads)', async () => {
  const operation = (f: string, asked: string, type: string, answered: string): string =>
    `{:process 0, :type :invoke, :f :${f}, :value ${asked}}\n{:process 0, :type :${type}, :f :${f}, :value ${answered}}`;
  const history = (seen: string): string =>
    [operation('write', '1', 'ok', '1'), operation('write', '2', 'fail', '2'), operation('read', 'nil', 'ok', seen)].join('\n');
  expect(await judged(history('[1 1 1 1]'))).toBe('dirty-reads pass');
  expect(await judged(history('[2 2 1 1]'))).toBe('dirty-reads violation');
  expect(await judged(history('[2 1]'))).toBe('causal-reverse violation');
});

test('monotonic of several keys, and of rows with timestamps, is read and not judged', async () => {
  const rows: Operations = [
    ['add', 'nil', '{:val 1, :sts 10, :node 0}'],
    ['read', 'nil', '[{:val 1, :sts 10, :node 0}]'],
  ];
  expect(await judged(edn(rows))).toBe('monotonic-rows unknown');
  expect(
    await judged(
      edn([
        ['inc', '1', '{1 1}'],
        ['read', '[1 2]', '{1 1, 2 0}'],
      ]),
    ),
  ).toBe('monotonic-rows unknown');
  expect(
    await judged(
      edn([
        ['add', '1', '1'],
        ['read', 'nil', '#{1}'],
      ]),
    ),
  ).toBe('set-full pass');
});

test('a value that nobody wrote', async () => {
  const write: Operations = [['write', '1', '1']];
  expect(await judged(edn([...write, ['read', 'nil', '#{1 99}']]))).toBe('causal-reverse violation');
  expect(await judged(edn([...write, ['read', '7', '[7 ["7_1" "7_0"]]']]))).toBe('sequential violation');
});

for (const [name, [model, right, wrong]] of Object.entries(workloads)) {
  test(`Jepsen's ${name}: the model is told, a right history passes, a wrong one violates`, async () => {
    expect(await judged(edn(right))).toBe(`${model} pass`);
    expect(await judged(edn(wrong))).toBe(`${model} violation`);
  });
}

test('models of the same operations are judged by name: long fork, monotonic, stack, priority queue', async () => {
  const reads = edn([
    ['read', '[[:r 1 nil] [:r 2 nil]]', '[[:r 1 1] [:r 2 nil]]'],
    ['read', '[[:r 1 nil] [:r 2 nil]]', '[[:r 1 nil] [:r 2 1]]'],
  ]);
  expect(await judged(reads, { model: 'long-fork' })).toBe('long-fork violation');
  expect(
    await judged(
      edn([
        ['read', 'nil', '2'],
        ['read', 'nil', '1'],
      ]),
      { model: 'monotonic' },
    ),
  ).toBe('monotonic violation');
  expect(
    await judged(
      edn([
        ['push', '1', '1'],
        ['push', '2', '2'],
        ['pop', 'nil', '1'],
      ]),
    ),
  ).toBe('stack violation');
  expect(
    await judged(
      edn([
        ['enqueue', '2', '2'],
        ['enqueue', '1', '1'],
        ['dequeue', 'nil', '1'],
      ]),
      { model: 'priority-queue' },
    ),
  ).toBe('priority-queue pass');
});

test('kafka is read and not judged: unknown, with the reason', async () => {
  expect(await judged(edn([['send', '[[:send 1 2]]', '[[:send 1 [0 2]]]']]))).toBe('kafka unknown');
});

test('a level judges transactions only', async () => {
  // Write skew.
  const skew = `{:process 0 :type :invoke :f :txn :value [[:r 1 nil] [:append 2 1]]}{:process 1 :type :invoke :f :txn :value [[:r 2 nil] [:append 1 1]]}
    {:process 0 :type :ok :f :txn :value [[:r 1 []] [:append 2 1]]}{:process 1 :type :ok :f :txn :value [[:r 2 []] [:append 1 1]]}
    {:process 0 :type :invoke :f :txn :value [[:r 1 nil] [:r 2 nil]]}{:process 0 :type :ok :f :txn :value [[:r 1 [1]] [:r 2 [1]]]}`;
  expect(await judged(skew, { level: 'serializable' })).toBe('list-append violation');
  expect(await judged(skew, { level: 'snapshot-isolation' })).toBe('list-append pass');
  await expect(judged(edn([['write', '1', '1']]), { level: 'serializable' })).rejects.toThrow('--level is for transactions');
  await expect(judged(skew, { level: 'acid' })).rejects.toThrow('there is no isolation level "acid"');
});

const shared = new URL('../../../shared/histories/', import.meta.url);

test('recorded etcd runs, where at hand, get the verdicts of their table', async () => {
  if (!existsSync(new URL('EXPECTED.tsv', shared))) {
    console.log('../shared/histories is not at hand: recorded etcd runs were not judged');
    return;
  }
  const lines = readFileSync(new URL('EXPECTED.tsv', shared), 'utf8').trim().split('\n').slice(1);
  expect(readdirSync(new URL('etcd/', shared)).length).toBeGreaterThan(lines.length - 1);
  for (const line of lines) {
    const [file, model, , , verdict] = line.split('\t') as [string, string, string, string, string];
    const report = await checkHistory({ path: new URL(file, shared).pathname, model });
    expect([file, report.verdict]).toEqual([file, verdict]);
  }
});
