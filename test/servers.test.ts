import { describe, expect, it } from 'vitest';
import { describeMissing, isContinuous, mayInstall } from '../tools/servers.ts';

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
    expect(describeMissing([])).toContain('was tested');
  });
});
