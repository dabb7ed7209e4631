import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blockStarts, describeMissing, isContinuous, mayInstall } from '../tools/servers.ts';

describe('servers that the tests need', () => {
  it('are installed only where that was asked for, or in CI', () => {
    expect([{}, { LIGHTCONE_INSTALL: '0' }, { CI: 'false' }].map(mayInstall)).toEqual([false, false, false]);
    expect([{ LIGHTCONE_INSTALL: '1' }, { CI: 'true' }, { CI: '1' }].map(mayInstall)).toEqual([true, true, true]);
    expect([{ LIGHTCONE_INSTALL: '1' }, { CI: 'true' }].map(isContinuous)).toEqual([false, true]);
  });

  it('are named, with their count and what would install them, when they are missing', () => {
    const missing = [
      { name: 'etcd', packages: ['etcd-server'] },
      { name: 'browser', packages: ['chromium'] },
    ];
    expect(describeMissing(missing)).toBe('NOT TESTED, 2 missing: etcd, browser (LIGHTCONE_INSTALL=1 installs etcd-server chromium)');
    expect(describeMissing([])).toContain('is here');
  });

  it('do not start when they are installed, whoever is root: `env` stands for sudo', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lightcone-policy-'));
    const [policy, clusters] = [join(folder, 'policy-rc.d'), join(folder, 'postgresql', 'createcluster.conf')];
    const undo = blockStarts(['env'], policy, clusters);
    expect(spawnSync(policy).status).toBe(101);
    expect(readFileSync(clusters, 'utf8')).toContain('create_main_cluster = false');
    undo();
    expect(existsSync(policy)).toBe(false);
    // One that was there stays.
    writeFileSync(policy, 'own');
    blockStarts(['env'], policy, clusters)();
    expect(readFileSync(policy, 'utf8')).toBe('own');
    expect(() => blockStarts(['false'], join(folder, 'other'), clusters)).toThrow('servers would start');
    rmSync(folder, { recursive: true });
  });
});
