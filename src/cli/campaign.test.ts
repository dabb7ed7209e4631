import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from './main.ts';
import { commandIn, recordingIo, writeExampleSystem } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-campaigns-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeExampleSystem(folder);
const { started, lightcone, alive } = commandIn(folder);

const linesOf = (campaign: string): number => {
  const file = join(folder, campaign, 'state.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
};

describe.skipIf(process.platform !== 'linux')('a campaign on a service of ones own', () => {
  const about = 'check ./my-system.ts --time 1s --runs 3 --parallel 2 --campaign night';

  it('killed in the middle loses no run that was done, does the others, and leaves no server', { timeout: 120_000 }, async () => {
    const first = started(about);
    await expect.poll(() => linesOf('night'), { timeout: 60_000 }).toBeGreaterThanOrEqual(2);
    first.child.kill('SIGKILL');
    await first.ended;
    await expect.poll(alive, { timeout: 15_000 }).toEqual([]);
    const before = readFileSync(join(folder, 'night', 'state.jsonl'), 'utf8');
    expect(linesOf('night')).toBeLessThan(4);

    // Interrupted, it sums up.
    const second = started('check my-system.ts --parallel 2 --campaign night');
    await expect.poll(alive, { timeout: 15_000 }).not.toEqual([]);
    second.child.kill('SIGINT');
    const interrupted = await second.ended;
    expect([interrupted.code, interrupted.out]).toEqual([130, expect.stringMatching(/interrupted, \d of 3 runs are left/)]);
    expect(alive()).toEqual([]);

    const { code, out } = await lightcone('check my-system.ts --parallel 2 --campaign night --json');
    const { done, counts, left } = JSON.parse(out) as { done: { seed: number }[]; counts: { [verdict: string]: number }; left: number };
    expect([done.map(({ seed }) => seed), left]).toEqual([[1, 2, 3], 0]);
    expect([counts.violation, counts.environment]).toEqual([0, 0]);
    expect(code).toBe((counts.unknown ?? 0) > 0 ? 3 : 0);
    expect(readFileSync(join(folder, 'night', 'state.jsonl'), 'utf8').startsWith(before)).toBe(true);
    expect(alive()).toEqual([]);
  });
});

describe('the options of a campaign', () => {
  it.each([
    ['check etcd --parallel 2', '--parallel is for campaigns: say --runs N too'],
    ['check etcd --shrink 1/2', '--shrink is for campaigns: say --runs N too'],
    ['check etcd --runs 2 --shrink 3/2', '--shrink takes M/N such as 2/3'],
    ['check etcd --runs 2 --queue nats://h --parallel 2', '--queue and --parallel do not go together'],
    ['check etcd --runs 2 --junit x.xml', '--junit is for one run, not for a campaign'],
    ['check zookeeper --runs 2 --workload bank', 'zookeeper has no clients for the workload "bank"'],
    ['check etcd --campaign /nowhere/at/all', 'there is no campaign in /nowhere/at/all: --runs N begins one'],
    ['worker', 'worker needs a queue: --queue nats://host:4222'],
    ['worker --queue http://me:s3cret@h', '--queue takes a URL such as nats://host:4222, not "http://h"'],
    ['worker --queue nats://h --allow-module etcd', '--allow-module takes the file of a system such as ./my-system.ts, not "etcd"'],
  ])('%s: one sentence, exit 2', async (line, sentence) => {
    const io = recordingIo();
    expect([await run(line.split(' '), io), io.outText()]).toEqual([2, '']);
    expect(io.errText()).toContain(sentence);
    expect(io.errText()).not.toContain('s3cret');
  });
});
