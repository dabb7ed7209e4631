import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../tools/rooms.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-ci-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs .ci/run with an `npm` that does as the script says; it is given ci, test or run test:campaign. */
function ciRun(name: string, npm: string): { code: number | null; last: string } {
  const home = join(folder, name);
  mkdirSync(join(home, '.ci'), { recursive: true });
  mkdirSync(join(home, 'bin'));
  copyFileSync(join(root, '.ci', 'run'), join(home, '.ci', 'run'));
  writeFileSync(join(home, 'bin', 'npm'), `#!/bin/bash\nmkdir -p .lightcone/results\ncase "$*" in\n${npm}\nesac\n`);
  chmodSync(join(home, 'bin', 'npm'), 0o755);
  const env = { ...process.env, PATH: `${join(home, 'bin')}:${process.env.PATH}` };
  const ended = spawnSync('bash', [join(home, '.ci', 'run')], { encoding: 'utf8', env, cwd: folder });
  return { code: ended.status, last: ended.stdout.trimEnd().split('\n').at(-1) ?? '' };
}

const good = `test) echo "100 0" >.lightcone/results/test ;;\n"run test:campaign") echo "7 0" >.lightcone/results/campaign ;;`;

describe.skipIf(process.platform === 'win32')('.ci/run', () => {
  it('ends with the sum of what both suites counted', () => {
    expect(ciRun('good', good)).toEqual({ code: 0, last: '107 passed, 0 failed' });
  });

  it('fails when a test fails, and runs the campaigns all the same', () => {
    const npm = good.replace('"100 0" >.lightcone/results/test', '"98 2" >.lightcone/results/test; exit 1');
    expect(ciRun('failing', npm)).toEqual({ code: 1, last: '105 passed, 2 failed' });
  });

  it('a suite that wrote nothing is one failure, an old result is not read', () => {
    mkdirSync(join(folder, 'dead', '.lightcone', 'results'), { recursive: true });
    writeFileSync(join(folder, 'dead', '.lightcone', 'results', 'test'), '100 0\n');
    expect(ciRun('dead', 'test) exit 1 ;;\n"run test:campaign") echo "7 0" >.lightcone/results/campaign ;;')).toEqual({
      code: 1,
      last: '7 passed, 1 failed',
    });
  });

  it('an installation that fails is a failure', () => {
    expect(ciRun('install', `ci) exit 1 ;;\n${good}`)).toEqual({ code: 1, last: '7 passed, 1 failed' });
  });

  it('a failure that no suite counted is one all the same', () => {
    expect(ciRun('uncounted', good.replace('>.lightcone/results/campaign', '>.lightcone/results/campaign; exit 1'))).toEqual({
      code: 1,
      last: '107 passed, 1 failed',
    });
  });
});
