/** Records of benchmarks: what was measured, where, on which commit; and bench/README.md, made from the newest. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from '../bench/measure.ts';
import { root } from './rooms.ts';

export interface BenchRecord {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly date: string;
  /** The commit, with `+` behind it when the tree had changes of its own. */
  readonly commit: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly platform: string;
    readonly node: string;
  };
  readonly figures: readonly Figure[];
}

const records = join(root, 'bench', 'records');

/** Whether a figure meets its bar; null without one. Throws on a bar that is none. */
export function meets({ value, bar }: Figure): boolean | null {
  if (bar === undefined) return null;
  const match = /^(>=|<=|=) *([0-9][0-9_,]*(?:\.[0-9]+)?)$/.exec(bar);
  if (match === null) throw new Error(`a bar is >=, <= or = and a number, not ${JSON.stringify(bar)}`);
  const limit = Number(match[2]?.replace(/[_,]/g, ''));
  return match[1] === '>=' ? value >= limit : match[1] === '<=' ? value <= limit : value === limit;
}

export const number = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en-US') : value.toLocaleString('en-US', { maximumSignificantDigits: 4 });

const barText = ({ bar }: Figure): string =>
  bar === undefined ? '' : bar.replace(/[0-9][0-9_,.]*/, (digits) => number(Number(digits.replace(/[_,]/g, ''))));

const verdict = (figure: Figure): string => ({ true: 'met', false: 'MISSED', null: '' })[`${meets(figure)}`];

/** Lines for the terminal. */
export function table(figures: readonly Figure[]): string[] {
  const rows = figures.map((figure) => [
    figure.metric,
    number(figure.value),
    figure.unit,
    barText(figure),
    verdict(figure),
    figure.note ?? '',
  ]);
  const width = (i: number): number => Math.max(0, ...rows.map((row) => row[i]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 1 ? cell.padStart(width(i)) : cell.padEnd(width(i))))
      .join('  ')
      .trimEnd(),
  );
}

/** The newest record of each benchmark, by name. */
export function newestRecords(): BenchRecord[] {
  const newest = new Map<string, BenchRecord>();
  for (const file of existsSync(records) ? readdirSync(records).sort() : []) {
    if (!file.endsWith('.json')) continue;
    const record = JSON.parse(readFileSync(join(records, file), 'utf8')) as BenchRecord;
    newest.set(record.name, record);
  }
  return [...newest.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function benchPage(newest: readonly BenchRecord[]): string {
  const lines = [
    '# Benchmarks',
    '',
    '`npm run bench` runs them all, `npm run bench -- NAME...` some; each in a process of its own. A run writes a record to',
    '`records/` and this page from the newest ones (`npm run docs`). Figures are not asserted in tests: machines differ.',
    'A benchmark is a file here that exports `name` and `run()`, which gives `Figure`s (`measure.ts`).',
  ];
  for (const { name, date, commit, machine, figures } of newest) {
    lines.push(
      '',
      `## ${name}`,
      '',
      `${date.slice(0, 10)}, commit ${commit}, ${machine.cpu} (${machine.cores} cores), Node.js ${machine.node}`,
      '',
    );
    lines.push('| metric | value | bar | |', '|---|---:|---|---|');
    for (const figure of figures) {
      const note = figure.note === undefined ? '' : `<br>${figure.note}`;
      lines.push(`| ${figure.metric}${note} | ${number(figure.value)} ${figure.unit} | ${barText(figure)} | ${verdict(figure)} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}
