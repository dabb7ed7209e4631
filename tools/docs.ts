/** `npm run docs`: writes the pages, or parts of pages, that are made from code. A test asserts that they are up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pages } from './pages.ts';
import { root } from './rooms.ts';
import { renewed } from './transcripts.ts';

for (const [path, make] of Object.entries({ ...pages, 'README.md': renewed })) {
  const file = join(root, path);
  const before = readPage(file);
  const after = make(before);
  if (after !== before) writeFileSync(file, after);
  console.log(`${path}: ${after === before ? 'up to date' : 'written'}`);
}

function readPage(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
