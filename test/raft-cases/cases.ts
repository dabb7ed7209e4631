/** Runs a file of cases of any of the three formats and compares: quorum and configuration exactly, scripts without log lines. */

import { type Case, parseCases } from '../../src/protocols/raft/testing.ts';
import { confchangeRunner } from './confchange-cases.ts';
import { Interaction } from './interaction.ts';
import { runQuorumCase } from './quorum-cases.ts';

export type Format = 'quorum' | 'confchange' | 'interaction';

export interface Difference {
  readonly line: number;
  readonly command: string;
  readonly expected: string;
  readonly actual: string;
}

export interface FileResult {
  readonly format: Format;
  readonly passed: number;
  readonly differences: readonly Difference[];
}

const formats: Readonly<Record<string, Format>> = {
  committed: 'quorum',
  vote: 'quorum',
  simple: 'confchange',
  'enter-joint': 'confchange',
  'leave-joint': 'confchange',
};

/** Told by the first command that belongs to one format. */
export function formatOf(cases: readonly Case[]): Format {
  for (const { command } of cases) {
    const format = formats[command];
    if (format !== undefined) return format;
  }
  return 'interaction';
}

export function runFile(text: string): FileResult {
  const cases = parseCases(text);
  const format = formatOf(cases);
  const script = new Interaction();
  const runners: Record<Format, (item: Case) => string> = {
    quorum: runQuorumCase,
    confchange: confchangeRunner(),
    interaction: (item) => script.run(item),
  };
  const run = runners[format];
  const differences: Difference[] = [];
  for (const item of cases) {
    let actual: string;
    try {
      actual = run(item);
    } catch (error) {
      actual = `threw: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (normal(item.expected, format) !== normal(actual, format)) {
      differences.push({ line: item.line, command: commandLine(item), expected: item.expected, actual });
    }
  }
  return { format, passed: cases.length - differences.length, differences };
}

const commandLine = ({ command, args }: Case): string =>
  [command, ...args.map(({ key, values }) => (values.length === 0 ? key : `${key}=(${values.join(',')})`))].join(' ');

const logLine = /^\s*(DEBUG|INFO|WARN|ERROR|FATAL) /;

/** Scripts: without log lines; where nothing else is left, "ok". */
function normal(text: string, format: Format): string {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const kept = format === 'interaction' ? lines.filter((line) => !logLine.test(line)) : lines;
  while (kept.length > 0 && kept.at(-1) === '') kept.pop();
  return kept.length === 0 && format === 'interaction' ? 'ok' : kept.join('\n');
}

/** The first lines that differ, side by side. */
export function firstDifference(difference: Difference, format: Format): string {
  const expected = normal(difference.expected, format).split('\n');
  const actual = normal(difference.actual, format).split('\n');
  const at = expected.findIndex((line, i) => line !== actual[i]);
  const i = at < 0 ? expected.length : at;
  return `expected: ${expected[i] ?? '(nothing more)'}\n      actual:   ${actual[i] ?? '(nothing more)'}`;
}
