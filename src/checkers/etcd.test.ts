/** Thirty runs of Jepsen against etcd, read in place where they are at hand; nothing is copied from there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NONE, readTrace, type TraceView } from '../trace/index.ts';
import { checkLinearizability } from './linearizability.ts';
import { linearizable, references, type TestOperation } from './testing.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'histories');
const atHand = existsSync(join(folder, 'EXPECTED.tsv'));
if (!atHand) console.log('the etcd histories (../shared/histories) are not at hand: their verdicts are not tested here');

interface Log {
  readonly file: string;
  readonly operations: number;
  readonly verdict: string;
  readonly view: TraceView;
}

function logs(): Log[] {
  if (!atHand) return [];
  const lines = readFileSync(join(folder, 'EXPECTED.tsv'), 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [file, , , operations, verdict] = line.split('\t') as [string, string, string, string, string];
    return { file, operations: Number(operations), verdict, view: readTrace(readFileSync(join(folder, file)), { source: file }) };
  });
}

/** The operations of some rows, as the oracle takes them. */
function operationsOf({ history }: TraceView, rows: readonly number[]): TestOperation[] {
  const value = (id: number): never => history.values[id] as never;
  return rows.map((row) => {
    const f = history.functions[history.f[row] as number] as string;
    const argument = history.argument[row] as number;
    const status = (['ok', 'fail', 'info'] as const)[history.status[row] as number] as TestOperation['status'];
    const given =
      f === 'cas'
        ? { argument: [value(history.expected[row] as number), value(argument)] }
        : argument === NONE
          ? {}
          : { argument: value(argument) };
    const seen = history.result[row] === NONE ? {} : { result: value(history.result[row] as number) };
    return {
      process: history.process[row] as number,
      f,
      status,
      ...given,
      ...seen,
      call: history.invoke[row] as number,
      ret: history.complete[row] as number,
    };
  });
}

test('all etcd logs get the verdict that is expected, and every counterexample is minimal', () => {
  for (const { file, operations, verdict, view } of logs()) {
    expect(view.history.count, file).toBe(operations);
    const result = checkLinearizability(view, { model: 'cas-register' });
    expect(result.verdict, file).toBe(verdict);
    expect(result.counterexample !== null, file).toBe(verdict === 'violation');
    expect(result.stats.minimal, file).toBe(1);
  }
});

test('the operations of a counterexample contradict each other by brute force too', () => {
  // A necessary condition that brute force can still decide: alone, with only writes of the values around them, they violate.
  for (const { file, verdict, view } of logs()) {
    if (verdict !== 'violation') continue;
    const rows = checkLinearizability(view, { model: 'cas-register' }).counterexample?.operations ?? [];
    if (rows.length > 9) continue;
    expect(linearizable(operationsOf(view, rows), references['cas-register'] as never), file).toBe(false);
  }
});
