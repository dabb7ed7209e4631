import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { check } from './check.ts';
import { run } from './main.ts';
import { recordingIo } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-check-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const good = write('good', '0\t:invoke\t:write\t1\n0\t:ok\t:write\t1\n0\t:invoke\t:read\tnil\n0\t:ok\t:read\t1\n');
const bad = write("bad one's", '0\t:invoke\t:write\t1\n0\t:ok\t:write\t1\n0\t:invoke\t:read\tnil\n0\t:ok\t:read\t2\n');
const op = (seq: number, process: number, f: string, value: unknown): string =>
  `{"type":"op","seq":${seq},"phase":"invoke","process":${process},"f":"${f}","key":0,"value":${JSON.stringify(value)}}\n`;
const wrongOperand = write('operand', `{"type":"header","trace":1,"model":"counter"}\n${op(0, 1, 'add', 1)}${op(1, 2, 'add', 'x')}`);
const mixed = write('mixed', `{"type":"header","trace":1}\n${op(0, 1, 'write', 1)}${op(1, 2, 'enqueue', 'x')}`);

async function lightcone(args: readonly string[], environment = {}) {
  const io = recordingIo(environment);
  const code = await run(['check', ...args], io, [check]);
  return { code, out: io.outText(), err: io.errText() };
}

test('pass is 0, violation 1, unknown 3; text ends with the command that repeats it', async () => {
  const passed = await lightcone(['--history', good]);
  expect([passed.code, passed.err]).toEqual([0, '']);
  expect(passed.out).toContain('PASS linearizability');
  const failed = await lightcone(['--history', bad, '--budget', '10s']);
  expect(failed.code).toBe(1);
  expect(failed.out).toContain(`Again: npx lightcone check --history '${folder}/bad one'\\''s' --budget 10s`);
  expect((await lightcone(['--history', write('empty-trace', '{"type":"header","trace":1}')])).code).toBe(3);
});

test('a report of a run that would have nowhere to go is refused before the run', async () => {
  const system = join(import.meta.dirname, '..', '..', 'test', 'bad-systems', 'steady.ts');
  for (const option of ['--junit', '--html']) {
    const { code, out, err } = await lightcone([system, option, join(folder, 'nowhere', 'report')]);
    expect([code, out, err]).toEqual([2, '', expect.stringMatching(/^LC_FILE: .*nowhere.report cannot be used: there is no such/)]);
  }
});

test('--json prints one JSON value, --junit writes a file and never overwrites one', async () => {
  const junit = join(folder, 'report.xml');
  const { code, out } = await lightcone(['--history', bad, '--json', '--junit', junit]);
  expect([code, JSON.parse(out).verdict]).toEqual([1, 'violation']);
  expect(readFileSync(junit, 'utf8')).toContain('failures="1"');
  const again = await lightcone(['--history', good, '--junit', junit]);
  expect([again.code, again.out]).toEqual([2, '']);
  expect(again.err).toContain('LC_FILE_EXISTS');
  expect(readFileSync(junit, 'utf8')).toContain('failures="1"');
});

test('--html writes one page and never overwrites one', async () => {
  const html = join(folder, 'report.html');
  expect((await lightcone(['--history', bad, '--html', html])).code).toBe(1);
  const page = readFileSync(html, 'utf8');
  expect(page).toContain('FAIL: a check found a violation.');
  const again = await lightcone(['--history', good, '--html', html]);
  expect([again.code, again.err.includes('LC_FILE_EXISTS'), readFileSync(html, 'utf8') === page]).toEqual([2, true, true]);
});

test.each([
  [
    [],
    'LC_USAGE: check needs a system (etcd, redis-sentinel, postgres, zookeeper, nats, rabbitmq, ./my-system.ts), or a history: --history FILE\n',
  ],
  [['etdc'], 'LC_USAGE: there is no system "etdc"; did you mean etcd?\n'],
  [['mysql-galera'], 'LC_USAGE: there is no system "mysql-galera"; there are: etcd, redis-sentinel, postgres, zookeeper, nats, rabbitmq\n'],
  [['etcd', '--scenario', 'defualt'], 'LC_USAGE: etcd has no scenario "defualt"; did you mean default?\n'],
  [['etcd', '--scenario', 'none.yaml'], 'LC_FILE: none.yaml cannot be read: there is no such file\n'],
  [['etcd', '--tim', '5s'], 'LC_USAGE: check has no option --tim; did you mean --time?\n'],
  [['etcd', '--time', 'soon'], 'LC_USAGE: --time '],
  [['etcd', '--time', '0s'], 'LC_USAGE: --time '],
  [['etcd', '--nodes', '0'], 'LC_USAGE: --nodes takes a number from 1 to 64, not 0\n'],
  [['etcd', '--nodes', '9'], 'LC_SCENARIO: etcd runs with 1 to 7 nodes, not with 9\n'],
  [['etcd', '--workload', 'registr'], 'LC_USAGE: --workload does not know "registr"; did you mean register?\n'],
  [['nats', '--workload', 'bank'], 'LC_SCENARIO: nats has no clients for the workload "bank"; it has: '],
  [['./none.ts'], 'LC_FILE: ./none.ts cannot be read: there is no such file\n'],
  [['etcd', '--parallel', '2'], 'LC_USAGE: --parallel is for campaigns: say --runs N too\n'],
  [['--history', 'none'], 'LC_FILE: none cannot be read: there is no such file\n'],
  [['--history', good, '--format', 'edn'], 'LC_USAGE: --format does not know "edn"'],
  [['--history', good, '--initial', '{'], 'LC_USAGE: --initial takes a JSON value'],
  [['--history', good, '--budget', 'much'], 'LC_USAGE: --budget takes a time'],
  [['--history', good, '--format', 'lightcone'], `LC_TRACE_SYNTAX: ${good}:1: not JSON: "0\\t:invoke\\t:write\\t1"\n`],
  [['--history', good, '--model', 'queue'], `LC_HISTORY_OPERATION: ${good}:1: the model queue has no operation "write"`],
  [['--history', wrongOperand], `LC_HISTORY_OPERATION: ${wrongOperand}:3: a counter needs an integer, not "x"`],
  [['--history', mixed], `LC_HISTORY_OPERATION: ${mixed}:3: no model has all of the operations "write", "enqueue"`],
])('bad input is one sentence and exit 2: %j', async (args, message) => {
  const { code, out, err } = await lightcone(args);
  expect([code, out]).toEqual([2, '']);
  expect(err.startsWith(message) ? message : err).toBe(message);
  expect(err.trim().split('\n')).toHaveLength(1);
});

test('a report that cannot be written takes nothing away from the verdict', async () => {
  const { code, out, err } = await lightcone(['--history', bad, '--junit', join(folder, 'nowhere', 'report.xml')]);
  expect([code, out]).toEqual([2, expect.stringContaining('FAIL: the history breaks linearizability.')]);
  expect(err).toMatch(/^LC_FILE: .*report\.xml cannot be used: there is no such file or folder\n$/);
});

test('a bad history writes no report', async () => {
  const junit = join(folder, 'none.xml');
  expect((await lightcone(['--history', write('broken', '0\t:ok\t:read\t1'), '--junit', junit])).code).toBe(2);
  expect(existsSync(junit)).toBe(false);
});

test('GitHub Actions get an annotation beside the report', async () => {
  const { out, err } = await lightcone(['--history', bad, '--json'], { GITHUB_ACTIONS: 'true' });
  expect(JSON.parse(out).verdict).toBe('violation');
  expect(err).toMatch(/^::error title=lightcone linearizability::p0 read 2 /);
});
