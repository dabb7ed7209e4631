/**
 * The test command: is everything installed, does it compile, is it formatted, do the tests pass, within their time?
 * All four are run whatever the others say; the last lines sum up. With arguments: only the tests that they name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LightconeError } from '../src/core/index.ts';
import { root } from './rooms.ts';
import { describeMissing, isContinuous, prepareServers } from './servers.ts';
import { close, command, runSuite, timed } from './suite.ts';

/** Every development dependency is there in exactly the version that package.json names. */
function checkInstalled(): string[] {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: { [name: string]: string };
  };
  const complaints: string[] = [];
  for (const [name, wanted] of Object.entries(devDependencies)) {
    const file = join(root, 'node_modules', name, 'package.json');
    const found = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : 'missing';
    if (found !== wanted) complaints.push(`${name} is ${found}, package.json names ${wanted}`);
  }
  return complaints;
}

function main(args: readonly string[]): void {
  const missing = checkInstalled();
  if (missing.length > 0) {
    const error = new LightconeError('LC_ENVIRONMENT', `${missing.join('; ')}: run \`npm ci\``);
    console.error(`${error.code}: ${error.message}`);
    process.exitCode = error.exit;
    return;
  }
  if (args.length > 0) {
    process.exitCode = command('vitest', ['run', ...args]).status ?? 1;
    return;
  }
  const lacking = prepareServers(process.env);
  console.log(describeMissing(lacking));
  const steps = [
    timed(
      'build',
      () =>
        command('tsc', ['-b']).status === 0 &&
        ['tsconfig.tests.json', 'web/tsconfig.tests.json'].every((config) => command('tsc', ['-p', config]).status === 0),
    ),
    timed('biome', () => command('biome', ['check', '.']).status === 0),
    runSuite('test', []),
    ...(isContinuous(process.env) ? [timed('servers', () => lacking.length === 0)] : []),
  ];
  close('test', steps);
  if (lacking.length > 0) console.log(describeMissing(lacking));
}

main(process.argv.slice(2));
