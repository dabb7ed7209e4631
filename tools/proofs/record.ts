/** What the runs of each row came to: the committed record, and the table of the guide that is made from it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from '../rooms.ts';
import { commandOf, nameOf, type ProofRow, rows } from './rows.ts';

/** One run. `unknown` also where a control was in no danger, `environment` where the system did not come up. */
export interface ProofRun {
  readonly seed: number;
  /** With `+` behind it when the tree had changes of its own. */
  readonly commit: string;
  readonly verdict: 'pass' | 'violation' | 'unknown' | 'environment';
  readonly seconds: number;
  readonly acknowledged: number;
  readonly updates: number;
  readonly lost?: number;
  readonly divergent?: number;
  readonly stale?: number;
  readonly wrongReads?: number;
  readonly anomalies?: number;
  readonly leaderChanges: number;
  readonly epochGrowth?: number;
  /** Why it was not as expected, in one sentence. */
  readonly said?: string;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
}

export interface RowRecord {
  readonly row: string;
  readonly command: string;
  readonly version: string;
  /** ISO 8601, UTC: when the last run ended. */
  readonly date: string;
  /** Where the last run was made, if not on the record's machine. */
  readonly machine?: Machine;
  readonly runs: readonly ProofRun[];
}

export interface ProofRecord {
  readonly machine: Machine;
  readonly rows: readonly RowRecord[];
}

const file = join(root, 'docs', 'reference', 'proofs.json');

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform}-${process.arch}`,
});

export function commit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--', 'src') === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}

export function readRecord(): ProofRecord {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ProofRecord) : { machine: machine(), rows: [] };
}

/** Read anew each time: two processes may work on different rows. Rows stand in the order of the table; those that it no longer has are dropped. */
export function keepRow(row: RowRecord): void {
  const record = readRecord();
  const others = record.rows.filter((other) => other.row !== row.row);
  const names = rows.map(nameOf);
  const here = machine();
  const told = JSON.stringify(here) === JSON.stringify(record.machine) ? row : { ...row, machine: here };
  const kept = [...others, told].filter((one) => names.includes(one.row)).sort((a, b) => names.indexOf(a.row) - names.indexOf(b.row));
  const lines = kept.map(({ runs, ...rest }) => {
    const each = runs.map((run) => `      ${JSON.stringify(run)}`).join(',\n');
    return `    {\n      ${JSON.stringify(rest).slice(1, -1)},\n      "runs": [\n${each}\n      ]\n    }`;
  });
  writeFileSync(file, `{\n  "machine": ${JSON.stringify(record.machine)},\n  "rows": [\n${lines.join(',\n')}\n  ]\n}\n`);
}

const figure = (count: number): string => count.toLocaleString('en-US');

/** `3 - 5 - 9`: smallest, median, largest; of two both, and one number where they are equal. */
export function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const [least, middle, most] = [sorted[0] ?? 0, sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0];
  if (sorted.length === 2 && least !== most) return `${figure(least)} – ${figure(most)}`;
  return least === most ? figure(least) : `${figure(least)} – ${figure(middle)} – ${figure(most)}`;
}

const measures = [
  ['lost', 'lost'],
  ['divergent', 'on some nodes only'],
  ['stale', 'stale reads'],
  ['wrongReads', 'reads with a wrong total'],
  ['anomalies', 'anomalies'],
] as const;

/** What the runs showed, in words. */
export function seenIn(runs: readonly ProofRun[]): string {
  const parts = measures.flatMap(([name, words]) => {
    const values = runs.flatMap((run) => (run[name] === undefined ? [] : [run[name]]));
    if (values.length === 0 || (name === 'divergent' && Math.max(...values) === 0)) return [];
    return [`${spread(values)} ${words}`];
  });
  const growth = runs.flatMap(({ epochGrowth }) => (epochGrowth === undefined ? [] : [epochGrowth]));
  if (growth.length > 0) parts.push(`the term grew by ${spread(growth)}`);
  return parts.join(', ');
}

const times = (runs: readonly ProofRun[], verdict: ProofRun['verdict']): number => runs.filter((run) => run.verdict === verdict).length;

/** `found in 20 of 20 runs`, and what else there was. */
export function outcomeOf({ expect }: ProofRow, runs: readonly ProofRun[]): string {
  const [violations, passes] = [times(runs, 'violation'), times(runs, 'pass')];
  const undecided = runs.length - violations - passes;
  const open = undecided === 0 ? '' : `, ${undecided} undecided`;
  if (expect === 'pass') return `${violations === 0 ? 'clean' : `VIOLATED in ${violations}`}: ${passes} of ${runs.length}${open}`;
  return `found: ${violations} of ${runs.length}${open}`;
}

/** The table of the guide, between its marks. */
export function proofTable(): string {
  const record = readRecord();
  const all = [record.machine, ...record.rows.flatMap(({ machine: other }) => (other === undefined ? [] : [other]))];
  const machines = [...new Set(all.map(({ cpu, cores, memoryGiB, platform }) => `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}`))];
  const dates = record.rows.map(({ date }) => date.slice(0, 10)).sort();
  const versions = [...new Set(record.rows.map(({ row, version }) => `${row.split(' ')[0]} ${version}`))].join(', ');
  const lines = record.rows.flatMap((kept) => {
    const row = rows.find((one) => nameOf(one) === kept.row);
    if (row === undefined) return [];
    const seconds = spread(kept.runs.map((run) => Math.round(run.seconds)));
    const acknowledged = spread(kept.runs.map((run) => run.acknowledged));
    return [
      `| \`${commandOf(row)}\` | ${row.about} | ${outcomeOf(row, kept.runs)} | ${acknowledged} | ${seenIn(kept.runs)} | ${seconds} |`,
    ];
  });
  return [
    `${machines.join('; ')}; ${dates[0] ?? ''} to ${dates.at(-1) ?? ''}; ${versions}.`,
    '',
    '| `npx lightcone check ...` | what happens | runs | acknowledged | seen | seconds |',
    '|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}
