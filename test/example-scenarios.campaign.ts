/** All scenario files that come along, on a real etcd cluster of the size that each names. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../tools/rooms.ts';
import { lightcone, ownFolder } from './command-line.ts';
import { etcdBinary } from './own-etcd.ts';

const scenarios = join(root, 'examples', 'scenarios');
const files = readdirSync(scenarios).filter((name) => name.endsWith('.yaml'));
const folder = ownFolder('example-scenarios');

describe.skipIf(etcdBinary === null)(`the ${files.length} scenario files on etcd`, () => {
  it.each(files)('%s holds, and its faults bite', async (name) => {
    const { code, out, err } = await lightcone(folder, ['check', 'etcd', '--scenario', join(scenarios, name)]);
    expect(code === 0 ? '' : out + err).toBe('');
    expect(out).not.toContain('did not bite');
  });
});
