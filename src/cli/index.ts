export { Arguments, parseArguments, usageError } from './arguments.ts';
export { verbHelp } from './help.ts';
export { run } from './main.ts';
export { main } from './process-io.ts';
export { protocolNamed, protocolNames } from './protocols/index.ts';
export type { Io, Option, Positional, Verb } from './verb.ts';
export { verbs } from './verbs.ts';
