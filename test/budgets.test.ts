import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Budgets, budgetTable, overBudget } from '../tools/budgets.ts';
import { root } from '../tools/rooms.ts';

const budgets: Budgets = { totalSeconds: 100, roomSeconds: { core: 10, trace: 5 } };
const time = (room: string, seconds: number): { room: string; files: number; tests: number; seconds: number } => ({
  room,
  files: 1,
  tests: 2,
  seconds,
});

describe('the time budget of the tests', () => {
  it('names each room that took longer than it may, or has no budget', () => {
    expect(overBudget([time('core', 9.9), time('trace', 5)], budgets)).toEqual([]);
    expect(overBudget([time('core', 10.1), time('clocks', 0.1)], budgets)).toEqual([
      'the tests of core took 10.1 s of 10 s: make them faster or move them to a campaign',
      'clocks has tests but no time budget: add it to test/budgets.json',
    ]);
  });

  it('is shown as a table, the slowest room first', () => {
    expect(budgetTable([time('trace', 1), time('core', 2)], budgets).map((line) => line.trim().split(/\s+/).join(' '))).toEqual([
      'room files tests seconds budget',
      'core 1 2 2.0 10',
      'trace 1 2 1.0 5',
    ]);
  });

  it('is 15 minutes for the tests and an hour for the campaigns, and the rooms together fit on two cores', () => {
    const file = JSON.parse(readFileSync(join(root, 'test', 'budgets.json'), 'utf8')) as { test: Budgets; campaign: Budgets };
    expect([file.test.totalSeconds, file.campaign.totalSeconds]).toEqual([900, 3600]);
    const sum = Object.values(file.test.roomSeconds).reduce((total, seconds) => total + seconds, 0);
    expect(sum).toBeLessThanOrEqual(2 * file.test.totalSeconds);
  });
});
