/** Chains that split because nodes run different versions of the block rules, replayed: March 2013 (BIP 50), and a soft fork. */
import { expect, test } from 'vitest';
import type { NodeId } from '../../core/index.ts';
import type { ChainIndication } from './chain-base.ts';
import { rulesOf } from './rules.ts';
import { ChainLab } from './testing.ts';

const CONFIRMATIONS = 6;
const base = { confirmations: CONFIRMATIONS, firstDifficulty: 40, retargetEvery: 1_000_000, power: 2 };

function mineUntil(lab: ChainLab, done: () => boolean, who?: readonly NodeId[]): void {
  for (let left = 20_000; left > 0 && !done(); left--) {
    lab.mine(who);
    lab.deliver();
    if (left % 20 === 0) lab.announce();
  }
  expect(done()).toBe(true);
}

const height = (lab: ChainLab, id: NodeId): number => lab.node(id).tree.tip.height;
const longestReorganisation = (lab: ChainLab, id: NodeId): number =>
  Math.max(
    0,
    ...lab.told
      .filter(({ node, indication }) => node === id && indication.kind === 'chain')
      .map(({ indication }) => (indication as Extract<ChainIndication, { kind: 'chain' }>).disconnected.length),
  );

test('March 2013: one block of many locks splits 0.7 from 0.8; the downgrade heals it, and a confirmed payment is double-spent (BIP 50)', () => {
  // Nodes 1 to 3 run version 2 (0.8) with three fifths of the power, nodes 4 and 5 version 1 (0.7).
  const lab = new ChainLab(
    2013,
    [1, 2, 3, 4, 5].map((id) => ({ ...base, rules: rulesOf('locks', id <= 3 ? 2 : 1) })),
  );
  mineUntil(lab, () => height(lab, 1) >= 4 && height(lab, 4) >= 4);
  const before = height(lab, 4);
  // Twelve locks in one block: more than version 1 can take.
  lab.pay(1, 90, 1, 'big', 'many inputs', { locks: 12 });
  mineUntil(lab, () => lab.node(1).tree.spenderOf('big') !== undefined);
  const split = lab.node(1).tree.heightOf(lab.node(1).tree.spenderOf('big') as string) as number;
  expect(lab.node(4).dropped.get('against-rules') ?? 0).toBeGreaterThan(0);
  expect(split).toBeGreaterThan(before - 1);
  // The same coin, paid to a merchant who trusts version 2, and by the thief to itself on the other side.
  lab.pay(1, 91, 1, 'coin', 'merchant');
  lab.deliver(({ from, to }) => from <= 3 === to <= 3);
  lab.net = [];
  lab.pay(4, 92, 1, 'coin', 'thief');
  lab.deliver(({ from, to }) => from <= 3 === to <= 3);
  lab.net = [];
  mineUntil(lab, () => lab.answers.some(({ to, outcome }) => to === 91 && outcome === 'ok'));
  expect(lab.node(4).tree.spenderOf('big')).toBeUndefined();
  const depth = height(lab, 1) - split + 1;
  const lost = lab.node(1).tree.spenderOf('coin');
  // As in 2013, the larger pools go back to version 1; one node of version 2 stays.
  for (const id of [1, 2]) lab.restart(id, { rules: rulesOf('locks', 1) });
  mineUntil(lab, () => new Set([...lab.nodes.values()].map(({ tree }) => tree.mainAt(split))).size === 1);
  const kept = lab.node(3).tree.spenderOf('coin');
  const reversed = [lost, ...[...new Set(['big'])].map((coin) => lab.node(3).tree.spenderOf(coin))];
  expect(kept).not.toBe(lost);
  expect(kept).toBe(lab.node(4).tree.spenderOf('coin'));
  expect(longestReorganisation(lab, 3)).toBeGreaterThanOrEqual(CONFIRMATIONS);
  console.log(
    `split at height ${split}, ${depth} blocks deep when healing began, ${longestReorganisation(lab, 3)} blocks taken back by node 3; the merchant lost ${reversed[0]?.slice(0, 8)}`,
  );
});

test('a soft fork: the old nodes follow once the new mine more, and are left alone with blocks that the new refuse', () => {
  const lab = new ChainLab(
    7,
    [1, 2, 3, 4].map((id) => ({ ...base, rules: rulesOf('soft', id <= 3 ? 2 : 1) })),
  );
  // An old transaction: only node 4 would mine it.
  lab.pay(4, 90, 1, 'coin', 'old', { format: 1 });
  mineUntil(lab, () => height(lab, 1) >= 30 && height(lab, 4) >= 30);
  expect([...lab.nodes.values()].slice(0, 3).every(({ tree }) => tree.spenderOf('coin') === undefined)).toBe(true);
  expect(longestReorganisation(lab, 4)).toBeGreaterThan(0);
  expect(longestReorganisation(lab, 1)).toBeLessThan(6);
  mineUntil(lab, () => lab.node(4).tree.spenderOf('coin') === undefined && lab.node(4).tree.mainAt(20) === lab.node(1).tree.mainAt(20));
});

test('a hard fork: the old never follow, however long the other branch gets', () => {
  const lab = new ChainLab(
    8,
    [1, 2, 3, 4].map((id) => ({ ...base, rules: rulesOf('hard', id <= 3 ? 2 : 1) })),
  );
  lab.pay(1, 90, 1, 'coin', 'new', { format: 2 });
  mineUntil(lab, () => height(lab, 1) >= 40 && height(lab, 4) >= 5);
  expect(lab.node(1).tree.spenderOf('coin')).toBeDefined();
  expect(lab.node(4).tree.spenderOf('coin')).toBeUndefined();
  const at = lab.node(1).tree.heightOf(lab.node(1).tree.spenderOf('coin') as string) as number;
  expect(lab.node(4).tree.mainAt(at)).not.toBe(lab.node(1).tree.mainAt(at));
  expect(lab.node(4).dropped.get('wrong-transaction') ?? 0).toBeGreaterThan(0);
});
