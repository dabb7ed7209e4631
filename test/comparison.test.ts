/** The counted costs of all protocols are those of their papers; what is counted depends on what is sent. */
import { describe, expect, it } from 'vitest';
import { measureCost } from '../tools/comparison/measure.ts';
import { measureAll } from '../tools/comparison/page.ts';
import { type ComparedProtocol, compared } from '../tools/comparison/rows.ts';

const rows = measureAll();

/** Signing and checking take 0.15 ms of the simulator's time, a delay 10 ms. */
const SIGNATURES = 0.1;

describe('messages and delays of an operation', () => {
  for (const { protocol, nodes, down, cost } of rows.filter(({ down }) => down === 0)) {
    it(`${protocol.name}, ${nodes} servers: ${protocol.messages.text} messages`, () => {
      expect([down, cost.messages]).toEqual([0, protocol.messages.of(nodes)]);
      if (protocol.delays === null) return;
      const delays = protocol.delays.of(nodes);
      expect(cost.delays).toBeGreaterThanOrEqual(delays);
      expect(cost.delays).toBeLessThan(delays + SIGNATURES);
    });
  }

  it('with as many down as are survived every operation is acknowledged, and the median not later', () => {
    const asked = rows[0]?.cost.acknowledged;
    const timeless = rows.filter(({ protocol }) => protocol.delays !== null);
    expect(timeless.filter(({ cost }) => cost.acknowledged !== asked)).toEqual([]);
    const late = timeless.filter(({ protocol, nodes, cost }) => cost.delays >= (protocol.delays?.of(nodes) ?? 0) + SIGNATURES);
    expect(late.map(({ protocol, nodes, down }) => [protocol.name, nodes, down])).toEqual([]);
  });

  it('a count is of what is sent: presumed commit saves the acknowledgements', () => {
    const { subject, settings } = compared.find(({ name }) => name === 'Two-phase commit') as ComparedProtocol;
    expect(measureCost({ subject, settings: { ...settings(3), presumption: 'commit' }, nodes: 3 }).messages).toBe(6);
  });
});
