/** What is proposed, by whom, how much of it; and batches that a replica must get from others. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../core/index.ts';
import { batchDigest } from './batch.ts';
import { messageTypes } from './message.ts';
import { items, Lab, requestOf, vote, withBatch } from './testing.ts';

const types = (lab: Lab, id: NodeId): string[] => (lab.journals.get(id) ?? []).map(({ type }) => type);
const invented = requestOf(9, 1, 'invented', 1);

describe('who asked for it', () => {
  test("the primary's word is not enough for a request that its client did not prove; one more voter, so an honest one, is", () => {
    const lab = new Lab(4);
    lab.deliver(1, 2, withBatch(messageTypes.prePrepare, 0, 1, [invented], 1));
    lab.run(1000);
    expect(types(lab, 2)).toEqual([]);
    lab.deliver(3, 2, vote(messageTypes.prepare, 0, 1, batchDigest([invented]), 3));
    lab.run(1000);
    expect(types(lab, 2)).toContain('accepted');
  });

  test('where the channel says who speaks, the client must have been heard', () => {
    const lab = new Lab(4, { authentication: 'channel' });
    const client = lab.client();
    const asked = { client, timestamp: 1, op: 'x', bundle: false, proof: null };
    lab.deliver(1, 2, { ...withBatch(messageTypes.prePrepare, 0, 1, [asked], 1), proof: null });
    lab.run(1000);
    expect(types(lab, 2)).toEqual([]);
    lab.step(2, { kind: 'request', now: lab.now, from: client, request: { id: 1, session: client, op: 'x', mode: 'write' } });
    lab.run(0);
    expect(types(lab, 2)).toEqual(['accepted']);
  });

  test('a second proposal at a number, and one that the digest does not name, change nothing', () => {
    const lab = new Lab(4);
    const [first, second] = [requestOf(9, 1, 'x'), requestOf(9, 1, 'y')];
    lab.deliver(1, 2, { ...withBatch(messageTypes.prePrepare, 0, 1, [first], 1), batch: [second] });
    lab.deliver(1, 2, withBatch(messageTypes.prePrepare, 0, 1, [first], 1));
    lab.deliver(1, 2, withBatch(messageTypes.prePrepare, 0, 1, [second], 1));
    lab.run(1000);
    expect([...lab.replica(2).dropped]).toEqual([
      ['wrong-digest', 1],
      ['second-proposal', 1],
    ]);
    expect(lab.journals.get(2)).toMatchObject([{ type: 'accepted', digest: batchDigest([first]) }]);
  });
});

test('what the primary proposes outside the window, or again, changes nothing', () => {
  const lab = new Lab(4, { checkpointEvery: 2, window: 4 });
  const proposal = (seq: number) => withBatch(messageTypes.prePrepare, 0, seq, [requestOf(9, seq, 'x')], 1);
  for (const seq of [0, 5, 2 ** 40]) lab.deliver(1, 2, proposal(seq));
  lab.run(1000);
  expect([...lab.replica(2).dropped]).toEqual([['outside-window', 3]]);
  expect(types(lab, 2)).toEqual([]);
  for (let i = 0; i < 3; i++) {
    lab.deliver(1, 2, proposal(4));
    lab.run(1000);
  }
  expect(lab.replica(2).dropped.get('known')).toBe(2);
  expect(types(lab, 2)).toEqual(['accepted']);
});

describe('how much', () => {
  test('requests whose operations are too large for one batch go in several', () => {
    const lab = new Lab(4, { maxInFlight: 1, maxBatchBytes: 1000 });
    for (let i = 0; i < 5; i++) lab.ask(lab.client(), `${i}`.repeat(450));
    lab.run(200_000);
    const sizes = lab.indications.flatMap(({ node, indication }) =>
      node === 2 && indication.kind === 'apply' ? [(indication.commands as readonly unknown[]).length] : [],
    );
    expect(sizes).toEqual([1, 2, 2]);
  });

  test('the primary uses no number outside the window, however many may be in flight', () => {
    const lab = new Lab(4, { checkpointEvery: 2, window: 4, maxInFlight: 100, maxBatchRequests: 1 });
    lab.passes = ({ message }) => message.type !== messageTypes.checkpoint && message.type !== messageTypes.stable;
    for (let i = 0; i < 7; i++) lab.ask(lab.client(), i);
    lab.run(50_000);
    expect(items(lab, 2)).toHaveLength(4);
    const proposed = lab.sent.filter(({ message }) => message.type === messageTypes.prePrepare).map(({ message }) => message.seq);
    expect(Math.max(...proposed)).toBe(4);
    lab.passes = () => true;
    lab.run(1_000_000);
    expect(items(lab, 2)).toHaveLength(7);
  });

  test('who has too many proofs to be checked is dropped until some are done, and the others are not', () => {
    const lab = new Lab(4, { maxChecks: 3 });
    lab.verifyUs = 1000;
    const votes = (): void => {
      for (let seq = 1; seq <= 5; seq++) lab.deliver(3, 1, vote(messageTypes.commit, 0, seq, 'ab'.repeat(32), 3));
    };
    votes();
    lab.deliver(2, 1, vote(messageTypes.commit, 0, 1, 'ab'.repeat(32), 2));
    expect([...lab.replica(1).dropped]).toEqual([['overloaded', 2]]);
    lab.run(1000);
    votes();
    expect([...lab.replica(1).dropped]).toEqual([['overloaded', 4]]);
    expect(lab.replica(1).slotAt(1)?.commits.count(0, 'ab'.repeat(32))).toBe(2);
  });
});

describe('batches of others', () => {
  /** View 1 begins with a batch that replica 4 never saw; its questions for it are lost `times` times. */
  function without(times: number): Lab {
    const lab = new Lab(4);
    const client = lab.client();
    lab.passes = ({ to, message }) => message.type !== messageTypes.commit && (to !== 4 || message.type !== messageTypes.prePrepare);
    lab.ask(client, 'kept');
    lab.run(20_000);
    expect(lab.replica(3).slotAt(1)?.prepared?.view).toBe(0);
    lab.down.add(1);
    let asked = 0;
    // Only what it asks for may help it: nobody tells it what is committed.
    const helps: readonly number[] = [messageTypes.committed, messageTypes.prePrepare];
    lab.passes = ({ message }) => !helps.includes(message.type) && (message.type !== messageTypes.fetchBatch || ++asked > times * 3);
    return lab;
  }

  test.each([0, 2])('a batch that the new view begins with is asked for, also where %i questions were lost', (times) => {
    const lab = without(times);
    lab.run(lab.config.viewTimeoutUs + lab.config.statusUs * (times + 2));
    expect(lab.replica(4).began?.chosen).toHaveLength(1);
    expect(items(lab, 4)).toEqual(['kept']);
  });

  test('another batch than the one that was asked for is not taken, nor one that nobody asked for', () => {
    const lab = without(1000);
    lab.run(lab.config.viewTimeoutUs * 1.5);
    const slot = lab.replica(4).slotAt(1);
    expect([lab.replica(4).active, slot?.batch]).toEqual([true, null]);
    const wrong = { ...withBatch(messageTypes.batch, 1, 1, [invented], 2), digest: slot?.digest ?? '' };
    lab.deliver(2, 4, wrong);
    lab.deliver(2, 4, withBatch(messageTypes.batch, 1, 2, [invented], 2));
    lab.deliver(2, 4, withBatch(messageTypes.batch, 1, 1, [invented], 2));
    expect(lab.replica(4).slotAt(1)?.batch).toBeNull();
    expect([lab.replica(4).dropped.get('wrong-digest'), lab.replica(4).dropped.get('not-asked-for')]).toEqual([1, 2]);
  });
});
