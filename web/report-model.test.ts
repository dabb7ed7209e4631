import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type BeliefSegment, htmlReport, type ReportBeliefs, type ReportDocument } from '../src/runner/index.ts';
import { encodeColumn } from '../src/runner/testing.ts';
import { agreement } from './report/model/beliefs.ts';
import { buckets } from './report/model/buckets.ts';
import { decodeColumn, decodeReport, type Report } from './report/model/decode.ts';
import { axisMarks, showDuration, showMoment } from './report/model/format.ts';
import { everything, operationAt, shownOperations } from './report/model/lanes.ts';
import { realTimeOrder } from './report/model/real-time.ts';
import { agreementColours, contrast, faultColour, inkOn, okabeIto, statusColours, themes, verdictColours } from './report/view/palette.ts';
import { documentOf, hostile, large, passing, violating } from './testing-reports.ts';

const opened = (document: ReportDocument): Promise<Report> => decodeReport(htmlReport(document, '%%LIGHTCONE_DATA%%'));

describe('what is written is what is read', () => {
  const integers = fc.array(
    fc.oneof(
      fc.integer({ min: -1, max: 300 }),
      fc.maxSafeInteger().map((n) => Math.trunc(n / 8) + 0),
    ),
  );

  it.each(['plain', 'delta'] as const)('any whole numbers, coding %s', (coding) => {
    fc.assert(
      fc.property(integers, (numbers) => {
        expect([...decodeColumn(encodeColumn(numbers, coding), coding, new Float64Array(numbers.length))]).toEqual(numbers);
      }),
    );
  });

  it('places in a growing list, with -1 for none, coding recent', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 1000 })), (numbers) => {
        expect([...decodeColumn(encodeColumn(numbers, 'recent'), 'recent', new Int32Array(numbers.length))]).toEqual(numbers);
      }),
    );
  });

  it('every operation of a run: who, what, when, how it ended', async () => {
    const document = violating();
    const { history } = document.view;
    const { operations, meta } = await opened(document);
    expect(meta.counts.operations).toBe(history.count);
    for (let i = 0; i < history.count; i++) {
      expect(operations.process[i]).toBe(history.process[i]);
      expect(operations.begin[i]).toBe((history.invokeNs[i] as number) / 1000);
      if (operations.status[i] !== 2) expect(operations.end[i]).toBe((history.completeNs[i] as number) / 1000);
      else expect(operations.end[i]).toBe(Number.POSITIVE_INFINITY);
      expect(operations.nodeText(i)).toBe(history.nodes[history.node[i] as number] ?? '');
    }
    expect(operations.action(0)).toMatch(/^(read \d = |write \d := )/);
  });

  it('hostile texts come back to the letter', async () => {
    const document = hostile();
    const { meta, operations } = await opened(document);
    expect([meta.title, meta.seed, meta.rerun]).toEqual([document.title, document.seed, document.rerun]);
    expect(meta.keys).toEqual(document.view.header.nodes);
    expect(operations.count).toBe(document.view.history.count);
  });

  it('a history without times stands in its own order', async () => {
    const document = passing();
    const { meta, operations } = await opened({ ...document, view: { ...document.view, timed: false } });
    expect([meta.timed, operations.begin[0], operations.moment(5)]).toEqual([false, document.view.history.invoke[0], '#5']);
  });
});

describe('beliefs', () => {
  const row = (node: string, ...segments: BeliefSegment[]): ReportBeliefs => ({ node, subject: 'group', segments });

  it('agree, differ, and two leaders of one epoch are told apart', () => {
    const rows = [
      row('a', [0, 'follower', '', 0], [10, 'leader', 'a', 1]),
      row('b', [0, 'follower', '', 0], [20, 'follower', 'a', 1], [30, 'leader', 'b', 2], [40, 'leader', 'b', 1]),
    ];
    expect(agreement(rows, 50)).toEqual([
      { from: 0, to: 10, agreement: 'none' },
      { from: 10, to: 20, agreement: 'differ' },
      { from: 20, to: 30, agreement: 'agree' },
      { from: 30, to: 40, agreement: 'two-leaders' },
      { from: 40, to: 50, agreement: 'split-brain' },
    ]);
  });

  it('a node that was killed holds nothing true until it is back', async () => {
    const { meta } = await opened(violating());
    const kill = meta.faults.find(({ fault }) => fault === 'kill');
    const segments = meta.beliefs.find(({ node }) => node === kill?.nodes[0])?.segments ?? [];
    expect(segments.filter(([x]) => x >= (kill?.from ?? 0) && x < (kill?.to ?? 0))).toEqual([[kill?.from, 'down', '', null]]);
  });
});

describe('latency, rate and order', () => {
  it('quantiles are those of the sorted latencies of each step', async () => {
    const { operations, meta } = await opened(violating());
    const { rows } = shownOperations(operations, everything);
    const result = buckets(operations, rows, [meta.from, meta.to], 7, true, 1);
    const width = (meta.to - meta.from) / 7;
    for (let b = 0; b < 7; b++) {
      const inside = [...rows].filter(
        (i) => operations.status[i] === 0 && Math.floor(((operations.begin[i] as number) - meta.from) / width) === b,
      );
      const sorted = inside.map((i) => ((operations.end[i] as number) - (operations.begin[i] as number)) / 1000).sort((x, y) => x - y);
      expect(result.p50[b]).toBe(sorted[Math.ceil(sorted.length * 0.5) - 1]);
      expect(result.p99[b]).toBe(sorted[Math.ceil(sorted.length * 0.99) - 1]);
    }
    const counted = result.rates.flat().reduce((sum, rate) => sum + rate, 0) * (width / 1e6);
    expect(Math.round(counted)).toBeGreaterThanOrEqual(meta.count - 2);
  });

  it('arrows stand only between operations of which one was answered before the other was asked', async () => {
    const { operations, meta } = await opened(violating());
    const rows = meta.checks.flatMap(({ counterexample }) => counterexample?.operations ?? []);
    expect(rows.length).toBeGreaterThan(1);
    const order = realTimeOrder(operations, rows);
    expect(order.arrows.length).toBeGreaterThan(0);
    for (const [before, after] of order.arrows) {
      const [a, b] = [order.placed[before]?.row as number, order.placed[after]?.row as number];
      expect(operations.complete[a]).toBeLessThan(operations.invoke[b] as number);
    }
  });

  it('a filter leaves its lanes only, and finds what is under a point', async () => {
    const { operations } = await opened(passing());
    const shown = shownOperations(operations, { ...everything, process: 3 });
    expect(shown.lanes.map(({ process }) => process)).toEqual([3]);
    const lane = shown.lanes[0] as (typeof shown.lanes)[number];
    const row = lane.rows[5] as number;
    expect(operationAt(operations, lane, ((operations.begin[row] as number) + (operations.end[row] as number)) / 2, 0)).toBe(row);
  });
});

describe('size', () => {
  it('too many operations are thinned, those that a check names kept, and the report says so', async () => {
    const view = large(400_000);
    const document = documentOf(view, 'huge');
    const result = {
      verdict: 'violation',
      anomalies: [],
      counterexample: { operations: [1, 77_777], story: ['a', 'b'] },
      stats: {},
    } as const;
    const html = htmlReport({ ...document, checks: [{ check: 'x', durationMs: 1, result }] }, '%%LIGHTCONE_DATA%%');
    expect(html.length).toBeLessThan(3_000_000);
    const { meta, operations } = await decodeReport(html);
    expect([meta.counts.operations, meta.everyNth > 1, meta.leftOut.length]).toEqual([400_000, true, 1]);
    expect(meta.checks[0]?.counterexample?.operations.map((i) => operations.number(i))).toEqual([1, 77_777]);
  });

  it('logs too long keep the lines around faults', async () => {
    const document = passing();
    const noise = Array.from({ length: 60_000 }, (_, i) => ({ text: `line ${i} ${'x'.repeat(300)}`, timeNs: i * 400_000 }));
    const html = htmlReport({ ...document, logs: [{ node: 'n1', lines: noise }] }, '%%LIGHTCONE_DATA%%');
    const { meta } = await decodeReport(html);
    expect(html.length).toBeLessThan(3_000_000);
    expect(meta.leftOut[0]).toMatch(/^[\d,]+ log lines are left out/);
    const start = meta.faults[0]?.from as number;
    expect(meta.logs.some(([, x]) => Math.abs((x as number) - start) <= 400)).toBe(true);
  });
});

describe('words and colours', () => {
  it('times are as exact as they need to be', () => {
    expect([showMoment(1_500_000, true), showMoment(0, true), showMoment(20_000_000, true, 0), showMoment(7, false)]).toEqual([
      '1.5 s',
      '0 s',
      '20 s',
      '#7',
    ]);
    expect([showDuration(0.0123), showDuration(12.345), showDuration(1234), showDuration(90_000)]).toEqual([
      '12.3 µs',
      '12.3 ms',
      '1.23 s',
      '1.5 min',
    ]);
    expect(axisMarks(0, 10_000_000, 5, true).map(({ text }) => text)).toEqual(['0 s', '2 s', '4 s', '6 s', '8 s', '10 s']);
  });

  it.each(['light', 'dark'] as const)('texts have a contrast of 4.5 on both grounds (%s)', (name) => {
    const theme = themes[name];
    for (const ground of [theme.ground, theme.raised]) {
      for (const text of [theme.text, theme.muted, theme.accent])
        expect([text, ground, contrast(text, ground) >= 4.5]).toEqual([text, ground, true]);
    }
  });

  it('words on a colour have a contrast of 4.5', () => {
    const used = [...Object.values(verdictColours), ...Object.values(agreementColours), ...statusColours, faultColour, okabeIto.blue];
    expect(used.filter((colour) => contrast(inkOn(colour), colour) < 4.5)).toEqual([]);
  });
});
