/** The texts of the help, made from the verbs themselves. */
import { exitCodes } from '../core/index.ts';
import type { Option, Verb } from './verb.ts';

export const PROGRAM = 'npx lightcone';

const columns = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`.trimEnd()).join('\n');
};

/** What to do first: shown by a bare `lightcone`. */
export const nextCommands = (): string =>
  [
    'Lightcone shows how far the nodes of a distributed system are from one truth. Next:',
    '',
    columns([
      [`${PROGRAM} demo`, 'a known bug found, shrunk and told as a story (30 s)'],
      [`${PROGRAM} validate`, 'does a five-node cluster keep its promises when the network splits?'],
      [`${PROGRAM} --help`, 'every verb'],
    ]),
  ].join('\n');

const exitText = [
  `${exitCodes.pass} pass`,
  `${exitCodes.violation} violation found`,
  `${exitCodes.badInput} usage or bad input`,
  `${exitCodes.unknown} unknown (the budget ran out)`,
  `${exitCodes.thresholdMissed} threshold missed`,
  `${exitCodes.environment} environment broken`,
  `${exitCodes.interrupted} interrupted`,
].join(', ');

export const generalHelp = (verbs: readonly Verb[]): string =>
  [
    `Usage: ${PROGRAM} <verb> [options]`,
    '',
    columns([...verbs.map(({ name, summary }): [string, string] => [name, summary]), ['help VERB', 'options and examples of a verb']]),
    '',
    `Exit codes: ${exitText}.`,
    'Every run prints its seed and the command that repeats it.',
  ].join('\n');

function optionRow(option: Option): [string, string] {
  const { name, kind, value, choices, min, max, summary } = option;
  const bounds = kind === 'integer' && max !== undefined ? ` (${min ?? 0} to ${max})` : '';
  const listed = choices === undefined || choices.length > 8 ? '' : ` (${choices.join(', ')})`;
  const preset = option.default === undefined ? '' : ` [${option.default}]`;
  return [`--${name}${kind === 'flag' ? '' : ` ${value ?? 'VALUE'}`}`, `${summary}${bounds}${listed}${preset}`];
}

export function verbHelp(verb: Verb): string {
  const places = verb.positionals.map(({ name, required }) => (required ? `<${name}>` : `[${name}]`));
  const lines = [`Usage: ${[PROGRAM, verb.name, ...places, '[options]'].join(' ')}`, '', verb.summary];
  const arguments_ = verb.positionals.map(({ name, summary, choices }): [string, string] => [
    name,
    `${summary}${choices === undefined ? '' : `: ${choices.join(', ')}`}`,
  ]);
  if (arguments_.length > 0) lines.push('', columns(arguments_));
  lines.push('', columns([...verb.options.map(optionRow), ['--help', 'this text']]));
  if (verb.examples.length > 0)
    lines.push('', 'Examples:', columns(verb.examples.map(([command, what]) => [`${PROGRAM} ${command}`, what])));
  return lines.join('\n');
}
