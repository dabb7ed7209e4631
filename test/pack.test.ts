import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roomsBuilt, root } from '../tools/rooms.ts';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies?: { [name: string]: string } };
const dependencies = Object.keys(manifest.dependencies ?? {});
const folder = mkdtempSync(join(tmpdir(), 'lightcone-pack-'));
const home = join(folder, 'home');
const installed = join(home, 'node_modules', 'lightcone');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Without what `npm test` itself put into the environment (its npm_config_local_prefix would lead back here). */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|VITEST|LIGHTCONE_|NODE_ENV)/.test(name)),
);

function command(program: string, args: readonly string[], cwd: string): { code: number | null; out: string; err: string } {
  const path = `${dirname(process.execPath)}:${environment.PATH ?? ''}`;
  const ended = spawnSync(program, args, { cwd, encoding: 'utf8', env: { ...environment, PATH: path }, stdio: ['ignore', 'pipe', 'pipe'] });
  return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

describe('the published package', () => {
  beforeAll(() => {
    // Dependencies are packed from node_modules, so that the installation needs no network.
    for (const what of ['.', ...dependencies.map((name) => `./node_modules/${name}`)]) {
      const packed = command('npm', ['pack', what, '--loglevel=error', '--pack-destination', folder], root);
      expect([what, packed.code, packed.err]).toEqual([what, 0, '']);
    }
    mkdirSync(home);
    writeFileSync(join(home, 'package.json'), '{ "private": true }');
    const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    const paths = tarballs.map((name) => join(folder, name));
    const ended = command('npm', ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', ...paths], home);
    expect([ended.code, ended.err]).toEqual([0, '']);
  });

  it('installs offline into an empty folder, with nothing but its dependencies', () => {
    expect(readdirSync(join(home, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['lightcone', ...dependencies].sort());
  });

  it('holds what runs and what must come with it, no sources and no tests', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).map((path) => path.split('\\').join('/'));
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'CHANGELOG.md',
        'package.json',
        'bin/lightcone.js',
        'dist/cli/process-io.js',
        'dist/cli/worker.js',
        'dist/report/template.html',
      ]),
    );
    expect(files.filter((path) => /^(src|test|bench|tools)\/|\.test\.|\.map$|tsbuildinfo|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  it('opens every room, with types', async () => {
    for (const room of roomsBuilt().filter((name) => name !== 'cli')) {
      const program = `import * as room from 'lightcone/${room}'; console.log(Object.keys(room).length > 0)`;
      expect([room, command('node', ['--input-type=module', '-e', program], home)]).toEqual([room, { code: 0, out: 'true\n', err: '' }]);
      expect(existsSync(join(installed, 'dist', room, 'index.d.ts'))).toBe(true);
    }
  });

  it('runs `npx lightcone --version`', () => {
    const { code, out, err } = command('npx', ['--no', 'lightcone', '--version'], home);
    expect([code, out, err.replace(/^npm warn .*\n/gm, '')]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/), '']);
  });

  it('runs `npx lightcone demo`, which finds its bug (exit code 0)', () => {
    const { code, out } = command('npx', ['--no', 'lightcone', 'demo'], home);
    expect([code, out]).toEqual([0, expect.stringContaining('Found at seed')]);
  });
});
