/** `node tools/run.js script.ts ...`: runs a script of this repository under a Node.js that can. */
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withRuntime } from '../bin/runtime.js';

const self = fileURLToPath(import.meta.url);
const args = process.argv.slice(2);

withRuntime(dirname(dirname(self)), self, args, () => {
  const script = resolve(String(args[0]));
  process.argv = [process.execPath, script, ...args.slice(1)];
  return import(pathToFileURL(script).href).catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write(`LC_ENVIRONMENT: ${error.message.split('\n')[0]}: run \`npm ci\` first.\n`);
    process.exitCode = 5;
  });
});
