import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bugNames } from '../examples/broken-service/bugs.ts';
import { root } from '../tools/rooms.ts';
import { type Ended, lightcone, ownFolder, together } from './command-line.ts';

const folder = ownFolder('broken-service');
const system = join(root, 'examples', 'broken-service', 'system.ts');
const TIME = '5s';
/** Mostly they wait; on two cores more of them would wait for each other. */
const AT_ONCE = 2;
const PROMISED_MS = 30_000;

/** What each bug does to a history, as its checker calls it. */
const seen: { readonly [bug in (typeof bugNames)[number]]: RegExp } = {
  'stale-cache': /^FAIL linearizability/m,
  'lost-update': /^FAIL durability[\s\S]*increments were acknowledged[\s\S]*lost/m,
  'ack-before-write': /^FAIL durability[\s\S]*acknowledged additions are lost/m,
  'non-atomic-transfer': /^FAIL bank/m,
  'dirty-read': /^FAIL read-committed[\s\S]*had failed/m,
  'reordered-queue': /^FAIL linearizability/m,
};

describe('a service with six bugs', () => {
  const runs = new Map<string, Ended>();
  beforeAll(async () => {
    const names = bugNames.flatMap((bug) => [bug, `${bug}-fixed`]);
    const check = (name: string): Promise<Ended> => lightcone(folder, ['check', system, '--scenario', name, '--time', TIME]);
    const ended = await together(AT_ONCE, names, check);
    names.forEach((name, i) => {
      runs.set(name, ended[i] as Ended);
    });
  }, 240_000);

  it.each(bugNames)('%s is caught, and told by what it does, within 30 s', (bug) => {
    const { code, out, ms } = runs.get(bug) as Ended;
    expect(code === 1 ? '' : out).toBe('');
    expect(out).toMatch(seen[bug]);
    expect(ms).toBeLessThan(PROMISED_MS);
  });

  it.each(bugNames)('without %s the same scenario passes, and its fault did bite', (bug) => {
    const { code, out } = runs.get(`${bug}-fixed`) as Ended;
    expect(code === 0 ? '' : out).toBe('');
    expect(out).toMatch(/^ {2}\S+ from [\d.]+ to [\d.]+ s bit: seen by a probe/m);
    expect(out).not.toContain('did not bite');
  });
});
