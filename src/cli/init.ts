/** `lightcone init`: an example of a service and its system, a scenario and a nightly workflow, to be changed. Nothing is overwritten. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Arguments } from './arguments.ts';
import { PROGRAM } from './help.ts';
import { initFiles } from './init-files.ts';
import { refuseExisting, writeOutput } from './output-file.ts';
import type { Io, Verb } from './verb.ts';

export const initVerb: Verb = {
  name: 'init',
  summary: 'Write an example that tests a service of your own, and a nightly workflow.',
  positionals: [{ name: 'folder', required: false, summary: 'the project; default: here' }],
  options: [],
  examples: [['init', 'lightcone/my-system.ts and what belongs to it; files that are there are never overwritten']],
  run: async (args, io) => write(args, io),
};

function write(args: Arguments, io: Io): number {
  const [folder = '.'] = args.positionals;
  const files = Object.entries(initFiles).map(([path, lines]) => ({ path, full: join(folder, path), text: `${lines.join('\n')}\n` }));
  // All or none.
  for (const { full } of files) refuseExisting(full);
  for (const { full, text, path } of files) {
    mkdirSync(dirname(full), { recursive: true });
    writeOutput(full, text);
    io.out(`wrote ${path}`);
  }
  io.out(`Next: ${PROGRAM} check ./lightcone/my-system.ts`);
  return 0;
}
