import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { LightconeError } from '../core/index.ts';
import {
  type CheckHistoryOptions,
  type CheckProgress,
  checkHistory,
  exitCodeOf,
  jsonReport,
  overall,
  renderJson,
  renderJunit,
  renderText,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-history-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function check(text: string, options: Partial<CheckHistoryOptions> = {}) {
  const path = join(folder, `${++files}`);
  writeFileSync(path, text);
  return checkHistory({ path, ...options });
}
async function refusal(text: string, options: Partial<CheckHistoryOptions> = {}): Promise<string> {
  try {
    await check(text, options);
  } catch (error) {
    if (error instanceof LightconeError) return `${error.code} ${error.message.replaceAll(folder, 'F')}`;
    throw error;
  }
  return 'accepted';
}

const stale = `{"type":"header","trace":1,"model":"kv"}
{"type":"op","seq":1,"timeNs":1000000,"phase":"invoke","process":0,"f":"write","key":"x","value":1}
{"type":"op","seq":2,"timeNs":2000000,"phase":"ok","process":0,"f":"write"}
{"type":"op","seq":3,"timeNs":3000000,"phase":"invoke","process":0,"f":"write","key":"x","value":"<two> & \\u0001"}
{"type":"op","seq":4,"timeNs":4000000,"phase":"ok","process":0,"f":"write"}
{"type":"op","seq":5,"timeNs":150000000,"phase":"invoke","process":1,"f":"read","key":"x"}
{"type":"op","seq":6,"timeNs":151000000,"phase":"ok","process":1,"f":"read","value":1,"node":"n3"}
`;

test('a stale read is a violation, told with node, value and times in every report', async () => {
  const report = await check(stale);
  expect([report.verdict, exitCodeOf(report.verdict), report.format, report.model]).toEqual(['violation', 1, 'lightcone', 'kv']);
  const text = renderText(report);
  expect(text).toContain('3 operations of 2 processes on 1 key');
  expect(text).toContain('FAIL linearizability');
  expect(text).toMatch(/n3 read x=1 at 0\.15 s, 146 ms after write x=/);
  expect(text).toContain('FAIL: the history breaks linearizability.');
  const json = JSON.parse(renderJson(report));
  expect(json).toMatchObject({
    report: 1,
    verdict: 'violation',
    exitCode: 1,
    operations: 3,
    ok: 3,
    fail: 0,
    info: 0,
    processes: 2,
    keys: 1,
    timed: true,
  });
  const read = {
    row: 2,
    process: 1,
    f: 'read',
    key: 'x',
    result: 1,
    outcome: 'ok',
    node: 'n3',
    invokeSeq: 5,
    completeSeq: 6,
    invokeNs: 150000000,
    completeNs: 151000000,
  };
  expect(json.checks[0].counterexample.operations).toContainEqual(read);
  expect(json.checks[0].counterexample.story.length).toBeGreaterThan(2);
  const junit = renderJunit(report);
  expect(junit).toContain('tests="2" failures="1" errors="0" skipped="0"');
  expect(junit).toContain('<failure type="non-linearizable" message="n3 read x=1');
  expect(junit).toContain('&lt;two&gt; &amp; ');
  expect(junit).not.toMatch(/<two>|&(?!amp;|lt;|gt;|quot;|#\d+;)/);
});

test('the report of a check does not depend on the name of the file', async () => {
  const [a, b] = [await check(stale), await check(stale)];
  const timeless = (report: typeof a) =>
    JSON.stringify({
      ...(jsonReport({
        ...report,
        source: '',
        rerun: '',
        readMs: 0,
        checks: report.checks.map((c) => ({ ...c, durationMs: 0 })),
      }) as object),
    });
  expect(timeless(a)).toBe(timeless(b));
});

test('a spent budget is unknown, with what was decided, never a pass', async () => {
  const lines = ['{"type":"header","trace":1,"model":"register"}'];
  let seq = 0;
  const op = (phase: string, process: number, f: string, value: number | null) =>
    lines.push(JSON.stringify({ type: 'op', seq: seq++, phase, process, f, value }));
  // Twelve concurrent writes of few values, then reads: nothing that the fast algorithms can decide.
  for (let round = 0; round < 20; round++) {
    for (let process = 0; process < 12; process++) op('invoke', process, 'write', process % 3);
    for (let process = 0; process < 12; process++) op('ok', process, 'write', process % 3);
    op('invoke', 20, 'read', null);
    op('ok', 20, 'read', round % 3);
  }
  op('invoke', 20, 'read', null);
  op('ok', 20, 'read', 77);
  const limits = { timeMs: 60_000, bytes: 1e9, steps: 50 };
  const report = await check(lines.join('\n'), { budget: limits });
  expect([report.verdict, exitCodeOf(report.verdict)]).toEqual(['unknown', 3]);
  expect(report.checks[0]?.result.reason).toContain('budget of 50 steps');
  expect(renderText(report)).toContain('UNKNOWN: not everything was decided');
  expect(renderJunit(report)).toContain('errors="1"');
  expect((await check(lines.join('\n'), { stopped: () => true })).verdict).toBe('unknown');
});

test('nothing decided is unknown: transactions, models of no single object, an empty history', async () => {
  for (const text of [
    '{:process 0 :type :invoke :f :txn :value [[:r 1 nil]]}',
    '{"type":"header","trace":1,"model":"list-append"}\n{"type":"op","seq":1,"phase":"invoke","process":0,"f":"append","value":1}',
    '{"type":"header","trace":1}',
  ]) {
    const report = await check(text);
    expect([report.verdict, exitCodeOf(report.verdict)]).toEqual(['skip', 3]);
    expect(renderText(report)).toContain('SKIP ');
    expect(renderJunit(report)).toContain('<skipped message="');
  }
});

test('a Jepsen history of transactions, transfers, ids or a drained queue is judged by the checker of its kind', async () => {
  const done = (process: number, f: string, asked: string, answered: string, type = 'ok') =>
    `{:process ${process} :type :invoke :f :${f} :value ${asked}}{:process ${process} :type :${type} :f :${f} :value ${answered}}`;
  const judged = async (...lines: readonly string[]) => {
    const { model, verdict, checks } = await check(lines.join('\n'));
    return [model, checks[0]?.check, verdict, checks[0]?.result.anomalies[0]?.kind];
  };
  const append = done(0, 'txn', '[[:append :x 1]]', '[[:append :x 1]]');
  const read = (list: string) => done(1, 'txn', '[[:r :x nil]]', `[[:r :x ${list}]]`);
  expect(await judged(append, read('[1]'))).toEqual(['list-append', 'isolation', 'pass', undefined]);
  expect(await judged(append, read('nil'))).toEqual(['list-append', 'isolation', 'violation', 'G-single-realtime']);
  expect(await judged(append, read('[2]'))).toEqual(['list-append', 'isolation', 'violation', 'garbage-read']);
  expect(await judged(done(0, 'txn', '[[:w 1 2]]', '[[:w 1 2]]'), done(1, 'txn', '[[:r 1 nil]]', '[[:r 1 2]]'))).toEqual([
    'rw-register',
    'isolation',
    'pass',
    undefined,
  ]);
  const transfer = done(0, 'transfer', '{:from 0 :to 1 :amount 5}', '{:from 0 :to 1 :amount 5}');
  expect(await judged(done(1, 'read', 'nil', '{0 10 1 10}'), transfer, done(1, 'read', 'nil', '{0 5 1 15}'))).toEqual([
    'bank',
    'bank',
    'pass',
    undefined,
  ]);
  expect(await judged(done(1, 'read', 'nil', '{0 10 1 10}'), transfer, done(1, 'read', 'nil', '{0 5 1 10}'))).toEqual([
    'bank',
    'bank',
    'violation',
    'wrong-total',
  ]);
  expect(await judged(done(0, 'generate', 'nil', '7'), done(1, 'generate', 'nil', '7'))).toEqual([
    'ids',
    'unique-ids',
    'violation',
    'duplicate-id',
  ]);
  expect(await judged(done(0, 'enqueue', '1', '1'), done(0, 'enqueue', '2', '2'), done(1, 'drain', 'nil', '[2]'))).toEqual([
    'total-queue',
    'total-queue',
    'violation',
    'lost-element',
  ]);
  const set = await check(`${done(0, 'add', '1', '1')}${done(0, 'read', 'nil', '#{1}')}${done(0, 'read', 'nil', '#{}')}`, {
    model: 'set-full',
  });
  expect([set.model, set.verdict, set.checks[0]?.result.anomalies[0]?.kind]).toEqual(['set-full', 'violation', 'lost-element']);
});

test('the model is told from the operations: a set is read as a list, a counter as a number', async () => {
  const set = (read: string) =>
    `{:process 0 :type :invoke :f :add :value 1}{:process 0 :type :ok :f :add :value 1}{:process 0 :type :invoke :f :read}{:process 0 :type :ok :f :read :value ${read}}`;
  const models = async (text: string) => {
    const { model, verdict } = await check(text);
    return [model, verdict];
  };
  expect(await models(set('#{1}'))).toEqual(['set-full', 'pass']);
  expect(await models(set('[]'))).toEqual(['set-full', 'violation']);
  expect(await models(set('1'))).toEqual(['counter', 'pass']);
  expect(await models(set('2'))).toEqual(['counter', 'violation']);
  const keyed =
    '{:process 0 :type :invoke :f :write :value [:x 1]}{:process 0 :type :ok :f :write :value [:x 1]}{:process 0 :type :invoke :f :read :value [:y nil]}{:process 0 :type :ok :f :read :value [:y nil]}';
  const report = await check(keyed, { keyed: true });
  expect([report.model, report.verdict, report.view.history.keys]).toEqual(['register', 'pass', [':x', ':y']]);
});

test("the initial value is the header's unless given", async () => {
  const text = '0\t:invoke\t:read\tnil\n0\t:ok\t:read\t7\n';
  expect((await check(text)).verdict).toBe('violation');
  expect((await check(text, { initial: 7 })).verdict).toBe('pass');
});

test('bad input names file, line and value', async () => {
  expect(await refusal('0\t:ok\t:read\t1')).toMatch(/^LC_HISTORY_UNMATCHED F\/\d+:1: process 0 completes read/);
  expect(await refusal(stale, { model: 'heap' })).toMatch(/^LC_USAGE there is no model "heap"/);
  expect(await refusal('0\t:invoke\t:frob\tnil')).toMatch(/^LC_HISTORY_OPERATION F\/\d+:1: no model has all of the operations "frob"/);
  await expect(checkHistory({ path: join(folder, 'none') })).rejects.toMatchObject({
    code: 'LC_FILE',
    message: expect.stringContaining('none cannot be read: there is no such file'),
  });
  await expect(checkHistory({ path: folder })).rejects.toMatchObject({
    code: 'LC_FILE',
    message: expect.stringContaining('it is a folder'),
  });
});

test('beliefs are evidence of split brain: two leaders of one epoch', async () => {
  const claim = (seq: number, node: string) =>
    JSON.stringify({ type: 'belief', seq, node, subject: '', kind: 'leader', value: node, epoch: 3 });
  const op = '{"type":"op","seq":9,"phase":"invoke","process":0,"f":"read"}';
  const header = '{"type":"header","trace":1,"model":"register"}';
  const split = await check([header, claim(1, 'n1'), claim(2, 'n2'), op].join('\n'));
  expect([split.verdict, split.checks.map(({ check: name, result }) => `${name} ${result.verdict}`)]).toEqual([
    'violation',
    ['linearizability pass', 'split-brain violation'],
  ]);
  expect(renderText(split)).toContain('FAIL: the history breaks split-brain.');
  expect((await check([header, claim(1, 'n1'), op].join('\n'))).verdict).toBe('pass');
});

test('where linearizability fails, session guarantees say more, if they can be decided', async () => {
  const checks = async (text: string) => (await check(text)).checks.map(({ check: name, result }) => `${name} ${result.verdict}`);
  expect(await checks(stale)).toEqual(['linearizability violation', 'sessions pass']);
  expect(
    await checks(stale.replace('"process":1,"f":"read","key"', '"process":0,"f":"read","key"').replace('"process":1', '"process":0')),
  ).toEqual(['linearizability violation', 'sessions violation']);
  expect(await checks(stale.replace('"<two> & \\u0001"', '2').replace('"value":1}', '"value":7}'))).toEqual([
    'linearizability violation',
    'sessions pass',
  ]);
});

test('progress tells bytes and operations, and may stop the reading', async () => {
  const seen: CheckProgress[] = [];
  await check(stale, { progress: (progress) => void seen.push(progress) });
  expect(seen.map(({ stage, operations }) => [stage, operations])).toEqual([
    ['read', 3],
    ['check', 3],
    ['check', 3],
  ]);
  expect(seen[0]?.bytes).toBe(seen[0]?.totalBytes);
  const stop = new LightconeError('LC_INTERRUPTED', 'stop');
  await expect(check(stale, { progress: () => Promise.reject(stop) })).rejects.toBe(stop);
});

test('a violation outweighs unknown, unknown outweighs pass, skip decides nothing', () => {
  expect(overall(['pass', 'unknown', 'violation'])).toBe('violation');
  expect(overall(['pass', 'skip', 'unknown'])).toBe('unknown');
  expect(overall(['skip', 'pass'])).toBe('pass');
  expect(overall([])).toBe('skip');
});

const shared = new URL('../../../shared/histories/', import.meta.url);

test('recorded etcd runs, where at hand, get the verdicts of their table', async () => {
  if (!existsSync(new URL('EXPECTED.tsv', shared))) {
    console.log('../shared/histories is not at hand: the recorded etcd runs were not checked');
    return;
  }
  const [head, ...lines] = readFileSync(new URL('EXPECTED.tsv', shared), 'utf8').trim().split('\n');
  const columns = (head as string).split('\t');
  for (const line of lines) {
    const fields = line.split('\t');
    const field = (column: string) => fields[columns.indexOf(column)] as string;
    const path = new URL(field('file'), shared).pathname;
    expect(`${field('file')} ${(await checkHistory({ path })).verdict}`).toBe(`${field('file')} ${field('verdict')}`);
  }
});

test('a header whose model nobody knows is never a pass', async () => {
  const path = join(folder, 'unknown-model.jsonl');
  const lines = [
    { type: 'header', trace: 1, model: 'nonsense' },
    { type: 'op', seq: 0, phase: 'invoke', process: 0, f: 'write', key: 'x', value: 1 },
    { type: 'op', seq: 1, phase: 'ok', process: 0, f: 'write', key: 'x' },
  ];
  writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'));
  expect((await checkHistory({ path })).verdict).toBe('unknown');
});
