/** Transcripts in prose: blocks that begin with `$ npx lightcone ...` hold what that command really prints. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './rooms.ts';

const block = /```console\n\$ npx lightcone ([^\n]*)\n([\s\S]*?)```/g;

export interface Transcript {
  readonly command: string;
  readonly shown: string;
}

export const transcriptsIn = (page: string): Transcript[] =>
  [...page.matchAll(block)].map(([, command = '', shown = '']) => ({ command, shown }));

/** What the command prints on standard output, now. */
export function printed(command: string): string {
  const ended = spawnSync(process.execPath, [join(root, 'bin', 'lightcone.js'), ...command.split(' ')], { encoding: 'utf8', cwd: root });
  return ended.stdout;
}

/** Wall-clock times differ from run to run; all else must not. */
export const withoutTimes = (text: string): string => text.replace(/\bin [0-9]+\.[0-9] s\b/g, 'in a while');

/** `page` with every transcript as it is now; those that differ in times only stay as they are. */
export function renewed(page: string): string {
  return page.replace(block, (whole, command: string, shown: string) => {
    const now = printed(command);
    return withoutTimes(now) === withoutTimes(shown) ? whole : `\`\`\`console\n$ npx lightcone ${command}\n${now}\`\`\``;
  });
}
