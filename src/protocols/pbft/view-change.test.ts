/** The decision procedure against the paper's words, on random view changes, liars' among them. */
import { expect, test } from 'vitest';
import { Random } from '../../core/index.ts';
import { mostFaulty, quorumOf, weakOf } from './config.ts';
import { Pbft } from './pbft.ts';
import { referenceDecision } from './reference.ts';
import { Lab, ListMachine } from './testing.ts';
import type { Certified, Decision, ViewChange } from './view-change.ts';

class Open extends Pbft {
  decides(changes: readonly ViewChange[]): Decision | null {
    return this.decide(changes);
  }
}

const digests = ['aa', 'bb', 'cc'].map((two) => two.repeat(32));

/** What a replica may report: anything, mostly a little. */
function report(random: Random, node: number): ViewChange {
  const h = random.pick([0, 0, 0, 2]);
  const entries = (share: number): Certified[] =>
    [1, 2, 3, 4]
      .filter((seq) => seq > h && random.below(100) < share)
      .map((seq) => ({ seq, digest: random.pick(digests), view: random.below(3) }));
  const prepared = entries(40);
  const stable = { seq: h, digest: h === 0 ? '' : 'dd'.repeat(32), signatures: [] };
  return { node, view: 3, stable, prepared, prePrepared: [...prepared.filter(() => random.below(4) > 0), ...entries(60)], signature: null };
}

test('it decides what the reference decides, and only then (4,000 random sets)', () => {
  const random = new Random(3, 'decision');
  let decided = 0;
  let carried = 0;
  for (let i = 0; i < 4_000; i++) {
    const n = random.pick([4, 5, 7]);
    const peers = Array.from({ length: n }, (_, k) => k + 1);
    const node = new Open(1, peers, new Lab(1).config, new ListMachine());
    const size = random.between(quorumOf(n), n);
    const changes = random
      .shuffle(peers)
      .slice(0, size)
      .map((id) => report(random, id));
    const own = node.decides(changes);
    const right = referenceDecision(changes, quorumOf(n), weakOf(n));
    expect(own === null ? null : own.start.seq).toBe(right === null ? null : right.start);
    expect(own?.chosen.length).toBe(right?.allowed.length);
    own?.chosen.forEach(({ seq, digest }, at) => {
      expect(seq).toBe(own.start.seq + 1 + at);
      expect(right?.allowed[at]?.has(digest)).toBe(true);
    });
    if (right !== null) decided++;
    if (own?.chosen.some(({ digest }) => digest !== '') === true) carried++;
  }
  expect(decided).toBeGreaterThan(200);
  expect(carried).toBeGreaterThan(50);
}, 30_000);

/**
 * Histories as honest replicas make them: in each view one batch at one number is accepted by some, prepared by some
 * where a quorum accepted it, committed where a quorum prepared it. Liars among the reporters say anything.
 */
test('what may be committed is chosen, whoever reports and whatever f liars say; all honest reports always decide', () => {
  const random = new Random(4, 'histories');
  let committedCases = 0;
  for (let i = 0; i < 3_000; i++) {
    const n = random.pick([4, 5, 7]);
    const f = mostFaulty(n);
    const quorum = quorumOf(n);
    const honest = Array.from({ length: n - f }, (_, k) => k + 1);
    const accepted = new Map<number, Certified[]>(honest.map((id) => [id, []]));
    const prepared = new Map<number, Certified>();
    let committed: string | null = null;
    for (let view = 0; view < 3; view++) {
      // The safety of earlier views is what is shown by induction: once committed, only that is proposed.
      const digest: string = committed ?? random.pick(digests);
      const takers = honest.filter(() => random.below(3) > 0);
      for (const id of takers) accepted.get(id)?.push({ seq: 1, digest, view });
      if (takers.length + f < quorum) continue;
      const preparers = takers.filter(() => random.below(2) === 0);
      for (const id of preparers) prepared.set(id, { seq: 1, digest, view });
      if (preparers.length + f >= quorum) committed = digest;
    }
    const stable = { seq: 0, digest: '', signatures: [] };
    const truths = honest.map((node): ViewChange => {
      const p = prepared.get(node);
      return { node, view: 3, stable, prepared: p === undefined ? [] : [p], prePrepared: accepted.get(node) ?? [], signature: null };
    });
    const lies = Array.from({ length: f }, (_, k) => ({ ...report(random, n - k), stable }));
    const shown = random.shuffle([...truths, ...lies]).slice(0, random.between(quorum, n));
    const some = referenceDecision(shown, quorum, weakOf(n));
    if (committed !== null) {
      committedCases++;
      if (some !== null) expect([...(some.allowed[0] ?? [])]).toEqual([committed]);
    }
    expect(
      referenceDecision([...truths, ...lies.slice(0, random.below(f + 1))], quorum, weakOf(n)),
      'all honest reports decide',
    ).not.toBeNull();
  }
  expect(committedCases).toBeGreaterThan(200);
});
