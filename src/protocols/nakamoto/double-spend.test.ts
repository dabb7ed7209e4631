import { describe, expect, test } from 'vitest';
import { catchesUp, nakamotoReversal, rosenfeldReversal } from './double-spend.ts';
import { measuredReversal } from './testing-private-mining.ts';

describe('the formulas', () => {
  test('Nakamoto 2008, the table of section 11', () => {
    const q10 = [1, 0.2045873, 0.0509779, 0.0131722, 0.0034552, 0.0009137, 0.0002428, 0.0000647, 0.0000173, 0.0000046, 0.0000012];
    for (const [z, p] of q10.entries()) expect(nakamotoReversal(0.1, z)).toBeCloseTo(p, 7);
    for (const [z, p] of [
      [0, 1],
      [5, 0.1773523],
      [10, 0.0416605],
      [15, 0.0101008],
      [50, 0.0000006],
    ] as const)
      expect(nakamotoReversal(0.3, z)).toBeCloseTo(p, 7);
  });

  test('the depths that Nakamoto asks for less than 0.1 %', () => {
    for (const [q, z] of [
      [0.1, 5],
      [0.15, 8],
      [0.2, 11],
      [0.25, 15],
      [0.3, 24],
      [0.35, 41],
      [0.4, 89],
      [0.45, 340],
    ] as const) {
      expect(nakamotoReversal(q, z)).toBeLessThan(0.001);
      expect(nakamotoReversal(q, z - 1)).toBeGreaterThanOrEqual(0.001);
    }
  });

  test('Rosenfeld 2014, his table 1', () => {
    for (const [q, z, percent] of [
      [0.1, 1, 20],
      [0.1, 2, 5.6],
      [0.1, 3, 1.712],
      [0.1, 6, 0.059],
      [0.3, 1, 60],
      [0.3, 6, 15.645],
    ] as const)
      expect(rosenfeldReversal(q, z) * 100).toBeCloseTo(percent, 2);
  });

  test('Rosenfeld is the race itself, played out in full: no formula, only coin tosses', () => {
    for (const q of [0.1, 0.25, 0.4])
      for (const z of [1, 2, 4]) {
        // Chance of each (honest blocks, attacker's blocks); past z honest ones the attacker wins with one more than they.
        const behind = 120;
        let won = 0;
        const chance = new Map<string, number>([['0/1', 1]]);
        for (let tosses = 0; tosses < 400; tosses++) {
          for (const [at, p] of [...chance]) {
            const [honest, attacker] = at.split('/').map(Number) as [number, number];
            chance.delete(at);
            for (const [h, a, share] of [
              [honest + 1, attacker, 1 - q],
              [honest, attacker + 1, q],
            ] as const) {
              if (h >= z && a > h) won += p * share;
              else if (h - a < behind && p * share > 1e-12) chance.set(`${h}/${a}`, (chance.get(`${h}/${a}`) ?? 0) + p * share);
            }
          }
        }
        expect(won).toBeCloseTo(rosenfeldReversal(q, z), q === 0.4 ? 3 : 6);
      }
  });

  test('half of the power always wins', () => {
    expect([nakamotoReversal(0.5, 9), rosenfeldReversal(0.5, 9), catchesUp(0.5, 100)]).toEqual([1, 1, 1]);
  });
});

test('measured with real nodes: confirmations against reversals, within three standard errors of Rosenfeld', () => {
  const runs = 150;
  for (const [q, z] of [
    [20, 1],
    [30, 3],
  ] as const) {
    const exact = rosenfeldReversal(q / 100, z);
    const measured = measuredReversal(q, z, runs);
    expect(Math.abs(measured - exact)).toBeLessThan(3 * Math.sqrt((exact * (1 - exact)) / runs));
  }
});
