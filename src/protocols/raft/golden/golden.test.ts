/** The golden scripts give the output that was reviewed. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseCases } from './format.ts';
import { Script } from './script.ts';

const folder = new URL('./', import.meta.url);
const rewrite = process.env.RAFT_GOLDEN === 'write';

/** The text with each case's output replaced by what really comes out. */
function replayed(text: string): string {
  const script = new Script();
  const lines = text.split('\n');
  let out: string[] = [];
  let at = 0;
  for (const item of parseCases(text)) {
    const separator = lines.indexOf('----', item.line - 1);
    out = out.concat(lines.slice(at, separator + 1), script.run(item).split('\n'));
    at = separator + 1 + item.expected.split('\n').filter((line) => line !== '').length;
  }
  return out.concat(lines.slice(at)).join('\n');
}

for (const name of readdirSync(folder).filter((file) => file.endsWith('.txt'))) {
  test(`${name} goes as it was reviewed`, () => {
    const file = new URL(name, folder);
    const text = readFileSync(file, 'utf8');
    const actual = replayed(text);
    if (rewrite) writeFileSync(file, actual);
    else expect(actual).toBe(text);
  });
}
