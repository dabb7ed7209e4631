import { describe, expect, it } from 'vitest';
import { benchPage, meets, table } from '../tools/bench-record.ts';

const figure = (value: number, bar?: string): { metric: string; value: number; unit: string; bar?: string } => ({
  metric: 'states',
  value,
  unit: 'states/s',
  ...(bar === undefined ? {} : { bar }),
});

describe('benchmark records', () => {
  it('a bar is met, missed or absent', () => {
    const judged = [
      figure(288, '= 288'),
      figure(287, '= 288'),
      figure(3, '>= 2.5'),
      figure(1_999_999, '>= 2_000_000'),
      figure(26, '<= 25'),
      figure(1),
    ];
    expect(judged.map(meets)).toEqual([true, false, true, false, false, null]);
  });

  it('a bar that is none is refused, not met', () => {
    expect(() => meets(figure(1, 'fast'))).toThrow('a bar is >=, <= or = and a number, not "fast"');
  });

  it('the table and the page say which bars were missed', () => {
    expect(table([figure(1_234_567, '>= 2000000')])).toEqual(['states  1,234,567  states/s  >= 2,000,000  MISSED']);
    const machine = { cpu: 'a CPU', cores: 2, memoryGiB: 8, platform: 'linux-x64', node: 'v24.0.0' };
    const page = benchPage([
      { name: 'explorer', date: '2026-01-02T03:04:05Z', commit: 'abc', machine, figures: [figure(5, '>= 4'), figure(3, '>= 4')] },
    ]);
    expect(page).toContain('2026-01-02, commit abc, a CPU (2 cores), Node.js v24.0.0');
    expect(page).toContain('| states | 5 states/s | >= 4 | met |\n| states | 3 states/s | >= 4 | MISSED |');
  });
});
