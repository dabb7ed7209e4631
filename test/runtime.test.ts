import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundledNode, isNewEnough } from '../bin/runtime.js';
import { root } from '../tools/rooms.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-runtime-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An entry that takes this Node.js for an old one; its package may or may not have another Node.js beside it. */
function entry(name: string, withNode: boolean): string {
  const home = join(folder, name);
  mkdirSync(join(home, 'bin'), { recursive: true });
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
  copyFileSync(join(root, 'bin', 'runtime.js'), join(home, 'bin', 'runtime.js'));
  writeFileSync(
    join(home, 'bin', 'entry.js'),
    `import { withRuntime } from './runtime.js';
const old = process.env.LIGHTCONE_RUNTIME === undefined;
if (old) Object.defineProperty(process, 'version', { value: 'v20.20.2' });
withRuntime(${JSON.stringify(home)}, process.argv[1], process.argv.slice(2), () => {
  process.on('SIGTERM', () => process.exit(40));
  console.log(JSON.stringify({ args: process.argv.slice(2), old }));
  if (process.argv[2] === 'wait') setInterval(() => {}, 1000);
  else process.exitCode = 7;
});`,
  );
  if (withNode) {
    const bin = join(home, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
    chmodSync(join(bin, 'node'), 0o755);
  }
  return join(home, 'bin', 'entry.js');
}

describe('the entry', () => {
  it('knows which Node.js is new enough: 22.18', () => {
    expect(['v20.20.2', 'v22.17.9', 'v18.0.0'].filter(isNewEnough)).toEqual([]);
    expect(['v22.18.0', 'v22.20.1', 'v24.0.0', 'v26.1.0'].every(isNewEnough)).toBe(true);
  });

  it('finds the Node.js that came along, from any folder below', () => {
    const file = entry('found', true);
    expect(bundledNode(join(file, '..'))).toMatch(/found.node_modules.node-[a-z0-9-]+.bin.node$/);
  });

  it('on an old Node.js runs again under the one that came along, with arguments and exit code passed on', () => {
    const ended = spawnSync(process.execPath, [entry('again', true), 'a b', '--c'], { encoding: 'utf8' });
    expect([ended.stdout, ended.stderr, ended.status]).toEqual(['{"args":["a b","--c"],"old":false}\n', '', 7]);
  });

  it('passes a signal on and ends as the other did', async () => {
    const child = spawn(process.execPath, [entry('signal', true), 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.once('data', () => child.kill('SIGTERM'));
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(40);
  });

  it('without one says so in one sentence and exits with 5', () => {
    const ended = spawnSync(process.execPath, [entry('missing', false)], { encoding: 'utf8' });
    expect([ended.stdout, ended.status]).toEqual(['', 5]);
    expect(ended.stderr).toMatch(/^LC_RUNTIME: Node\.js v20\.20\.2 is too old: use Node\.js 22\.18 or newer .*\n$/);
  });
});
