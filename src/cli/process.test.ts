import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ProgressLine } from './process-io.ts';

const frame = new URL('./main.ts', import.meta.url).href;

/** A process whose only verb works for ever, a round every few milliseconds. */
function slowProcess(body: string, stdout: 'pipe' | number = 'pipe'): ChildProcess {
  const program = `import { main } from ${JSON.stringify(frame)};
const verb = { name: 'slow', summary: '', positionals: [], options: [], examples: [], async run(args, io) {
  for (let i = 1; ; i++) {
    const end = performance.now() + 5;
    while (performance.now() < end);
    ${body}
    await io.breathe(() => i + ' rounds done');
  }
} };
await main(['slow'], [verb]);`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', stdout, 'pipe'] });
}

const ended = (child: ChildProcess): Promise<{ code: number | null; err: string }> =>
  new Promise((resolve) => {
    let err = '';
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    child.once('close', (code) => resolve({ code, err }));
  });

describe('the process', () => {
  it('on Ctrl-C says what was done so far and exits with 130', async () => {
    const child = slowProcess("if (i === 3) io.out('three');");
    child.stdout?.once('data', () => child.kill('SIGINT'));
    expect(await ended(child)).toEqual({ code: 130, err: expect.stringMatching(/^interrupted: \d+ rounds done\n$/) });
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const child = slowProcess("io.out('line ' + i);");
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await ended(child)).toEqual({ code: 141, err: '' });
  });

  it.skipIf(!existsSync('/dev/full'))('says in one sentence that its output cannot be written', async () => {
    const child = slowProcess("io.out('line ' + i);", openSync('/dev/full', 'w'));
    expect(await ended(child)).toEqual({ code: 5, err: 'LC_DISK_FULL: the output cannot be written (ENOSPC)\n' });
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
