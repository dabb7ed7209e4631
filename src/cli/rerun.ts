/** The command that repeats a run, ready to be pasted into a shell. */
import { PROGRAM } from './help.ts';

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** `words`: the verb and what follows it; options with no value (undefined) are left out, flags are true. */
export function rerunCommand(
  words: readonly string[],
  options: { readonly [name: string]: string | number | boolean | undefined },
): string {
  const parts = [PROGRAM, ...words.map(quoted)];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === false) continue;
    parts.push(`--${name}`);
    if (value !== true) parts.push(quoted(String(value)));
  }
  return parts.join(' ');
}
