/** What is no message of this protocol, or cannot be true, is dropped by name and touches nothing. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../core/index.ts';
import { batchDigest } from './batch.ts';
import { messageNames, messageTypes, type PbftMessage } from './message.ts';
import { beginning, encoded, Lab, leaving, leavingMessage, requestOf, stableProof, vote, withBatch, withBody } from './testing.ts';
import type { Certified, StableProof, ViewChange } from './view-change.ts';

const empty = batchDigest([]);
const digest = 'ab'.repeat(32);
const request = requestOf(9, 1, 'x');
const large = [1, 2, 3].map((client) => requestOf(client, 1, 'x'.repeat(900)));
const stable = (proof: StableProof): PbftMessage => withBody(messageTypes.stable, 0, 4, { type: 'stable', proof });
const state = (snapshot: string): PbftMessage => {
  const body = { type: 'state' as const, proof: stableProof(4, digest, [1, 2, 3]), snapshot };
  return withBody(messageTypes.state, 0, 4, body);
};

const at = (seq: number, view = 0): Certified => ({ seq, digest, view });
const many = (count: number): Certified[] => Array.from({ length: count }, (_, i) => at(1 + (i % 4)));
const three = (parts: Partial<ViewChange> = {}): ViewChange[] => [2, 3, 4].map((node) => leaving(node, 1, parts));
const fewSigned = stableProof(4, digest, [2, 3]);

/** Why; from whom; what. To replica 1 of 4, where nothing has happened yet; the window is 4 wide. */
const cases: readonly (readonly [string, NodeId, PbftMessage])[] = [
  ['stranger', 9, vote(messageTypes.prepare, 0, 1, empty, 9)],
  ['stranger', 1, vote(messageTypes.prepare, 0, 1, empty, 1)],
  ['malformed', 2, { ...vote(messageTypes.prepare, 0, 1, empty, 2), batch: [] }],
  ['malformed', 2, { ...vote(messageTypes.commit, 0, 1, empty, 2), body: { type: 'stable', proof: fewSigned } }],
  ['malformed', 2, vote(messageTypes.prePrepare, 0, 1, empty, 2)],
  ['malformed', 2, vote(messageTypes.request, 0, 1, empty, 2)],
  ['malformed', 2, withBatch(messageTypes.request, 0, 1, [request, request], 2)],
  ['malformed', 2, vote(messageTypes.viewChange, 1, 0, empty, 2)],
  ['malformed', 2, { ...leavingMessage(leaving(2, 1)), batch: [] }],
  ['malformed', 2, { ...stable(stableProof(4, digest, [1, 2, 3])), type: messageTypes.newView }],
  ['oversized', 2, { ...vote(messageTypes.prePrepare, 1, 1, empty, 2), batch: new Array(300).fill(request) }],
  ['oversized', 2, withBatch(messageTypes.committed, 0, 1, large, 2)],
  ['oversized', 2, state('x'.repeat(20_000))],
  ['duplicate-voter', 2, stable({ seq: 4, digest, signatures: [1, 1, 2].map((node) => ({ node, signature: 's' })) })],
  ['duplicate-voter', 2, stable(stableProof(4, digest, [1, 2, 9]))],
  ['oversized', 2, stable(stableProof(4, digest, [1, 2, 3, 4, 9]))],
  ['no-quorum', 2, stable(fewSigned)],
  ['malformed', 2, stable({ seq: 0, digest, signatures: [] })],
  ['not-asked-for', 2, vote(messageTypes.fetchBatch, 0, 1, empty, 2)],
  ['not-asked-for', 2, vote(messageTypes.fetchState, 0, 1, empty, 2)],
  ['not-asked-for', 2, withBatch(messageTypes.batch, 0, 1, [request], 2)],
  ['outside-window', 2, vote(messageTypes.prepare, 0, 999, empty, 2)],
  ['outside-window', 2, vote(messageTypes.prepare, 0, 0, empty, 2)],
  ['outside-window', 2, vote(messageTypes.commit, 0, 5, empty, 2)],
  ['outside-window', 2, withBatch(messageTypes.committed, 0, 5, [request], 2)],
  ['wrong-digest', 2, { ...vote(messageTypes.committed, 0, 1, digest, 2), batch: [request] }],
  ['not-primary', 2, { ...vote(messageTypes.prePrepare, 0, 1, empty, 2), batch: [] }],
  ['other-view', 2, { ...vote(messageTypes.prePrepare, 1, 1, empty, 2), batch: [] }],
  ['bad-proof', 2, { ...vote(messageTypes.prepare, 0, 1, empty, 2), proof: 'invented' }],
  // Of a view change: who says it, and of what.
  ['malformed', 2, leavingMessage(leaving(3, 1))],
  ['malformed', 2, { ...leavingMessage(leaving(2, 1)), view: 2 }],
  ['bad-proof', 2, leavingMessage({ ...leaving(2, 1), signature: 'invented' })],
  // One good proof among bad ones is not enough, be it the last.
  ['bad-proof', 2, leavingMessage({ ...leaving(2, 1, { stable: stableProof(4, digest, [1, 2, 3]) }), signature: 'invented' })],
  ['no-quorum', 2, leavingMessage(leaving(2, 1, { stable: fewSigned }))],
  ['malformed', 2, leavingMessage(leaving(2, 1, { prepared: [at(0)] }))],
  ['malformed', 2, leavingMessage(leaving(2, 1, { prepared: [at(5)] }))],
  ['malformed', 2, leavingMessage(leaving(2, 1, { prepared: [at(Number.MAX_SAFE_INTEGER)] }))],
  ['malformed', 2, leavingMessage(leaving(2, 1, { prepared: [at(1, 1)] }))],
  ['malformed', 2, leavingMessage(leaving(2, 1, { prepared: [at(1), at(1)] }))],
  ['malformed', 2, leavingMessage(leaving(2, 1, { prepared: [at(2), at(1)] }))],
  ['malformed', 2, leavingMessage(leaving(2, 1, { prePrepared: [at(0)] }))],
  ['malformed', 2, leavingMessage(leaving(2, 1, { prePrepared: [at(5)] }))],
  ['malformed', 2, leavingMessage(leaving(2, 1, { prePrepared: [at(1, 1)] }))],
  ['malformed', 2, leavingMessage(leaving(2, 1, { stable: stableProof(4, digest, [1, 2, 3]), prepared: [at(4)] }))],
  ['malformed', 2, leavingMessage(leaving(2, 1, { stable: stableProof(4, digest, [1, 2, 3]), prepared: [at(9)] }))],
  ['oversized', 2, leavingMessage(leaving(2, 1, { prepared: many(5) }))],
  ['oversized', 2, leavingMessage(leaving(2, 1, { prePrepared: many(33) }))],
  // Of a new view.
  ['malformed', 2, { ...beginning(2, 1, three()), view: 2 }],
  ['no-quorum', 2, beginning(2, 1, three().slice(1))],
  ['duplicate-voter', 2, beginning(2, 1, [leaving(2, 1), leaving(2, 1), leaving(3, 1)])],
  ['duplicate-voter', 2, beginning(2, 1, [leaving(2, 1), leaving(3, 1), leaving(9, 1)])],
  [
    'oversized',
    2,
    beginning(
      2,
      1,
      [1, 2, 3, 4, 9].map((node) => leaving(node, 1)),
    ),
  ],
  ['oversized', 2, beginning(2, 1, three(), { chosen: [1, 2, 3, 4, 5].map((seq) => ({ seq, digest })) })],
  ['other-view', 2, beginning(2, 1, [leaving(2, 1), leaving(3, 1), leaving(4, 2)])],
  ['malformed', 2, beginning(2, 1, three({ prepared: [at(5)] }))],
  ['no-quorum', 2, beginning(2, 1, three({ stable: fewSigned }))],
  ['bad-proof', 2, beginning(3, 1, three())],
  ['bad-proof', 2, beginning(2, 1, [{ ...leaving(2, 1), signature: 'invented' }, leaving(3, 1), leaving(4, 1)])],
];

/** New views of good proofs whose choice does not follow from them. */
const wrongChoices: readonly PbftMessage[] = [
  beginning(2, 1, three(), { start: { seq: 4, digest: '' } }),
  beginning(2, 1, three(), { start: { seq: 0, digest } }),
  beginning(2, 1, three(), { chosen: [{ seq: 1, digest }] }),
  beginning(2, 1, three({ prepared: [at(1)], prePrepared: [at(1)] })),
  beginning(2, 1, three({ prepared: [at(1)], prePrepared: [at(1)] }), { chosen: [{ seq: 2, digest }] }),
  beginning(2, 1, three({ prepared: [at(1)], prePrepared: [at(1)] }), { chosen: [{ seq: 1, digest: '' }] }),
];

describe('messages that are nonsense are dropped and counted', () => {
  test.each(cases.map(([why, from, message], i) => [`${i} ${messageNames[message.type]}: ${why}`, why, from, message] as const))(
    '%s',
    (_name, why, from, message) => {
      const lab = new Lab(4, { checkpointEvery: 2, window: 4, maxBatchBytes: 1000, maxSnapshotBytes: 10_000 });
      const before = encoded(lab, 1);
      lab.deliver(from, 1, message);
      lab.run(0);
      expect([...lab.replica(1).dropped]).toEqual([[why, 1]]);
      expect(encoded(lab, 1)).toBe(before);
      expect(lab.journals.get(1) ?? []).toEqual([]);
    },
  );

  test.each(wrongChoices.map((message, i) => [i, message] as const))('wrong choice %i of a new view', (_i, message) => {
    const lab = new Lab(4, { checkpointEvery: 2, window: 4 });
    lab.deliver(2, 1, message);
    lab.run(0);
    expect([...lab.replica(1).dropped]).toEqual([['wrong-choice', 1]]);
    expect([lab.replica(1).view, lab.replica(1).slotsKnown(), lab.journals.get(1) ?? []]).toEqual([0, [], []]);
  });

  test('what they are made from is taken, where it is as it should be', () => {
    const lab = new Lab(4, { checkpointEvery: 2, window: 4 });
    lab.deliver(2, 1, leavingMessage(leaving(2, 1, { prepared: [at(4)], prePrepared: many(32) })));
    const prepared = { prepared: [at(1)], prePrepared: [at(1)] };
    lab.deliver(2, 1, beginning(2, 1, three(prepared), { chosen: [{ seq: 1, digest }] }));
    lab.run(0);
    expect([...lab.replica(1).dropped]).toEqual([]);
    expect([lab.replica(1).view, lab.replica(1).active]).toEqual([1, true]);
  });
});
