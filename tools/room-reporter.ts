/**
 * A vitest reporter: seconds per room, held against test/budgets.json, and the counts that `.ci/run` adds up.
 * It fails a whole run in which a room exceeds its budget (LIGHTCONE_SUITE names the whole run; a run of a few files
 * is never failed for its time).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';
import { type Budgets, budgetTable, overBudget, type RoomTime } from './budgets.ts';
import { partOf, root } from './rooms.ts';

export function timesByRoom(modules: readonly TestModule[]): RoomTime[] {
  const times = new Map<string, { files: number; tests: number; seconds: number }>();
  for (const module of modules) {
    const room = partOf(relative(root, module.moduleId));
    const sum = times.get(room) ?? { files: 0, tests: 0, seconds: 0 };
    const { duration, collectDuration } = module.diagnostic();
    sum.files++;
    sum.tests += [...module.children.allTests()].length;
    sum.seconds += (duration + collectDuration) / 1000;
    times.set(room, sum);
  }
  return [...times].map(([room, sum]) => ({ room, ...sum }));
}

/** Failed files that never got to their tests count as one failure each, and so does each error outside any test. */
export function counts(modules: readonly TestModule[], unhandled: number): { passed: number; failed: number; skipped: number } {
  let [passed, failed, skipped] = [0, unhandled, 0];
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed++;
      else if (state === 'skipped') skipped++;
      else failedHere++;
    }
    failed += failedHere === 0 && module.state() === 'failed' ? 1 : failedHere;
  }
  return { passed, failed, skipped };
}

export default class RoomReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[], reason: TestRunEndReason): void {
    const suite = process.env.LIGHTCONE_SUITE;
    if (suite === undefined) return;
    const budgets = (JSON.parse(readFileSync(join(root, 'test', 'budgets.json'), 'utf8')) as { [suite: string]: Budgets })[suite];
    const times = timesByRoom(modules);
    const result = counts(modules, unhandled.length);
    if (reason === 'interrupted') result.failed++;
    if (budgets !== undefined) {
      console.log(`\n${budgetTable(times, budgets).join('\n')}`);
      for (const complaint of overBudget(times, budgets)) {
        console.log(`  over budget: ${complaint}`);
        result.failed++;
        process.exitCode = 1;
      }
    }
    const folder = join(root, '.lightcone', 'results');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${suite}-vitest`), `${result.passed} ${result.failed} ${result.skipped}\n`);
  }
}
