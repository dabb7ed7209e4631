/**
 * Strict arguments: an unknown option, a missing value, a wrong number, a combination that makes no sense is one
 * sentence with the value that offends and, where there is one, the name that was probably meant (LC_USAGE).
 */
import { parseArgs } from 'node:util';
import { LightconeError } from '../core/index.ts';
import { nearest } from './nearest.ts';
import type { Option, Verb } from './verb.ts';

export function usageError(message: string, data: { [name: string]: unknown } = {}): LightconeError {
  return new LightconeError('LC_USAGE', message, data);
}

/** `names` as a sentence part: the nearest one, or all where they are few. */
export function suggestion(word: string, names: readonly string[]): string {
  const near = nearest(word, names);
  if (near !== null) return `did you mean ${near}?`;
  return names.length <= 16 ? `there are: ${names.join(', ')}` : 'see the help';
}

/** Values as given; absent ones are undefined. */
export class Arguments {
  readonly positionals: readonly string[];
  /** As they were given. */
  readonly words: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>, words: readonly string[] = []) {
    this.positionals = positionals;
    this.words = words;
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  integer(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : Number(value.replaceAll('_', ''));
  }
}

function checkInteger(option: Option, given: string): void {
  const { name, min = 0, max = Number.MAX_SAFE_INTEGER } = option;
  const value = Number(given.replaceAll('_', ''));
  if (!/^-?[0-9][0-9_]*$/.test(given) || !Number.isSafeInteger(value))
    throw usageError(`--${name} takes a whole number, not ${JSON.stringify(given)}`, { given });
  if (value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `from ${min} to ${max}`;
    throw usageError(`--${name} takes a number ${range}, not ${given}`, { given });
  }
}

function checkValue(option: Option, given: string | undefined, inline: boolean): string {
  const { name, kind, value = 'VALUE', choices = [] } = option;
  if (kind === 'flag') {
    if (inline) throw usageError(`--${name} takes no value, but was given ${JSON.stringify(given)}`, { given });
    return 'true';
  }
  if (given === undefined || given === '' || (!inline && /^--?[a-z]/.test(given))) {
    throw usageError(`--${name} needs a value (${value})${given === undefined || given === '' ? '' : `, not ${given}`}`, { given });
  }
  if (kind === 'integer') checkInteger(option, given);
  if (kind === 'choice' && !choices.includes(given)) {
    throw usageError(`--${name} does not know ${JSON.stringify(given)}; ${suggestion(given, choices)}`, { given, choices });
  }
  return given;
}

/** Reads what follows the verb. Throws LC_USAGE. */
export function parseArguments(verb: Verb, args: readonly string[]): Arguments {
  const options = new Map(verb.options.map((option) => [option.name, option]));
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(verb.options.map(({ name, kind }) => [name, { type: kind === 'flag' ? 'boolean' : 'string' }])),
  });
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = options.get(token.name);
    if (option === undefined || token.rawName !== `--${token.name}`) {
      const names = verb.options.map(({ name }) => `--${name}`);
      throw usageError(`${verb.name} has no option ${token.rawName}; ${suggestion(token.rawName, names)}`, { option: token.rawName });
    }
    const value = checkValue(option, token.value, token.inlineValue === true);
    const before = values.get(option.name);
    if (before !== undefined && option.repeats !== true)
      throw usageError(`--${option.name} is given twice (${before[0]} and ${value})`, { given: value });
    values.set(option.name, [...(before ?? []), value]);
  }
  checkTogether(verb, values);
  checkPositionals(verb, positionals);
  return new Arguments(positionals, values, args);
}

function checkTogether(verb: Verb, values: ReadonlyMap<string, readonly string[]>): void {
  for (const { name, excludes = [] } of verb.options) {
    if (!values.has(name)) continue;
    for (const other of excludes) if (values.has(other)) throw usageError(`--${name} and --${other} do not go together: leave one out`);
  }
}

function checkPositionals(verb: Verb, given: readonly string[]): void {
  verb.positionals.forEach(({ name, required, choices }, i) => {
    const word = given[i];
    if (word === undefined) {
      if (required) throw usageError(`${verb.name} needs a ${name}${choices === undefined ? '' : `: ${choices.join(', ')}`}`);
      return;
    }
    if (choices !== undefined && !choices.includes(word)) {
      throw usageError(`there is no ${name} ${JSON.stringify(word)}; ${suggestion(word, choices)}`, { given: word, choices });
    }
  });
  const extra = given[verb.positionals.length];
  if (extra !== undefined) throw usageError(`${verb.name} does not know what to do with ${JSON.stringify(extra)}`, { given: extra });
}
