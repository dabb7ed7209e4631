/** The tool that runs very many seeds among liars (tools/liars). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { protocolNamed, protocolNames } from '../src/cli/index.ts';
import { campaign, drawPlan, type Plan, type Subject } from '../src/simulator/index.ts';
import { ToyAgreement, toyAgreement } from '../src/simulator/testing.ts';
import { keepRecord, type LiarRecord, noSums, readRecords, type Stretch, told, Unbroken } from '../tools/liars/record.ts';
import { runStretch } from '../tools/liars/stretch.ts';

const stretch = (from: number, to: number): Stretch => ({ ...noSums, from, to, runs: to - from + 1, steps: 1000 * (to - from + 1) });

test('stretches that come back out of order are kept without holes', () => {
  const done = new Unbroken(1, 1, noSums);
  done.add(stretch(11, 20));
  expect([done.next, done.sums.runs]).toEqual([1, 0]);
  done.add(stretch(1, 10));
  expect([done.next, done.sums.runs, done.sums.steps]).toEqual([21, 20, 20_000]);
});

test('a record stands in place of the one before it, beside those of other protocols', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lightcone-liars-'));
  const file = join(folder, 'liars.json');
  const record = (protocol: string, to: number): LiarRecord => ({
    ...stretch(1, to),
    protocol,
    command: '',
    date: '2026-01-01',
    machine: '',
    seconds: 1,
  });
  keepRecord(record('b', 5), file);
  keepRecord(record('a', 5), file);
  keepRecord(record('b', 9), file);
  expect(readRecords(file).map(({ protocol, to }) => [protocol, to])).toEqual([
    ['a', 5],
    ['b', 9],
  ]);
  expect(readRecords(join(folder, 'none.json'))).toEqual([]);
  rmSync(folder, { recursive: true });
});

test('the figures that are kept: a million runs, nothing was violated, and a tenth of them saw an epoch change under a liar', () => {
  const records = readRecords();
  expect(records.map(({ protocol }) => protocol)).toEqual(['pbft', 'tendermint']);
  for (const { violations, runs, steps, epochsChangedUnderLiars } of records) {
    expect(violations).toEqual([]);
    expect(runs).toBeGreaterThanOrEqual(1e6);
    expect(steps / runs).toBeGreaterThanOrEqual(1000);
    expect(epochsChangedUnderLiars / runs).toBeGreaterThan(0.1);
  }
});

test('as many liars as are survived: runs of 1,000 steps, a tenth of them with an epoch that changed under a liar', () => {
  const sums = runStretch(toyAgreement(), 1, 30, 4);
  expect(sums.violations).toEqual([]);
  expect(sums.runs).toBeGreaterThan(20);
  expect(sums.steps / sums.runs).toBeGreaterThanOrEqual(1000);
  expect(sums.epochsChangedUnderLiars / sums.runs).toBeGreaterThan(0.1);
  expect(told(sums)).toMatch(/^\d+ runs .* 0 violations$/);
});

test('a protocol whose quorums are too small does not come through', () => {
  class SmallQuorum extends ToyAgreement {
    override quorum(): number {
      return 2;
    }
  }
  expect(runStretch(toyAgreement(SmallQuorum), 1, 40, 4).violations).not.toEqual([]);
});

/** Protocols on the command line that promise to survive liars, and the one that the tests have for themselves. */
const surviving: readonly Subject[] = [
  toyAgreement(),
  ...protocolNames
    .map(protocolNamed)
    .filter(({ tolerates, validated }) => tolerates === 'lies' && validated)
    .map((protocol) => protocol.subject()),
];

describe.each(surviving.map((subject) => [subject.name, subject] as const))('%s', (_name, subject) => {
  test('one liar more than it survives breaks it, and is found: four servers, two liars', () => {
    const plans = (seed: number): Plan => {
      const plan = drawPlan(subject, seed, { nodes: 4, liars: 2, faults: ['adversary'] });
      return { ...plan, liveness: null };
    };
    const { failures } = campaign({ subject, seeds: 100, draw: (_subject, seed) => plans(seed) });
    expect(failures).toHaveLength(1);
  });

  test('as many as it survives do not', () => {
    const { violations, runs, epochsChangedUnderLiars } = runStretch(subject, 1, 40);
    expect(violations).toEqual([]);
    expect(epochsChangedUnderLiars / runs).toBeGreaterThan(0.1);
  });
});
