/** Compiles the rooms to `dist`, and takes out of it what no longer has a source, so that no stale file is published. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './rooms.ts';
import { command } from './suite.ts';

const dist = join(root, 'dist');

function prune(): void {
  if (!existsSync(dist)) return;
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const match = /^(?!\.info)(.*)\.(?:js|d\.ts)(?:\.map)?$/.exec(path);
    if (match !== null && !existsSync(join(root, 'src', `${match[1]}.ts`))) rmSync(join(dist, path));
  }
}

const { status } = command('tsc', ['-b']);
prune();
process.exitCode = status ?? 1;
