import { expect, test } from 'vitest';
import type { Observer } from '../observer.ts';
import { simulate } from '../simulate.ts';
import type { Subject } from '../subject.ts';
import { paxosSubject } from '../subjects/paxos/paxos.ts';
import { pbftSubject } from '../subjects/pbft/pbft.ts';
import { raftSubject } from '../subjects/raft/raft.ts';
import { tendermintSubject } from '../subjects/tendermint/tendermint.ts';
import { drawPlan } from '../swarm.ts';

const SEED = 3;
const nothing = (): void => {};

/** How many messages of each type n2 sends, where it lies as said. */
function saidByN2(subject: Subject, behaviour: string | null): ReadonlyMap<string, number> {
  const said = new Map<string, number>();
  const plan = drawPlan(subject, SEED, { nodes: 4, faults: [] });
  const observer: Observer = {
    dropped: nothing,
    delivered: nothing,
    believed: nothing,
    indicated: nothing,
    fault: nothing,
    note: nothing,
    sent(from, _to, kind, payload) {
      const type = kind === 'message' ? subject.messageTypes?.of(payload) : undefined;
      if (from === 2 && type !== undefined) said.set(type, (said.get(type) ?? 0) + 1);
    },
  };
  const faults = behaviour === null ? [] : [{ fault: 'adversary', node: 'n2', behaviour, atMs: 0 } as const];
  simulate(subject, { ...plan, faults }, { observer });
  return said;
}

const subjects = [
  ['paxos', paxosSubject(), ['accepted', 'heartbeat']],
  ['pbft', pbftSubject(), ['prepare', 'commit']],
  ['tendermint', tendermintSubject(), ['prevote', 'precommit']],
] as const;

test('raft calls its messages by name, too', () => {
  const subject = raftSubject();
  for (const type of saidByN2(subject, null).keys()) expect(subject.messageTypes?.all).toContain(type);
});

test.each(subjects)('%s: a liar limited by types withholds messages of these types, and no others', (_name, subject, types) => {
  const all = subject.messageTypes?.all ?? [];
  const honest = saidByN2(subject, null);
  for (const type of honest.keys()) expect(all).toContain(type);
  const [withheld, other] = types;
  const lying = saidByN2(subject, `withhold(types=${withheld})`);
  expect([honest.get(withheld), honest.get(other), lying.get(other)]).toEqual(Array(3).fill(expect.any(Number)));
  // After the heal nobody lies.
  expect(lying.get(withheld) ?? 0).toBeLessThan((honest.get(withheld) ?? 0) / 4);
});
