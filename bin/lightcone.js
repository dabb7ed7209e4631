#!/usr/bin/env node
/** The command `lightcone`: the sources in a checkout, `dist` in the published package. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withRuntime } from './runtime.js';

const script = fileURLToPath(import.meta.url);
const root = dirname(dirname(script));
const args = process.argv.slice(2);

withRuntime(root, script, args, () => {
  const source = join(root, 'src', 'cli', 'process-io.ts');
  const main = existsSync(source) ? source : join(root, 'dist', 'cli', 'process-io.js');
  return import(pathToFileURL(main).href).then((cli) => cli.main(args));
});
