/** The command line's frame: finds the verb, reads its arguments, turns every error into one sentence and an exit code. */
import { readFileSync } from 'node:fs';
import { errorKinds, exitCodes, InvariantViolation, LightconeError } from '../core/index.ts';
import { parseArguments, suggestion, usageError } from './arguments.ts';
import { generalHelp, nextCommands, verbHelp } from './help.ts';
import { fileError } from './output-file.ts';
import type { Io, Verb } from './verb.ts';
import { verbs as allVerbs } from './verbs.ts';

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function find(name: string, verbs: readonly Verb[]): Verb {
  const verb = verbs.find((each) => each.name === name);
  if (verb !== undefined) return verb;
  throw usageError(`there is no verb ${JSON.stringify(name)}; ${suggestion(name, [...verbs.map((each) => each.name), 'help'])}`, {
    verb: name,
  });
}

async function dispatch(args: readonly string[], io: Io, verbs: readonly Verb[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) io.out(nextCommands());
  else if (name === '--help' || name === '-h') io.out(generalHelp(verbs));
  else if (name === '--version' || name === '-v') io.out(version());
  else if (name === 'help') io.out(rest[0] === undefined ? generalHelp(verbs) : verbHelp(find(rest[0], verbs)));
  else if (name.startsWith('-'))
    throw usageError(`there is no option ${name} before the verb; ${suggestion(name, ['--help', '--version'])}`, { option: name });
  else {
    const verb = find(name, verbs);
    const end = rest.indexOf('--');
    const options = end < 0 ? rest : rest.slice(0, end);
    if (!options.includes('--help') && !options.includes('-h')) return verb.run(parseArguments(verb, rest), io);
    io.out(verbHelp(verb));
  }
  return exitCodes.pass;
}

/** One sentence, and the code to exit with. Stack traces only for LIGHTCONE_DEBUG=1. */
export function explain(thrown: unknown, io: Io): number {
  const error = fileError(thrown);
  if (io.environment.LIGHTCONE_DEBUG === '1' && thrown instanceof Error) io.err(String(thrown.stack));
  if (error instanceof LightconeError) {
    io.err(error.code === 'LC_INTERRUPTED' ? error.message : `${error.code}: ${error.message}`);
    return error.exit;
  }
  if (error instanceof InvariantViolation) {
    io.err(`broken invariant ${error.message}`);
    return exitCodes.violation;
  }
  if (error instanceof RangeError && /allocation failed|Invalid (typed )?array (buffer )?length/i.test(error.message)) {
    io.err(`LC_MEMORY: memory ran out (${errorKinds.LC_MEMORY.advice})`);
    return errorKinds.LC_MEMORY.exit;
  }
  io.err(`LC_BUG: ${error instanceof Error ? error.message : String(error)} (${errorKinds.LC_BUG.advice})`);
  return errorKinds.LC_BUG.exit;
}

/** Runs one command and gives its exit code; it never throws. */
export async function run(args: readonly string[], io: Io, verbs: readonly Verb[] = allVerbs): Promise<number> {
  try {
    return await dispatch(args, io, verbs);
  } catch (error) {
    return explain(error, io);
  }
}
