export { Arguments, parseArguments, usageError } from './arguments.ts';
export { main, run } from './main.ts';
export type { Io, Option, Positional, Verb } from './verb.ts';
export { verbs } from './verbs.ts';
