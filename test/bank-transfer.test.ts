import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GroupCommit } from 'lightcone/protocols/commit';
import { drawPlan, simulate, type World } from 'lightcone/simulator';
import { describe, expect, test } from 'vitest';
import { bankSubject, TOTAL, totalOf } from '../examples/bank-transfer/bank.ts';
import { root } from '../tools/rooms.ts';

const folder = join(root, 'examples', 'bank-transfer');

class CommitsOnAnyVote extends GroupCommit {
  override mayCommit(...[, yes]: Parameters<GroupCommit['mayCommit']>): boolean {
    return yes.size > 0;
  }
}

describe('the bank over two shards', () => {
  test('prints what its README shows, through four crashes of coordinators, and passes', () => {
    const out = execFileSync(process.execPath, [join(folder, 'run.ts')], { encoding: 'utf8', cwd: root });
    const shown = /```text\n([\s\S]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[1];
    expect(out).toBe(shown);
    expect(out).toMatch(/PASS total-money/);
  });

  const run = (seed: number, node: typeof GroupCommit): string | null => {
    const subject = bankSubject(() => {}, node);
    const drawn = drawPlan(subject, seed, { nodes: 6 });
    const workload = { ...drawn.workload, readPpm: 300_000, casPpm: 0, adminPpm: 0, readers: 0, thinkMinUs: 1000, thinkMaxUs: 10_000 };
    let world: World | null = null;
    const observer = {
      begin: (begun: unknown) => {
        world = begun as World;
      },
    };
    const others = ['sent', 'dropped', 'delivered', 'believed', 'indicated', 'fault', 'note'].map((name) => [name, () => {}]);
    const quiet = { syncMinUs: 100, syncMaxUs: 2000 };
    const plan = {
      ...drawn,
      clients: 4,
      durationMs: 5000,
      workload,
      disk: quiet,
      liveness: { commits: 10, boundMs: 20_000, freeze: 'nobody' },
    };
    const result = simulate(subject, plan as never, { observer: { ...Object.fromEntries(others), ...observer } as never });
    if (result.violation !== null) return result.violation.message;
    const total = totalOf(world as unknown as World);
    return total === TOTAL ? null : `total-money: ${total} of ${TOTAL}`;
  };

  test('no money is lost or made, whatever the seed draws', () => {
    for (let seed = 1; seed <= 10; seed++) expect([seed, run(seed, GroupCommit)]).toEqual([seed, null]);
  });

  test('a coordinator that commits before all have voted is noticed by the books', () => {
    const found = Array.from({ length: 10 }, (_, i) => run(i + 1, CommitsOnAnyVote)).filter((message) => message !== null);
    expect(found.some((message) => message?.includes('total-money'))).toBe(true);
  });
});
