import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
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
function slowProcess(body: string, stdout: 'pipe' | number = 'pipe', env: NodeJS.ProcessEnv = {}): ChildProcess {
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
  return spawn(process.execPath, [program], { stdio: ['ignore', stdout, 'pipe'], env: { ...process.env, ...env } });
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
    child.once('close', (code, signal) => resolve({ code: code ?? (signal === 'SIGINT' ? 130 : null), out, err }));
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

  it('memory that runs out is one sentence, exit 3', async () => {
    const child = slowProcess('(globalThis.kept ??= []).push(Array.from({ length: 100000 }, (_, at) => ({ at })));', 'pipe', {
      NODE_OPTIONS: '--max-old-space-size=60',
    });
    expect(await ended(child)).toMatchObject({ code: 3, out: '', err: expect.stringMatching(/^LC_MEMORY: memory ran out .*\n$/) });
  });

  it('does not outlive the process before it (an older Node.js that started this one), however that ended', async () => {
    const before = join(folder, 'before.mjs');
    const args = JSON.stringify([command, 'simulate', 'raft', '--until', 'violation']);
    writeFileSync(
      before,
      `import { spawn } from 'node:child_process';
const child = spawn(process.execPath, ${args}, { stdio: 'ignore', env: { ...process.env, LIGHTCONE_PARENT: String(process.pid) } });
console.log(child.pid);`,
    );
    const parent = spawn(process.execPath, [before], { stdio: ['ignore', 'pipe', 'pipe'] });
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    parent.kill('SIGKILL');
    const alive = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    expect(alive()).toBe(true);
    await expect.poll(alive, { timeout: 10_000 }).toBe(false);
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

/** Ctrl-C once it has said what it does, and a while. */
const interruptAtWork = (child: ChildProcess): void => {
  child.stdout?.once('data', () => setTimeout(() => child.kill('SIGINT'), 1500));
};

/** Without the line of progress that a busy machine brings out every ten seconds. */
const complaints = (err: string): string => err.replace(/^(checking sessions of|\d+ seeds?, |\d+ parts? done,).*\n/gm, '');

describe('Ctrl-C in the middle of a verb', () => {
  it('check: what was decided so far, verdict UNKNOWN, exit 130', async () => {
    // It says nothing before its verdict: on a busy machine the first Ctrl-C may meet it while it still reads.
    let result = { code: null as number | null, out: '', err: 'reading' };
    for (let afterMs = 3000; !result.out.includes('UNKNOWN') && afterMs < 30_000; afterMs *= 2) {
      const child = lightcone('check', '--history', endlessHistory(), '--budget', '10m,4GB');
      setTimeout(() => child.kill('SIGINT'), afterMs);
      result = await ended(child);
    }
    expect([result.code, complaints(result.err)]).toEqual([130, '']);
    expect(result.out).toMatch(
      /^UNKNOWN linearizability \(\d.*\): it was interrupted: 0 of 1 objects \(0 of 61 operations\) were decided/m,
    );
    expect(result.out).toMatch(/^UNKNOWN: interrupted before everything was decided\.\nAgain: npx lightcone check --history/m);
  });

  it.skipIf(process.platform === 'win32')(
    'is heard where a pipe that nobody writes to is opened, or read from standard input',
    async () => {
      const pipe = join(folder, 'pipe');
      spawnSync('mkfifo', [pipe]);
      const blocked = lightcone('check', '--history', pipe);
      const reading = spawn(process.execPath, [command, 'check', '--history', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
      setTimeout(() => {
        blocked.kill('SIGINT');
        reading.kill('SIGINT');
      }, 2500);
      // Said or not: on a busy machine the signal may come before they listen. That they end is what matters.
      const silent = { code: 130, out: '' };
      expect(await Promise.all([ended(blocked), ended(reading)])).toMatchObject([silent, silent]);
    },
  );

  it('simulate: what the seeds so far reached, verdict UNKNOWN, exit 130', async () => {
    const child = lightcone('simulate', 'raft', '--until', 'violation');
    interruptAtWork(child);
    const { code, out, err } = await ended(child);
    expect([code, complaints(err)]).toEqual([130, '']);
    expect(out).toMatch(/^UNKNOWN interrupted; no violation in the [\d,]+ seeds? done \(from 1\)$/m);
    expect(out).toMatch(/^Again: npx lightcone simulate raft --seeds \d+$/m);
  });

  it('simulate --explore: how far it came, verdict UNKNOWN, exit 130', async () => {
    const child = lightcone('simulate', 'raft', '--explore', '--nodes', '5', '--until', '10m');
    interruptAtWork(child);
    const { code, out, err } = await ended(child);
    expect([code, complaints(err)]).toEqual([130, '']);
    expect(out).toMatch(/^UNKNOWN +interrupted: nothing is broken in what was seen, which was not everything$/m);
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
