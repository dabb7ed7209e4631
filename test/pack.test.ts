import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { roomsBuilt, root } from '../tools/rooms.ts';

const dependenciesOf = (folder: string): string[] => {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies?: { [name: string]: string } };
  return Object.keys(manifest.dependencies ?? {});
};
/** And theirs. */
const dependencies: string[] = dependenciesOf(root);
for (const name of dependencies)
  for (const inner of dependenciesOf(join(root, 'node_modules', name))) if (!dependencies.includes(inner)) dependencies.push(inner);
const folder = mkdtempSync(join(tmpdir(), 'lightcone-pack-'));
const home = join(folder, 'home');
const installed = join(home, 'node_modules', 'lightcone');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Without what `npm test` itself put into the environment (its npm_config_local_prefix would lead back here). */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|VITEST|LIGHTCONE_|NODE_ENV)/.test(name)),
);

function command(
  program: string,
  args: readonly string[],
  cwd: string,
  more: object = {},
): { code: number | null; out: string; err: string } {
  const path = `${dirname(process.execPath)}:${environment.PATH ?? ''}`;
  const ended = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env: { ...environment, PATH: path, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

describe('the published package', () => {
  beforeAll(() => {
    // Dependencies are packed from node_modules, so that the installation needs no network.
    for (const what of ['.', ...dependencies.map((name) => `./node_modules/${name}`)]) {
      const packed = command(
        'npm',
        ['pack', what, ...(what === '.' ? [] : ['--ignore-scripts']), '--loglevel=error', '--pack-destination', folder],
        root,
      );
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
    const folders = readdirSync(join(home, 'node_modules')).filter((name) => !name.startsWith('.'));
    const packages = folders.flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(home, 'node_modules', name)).map((inner) => `${name}/${inner}`) : [name],
    );
    expect(packages.sort()).toEqual(['lightcone', ...dependencies].sort());
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

describe('the project that `npx lightcone init` writes', () => {
  const workflow = (): { jobs: { check: { steps: { run?: string; uses?: string; with?: { path?: string } }[] } } } =>
    parse(readFileSync(join(home, '.github', 'workflows', 'lightcone.yml'), 'utf8'));
  /** A command line of a workflow, as GitHub's shell would run it. */
  const shell = (line: string, more: object = {}): ReturnType<typeof command> => command('bash', ['-e', '-c', line], home, more);

  beforeAll(() => {
    const { code, out } = command('npx', ['--no', 'lightcone', 'init'], home);
    expect([code, out]).toEqual([0, expect.stringContaining('wrote lightcone/my-system.test.ts')]);
  });

  it('passes the tests that are written with it', () => {
    // A user's project has its own Vitest; the tests have ours.
    symlinkSync(join(root, 'node_modules', 'vitest'), join(home, 'node_modules', 'vitest'));
    const { code, out } = command('node', ['node_modules/vitest/vitest.mjs', 'run'], home);
    rmSync(join(home, 'node_modules', 'vitest'));
    expect([code, out]).toEqual([0, expect.stringMatching(/Tests .*2 passed/)]);
  });

  it('has a nightly workflow whose commands run: the campaign is summed up, what fails annotated and kept where it is uploaded from', () => {
    const { steps } = workflow().jobs.check;
    const [install, campaign, ...more] = steps.flatMap(({ run }) => run ?? []);
    expect([install, more]).toEqual(['npm ci', []]);
    expect(shell(install as string, { npm_config_offline: 'true', npm_config_audit: 'false' }).code).toBe(0);
    const summary = join(folder, 'summary.md');
    const environment = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
    const nightly = (campaign as string).replace(/\$\{\{ github\.run_number \}\}/, '7');
    const quick = nightly.replace('--time 15s --runs 20', '--time 1s --runs 2');
    expect(quick).not.toBe(nightly);
    const passed = shell(quick, environment);
    // In one second a fault may bite nobody; then nothing was tested, and nothing found.
    const verdict = passed.code === 0 ? 'PASS: lightcone/my-system.ts kept its promise in all 2 runs.' : 'UNKNOWN: ';
    expect([[0, 3], passed.out]).toEqual([expect.arrayContaining([passed.code]), expect.stringContaining(verdict)]);
    expect(passed.out).toContain('2 of 2 runs of lightcone/my-system.ts, seeds from 700, drawn faults');

    const kept = steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact'))?.with?.path as string;
    rmSync(join(home, kept), { recursive: true });
    const failed = shell(`${quick} --scenario local-reads --shrink no`.replace('--time 1s', '--time 2s'), environment);
    expect([failed.code, failed.err]).toEqual([
      1,
      expect.stringMatching(/^::error title=lightcone\/my-system.ts, seed 70[01]::linearizability: /m),
    ]);
    expect(readdirSync(join(home, kept, 'run-0001')).sort()).toEqual(
      expect.arrayContaining(['report.json', 'scenario.yaml', 'trace.jsonl']),
    );
    const told = readFileSync(summary, 'utf8');
    expect(told).toContain(`### ${verdict}`);
    expect(told).toMatch(/\| 1 \| 700 \| violation \| linearizability: /);
  });
});
