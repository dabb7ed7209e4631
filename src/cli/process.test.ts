import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ProgressLine } from './process-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-process-'));
afterAll(() => rmSync(folder, { recursive: true }));
const here = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
const command = fileURLToPath(new URL('../../bin/lightcone.js', import.meta.url));

/** A process whose only verb works for ever, a round every few milliseconds, and never gives the event loop a turn. */
function slowProcess(body: string, stdout: 'pipe' | number = 'pipe'): ChildProcess {
  const name = String(process.hrtime.bigint());
  const entry = join(folder, `${name}.mjs`);
  writeFileSync(
    entry,
    `import { work } from ${here('./worker-io.ts')};
const verb = { name: 'slow', summary: '', positionals: [], options: [], examples: [], async run(args, io) {
  for (let i = 1; ; i++) {
    const end = performance.now() + 5;
    while (performance.now() < end);
    ${body}
  }
} };
await work([verb]);`,
  );
  const program = join(folder, `${name}-main.mjs`);
  const url = JSON.stringify(pathToFileURL(entry).href);
  writeFileSync(program, `import { main } from ${here('./process-io.ts')}; await main(['slow'], new URL(${url}));`);
  return spawn(process.execPath, [program], { stdio: ['ignore', stdout, 'pipe'] });
}

const lightcone = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });

const ended = (child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((resolve) => {
    let out = '';
    let err = '';
    child.stdout?.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    child.once('close', (code) => resolve({ code, out, err }));
  });

const breathes = "io.breathe(() => i + ' rounds done');";

describe('the process', () => {
  it('on Ctrl-C says what was done so far and exits with 130', async () => {
    const child = slowProcess(`if (i === 3) io.out('three'); ${breathes}`);
    child.stdout?.once('data', () => child.kill('SIGINT'));
    expect(await ended(child)).toEqual({ code: 130, out: 'three\n', err: expect.stringMatching(/^interrupted: \d+ rounds done\n$/) });
  });

  it('ends at the second Ctrl-C whatever it is doing', async () => {
    const child = slowProcess("if (i === 3) io.out('three');");
    child.stdout?.once('data', () => {
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGINT'), 1200);
    });
    expect(await ended(child)).toEqual({ code: 130, out: 'three\n', err: '' });
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const child = slowProcess("io.out('line ' + i);");
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await ended(child)).toMatchObject({ code: 141, err: '' });
  });

  it.skipIf(!existsSync('/dev/full'))('says in one sentence that its output cannot be written', async () => {
    const child = slowProcess("io.out('line ' + i);", openSync('/dev/full', 'w'));
    expect(await ended(child)).toEqual({ code: 5, out: '', err: 'LC_DISK_FULL: the output cannot be written (ENOSPC)\n' });
  });

  it('an error that nobody expected is one sentence, without a stack', async () => {
    const child = slowProcess("setTimeout(() => { throw new TypeError('x is undefined'); }); await new Promise(() => {});");
    expect(await ended(child)).toMatchObject({ code: 5, out: '', err: expect.stringMatching(/^LC_BUG: x is undefined \(.*\)\n$/) });
  });
});

/** A counter whose read must be a sum of some of sixty open additions: no search finds that out in a lifetime. */
function endlessHistory(): string {
  const path = join(folder, 'sums.jsonl');
  const invoke = (process: number, rest: object): object => ({ type: 'op', seq: process, phase: 'invoke', process, key: 0, ...rest });
  const adds = Array.from({ length: 60 }, (_, i) => invoke(i, { f: 'add', value: 2 * ((i * 7919 * 104_729) % 1_000_003) }));
  const read = { ...invoke(60, { f: 'read' }), seq: 61, phase: 'ok', value: 20_000_001 };
  const lines = [{ type: 'header', trace: 1, model: 'counter' }, ...adds, invoke(60, { f: 'read' }), read];
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

const whenWorking = (child: ChildProcess, afterMs: number): void => void setTimeout(() => child.kill('SIGINT'), afterMs);

describe('Ctrl-C in the middle of a verb', () => {
  it('check: what was decided so far, verdict UNKNOWN, exit 130', async () => {
    const child = lightcone('check', '--history', endlessHistory(), '--budget', '10m,4GB');
    whenWorking(child, 3000);
    const { code, out, err } = await ended(child);
    expect([code, err]).toEqual([130, '']);
    expect(out).toMatch(/^UNKNOWN linearizability \(\d.*\): it was interrupted: 0 of 1 objects \(0 of 61 operations\) were decided/m);
    expect(out).toMatch(/^UNKNOWN: interrupted before everything was decided\.\nAgain: npx lightcone check --history/m);
  });

  it('simulate: what the seeds so far reached, verdict UNKNOWN, exit 130', async () => {
    const child = lightcone('simulate', 'raft', '--until', 'violation');
    whenWorking(child, 3000);
    const { code, out, err } = await ended(child);
    expect([code, err]).toEqual([130, '']);
    expect(out).toMatch(/^UNKNOWN interrupted; no violation in the [\d,]+ seeds? done \(from 1\)$/m);
    expect(out).toMatch(/^Again: npx lightcone simulate raft --seeds \d+$/m);
  });

  it('simulate --explore: how far it came, verdict UNKNOWN, exit 130', async () => {
    const child = lightcone('simulate', 'raft', '--explore', '--nodes', '5', '--until', '10m', '--json');
    whenWorking(child, 3000);
    const { code, out, err } = await ended(child);
    const { verdict, interrupted } = JSON.parse(out) as { verdict: string; interrupted: boolean };
    expect([code, err, verdict, interrupted]).toEqual([130, '', 'unknown', true]);
  });
});

describe('progress', () => {
  function line(isTTY: boolean): { written: string[]; show: (ms: number, text: string) => void; clear: () => void } {
    const written: string[] = [];
    let nowMs = 0;
    const progress = new ProgressLine(
      { isTTY, columns: 40, write: (text: string | Uint8Array) => written.push(String(text)) > 0 },
      () => nowMs,
    );
    const show = (ms: number, text: string): void => {
      nowMs = ms;
      progress.show(text);
    };
    return { written, show, clear: () => progress.clear() };
  }

  it('is one line, redrawn, on a terminal; it vanishes before other output', () => {
    const { written, show, clear } = line(true);
    show(50, 'too soon');
    show(120, '1 of 9');
    show(150, 'too soon');
    show(240, 'x'.repeat(60));
    clear();
    clear();
    expect(written).toEqual(['\r1 of 9\u001b[K', `\r${'x'.repeat(39)}\u001b[K`, '\r\u001b[K']);
  });

  it('is a plain line every ten seconds elsewhere', () => {
    const { written, show, clear } = line(false);
    for (let ms = 0; ms <= 25_000; ms += 500) show(ms, `at ${ms}`);
    clear();
    expect(written).toEqual(['at 10000\n', 'at 20000\n']);
  });
});
