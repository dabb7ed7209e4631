import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { managedProcesses } from './managed-processes.ts';
import { clockLibrary, ProcessClock } from './process-clock.ts';
import { until } from './testing-sockets.ts';

const missing = clockLibrary() === null && process.env.CI !== 'true';

it.skipIf(missing)(
  `a process has a clock of its own, which jumps both ways; its durations are true${missing ? ' (not here: no libfaketime)' : ''}`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lightcone-clock-'));
    const processes = managedProcesses({ directory });
    const clock = new ProcessClock(join(directory, 'clock'));
    const log = join(directory, 'said.log');
    const code = 'setInterval(() => console.log(Date.now(), performance.now()), 20)';
    /** Of the newest line: how far ahead its clock is, and its monotonic milliseconds. */
    const said = (): [aheadMs: number, monotonicMs: number] => {
      const [wall = 0, monotonic = 0] = readFileSync(log, 'utf8').trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
      return [wall - Date.now(), monotonic];
    };
    try {
      await processes.spawn({ owner: 'n1', command: process.execPath, args: ['-e', code], cwd: directory, logFile: log, env: clock.env });
      const near = (aheadMs: number) => (): boolean => Math.abs(said()[0] - aheadMs) < 2000;
      await until(() => said()[1] > 0);
      expect(near(0)()).toBe(true);
      clock.jump(3_600_000);
      await until(near(3_600_000));
      clock.jump(-7_200_000);
      await until(near(-3_600_000));
      expect(clock.offsetMs).toBe(-3_600_000);
      expect(said()[1]).toBeLessThan(60_000);
    } finally {
      await processes.stopAll(0);
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
