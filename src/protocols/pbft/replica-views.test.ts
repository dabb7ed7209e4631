/** What a replica does between two views: what it still says, whom it still hears, when it loses patience again. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../core/index.ts';
import { batchDigest } from './batch.ts';
import { messageTypes, type PbftMessage } from './message.ts';
import {
  beginning,
  encoded,
  type Impatient,
  impatient,
  items,
  Lab,
  leaving,
  leavingMessage,
  requestOf,
  vote,
  withBatch,
} from './testing.ts';

const said = (lab: Lab, from: NodeId, type: number): PbftMessage[] =>
  lab.sent.filter((sent) => sent.from === from && sent.message.type === type).map(({ message }) => message);

/** Replica 1 of 4 is in view 1, which 2 began. */
function inViewOne(): Lab {
  const lab = new Lab(4, { checkpointEvery: 2, window: 4, statusUs: 1e9 });
  lab.passes = () => false;
  lab.deliver(
    2,
    1,
    beginning(
      2,
      1,
      [2, 3, 4].map((node) => leaving(node, 1)),
    ),
  );
  lab.run(0);
  expect([lab.replica(1).view, lab.replica(1).active]).toEqual([1, true]);
  return lab;
}

describe('votes of other views', () => {
  const digest = 'ab'.repeat(32);
  test.each(['prepare', 'commit'] as const)('a %s of a view that has passed is dropped', (type) => {
    const lab = inViewOne();
    const before = encoded(lab, 1);
    lab.deliver(3, 1, vote(messageTypes[type], 0, 1, digest, 3));
    lab.run(0);
    expect([...lab.replica(1).dropped]).toEqual([['other-view', 1]]);
    expect(encoded(lab, 1)).toBe(before);
  });

  test('those of a view that is yet to come are kept for it', () => {
    const lab = new Lab(4);
    for (const node of [3, 4]) {
      lab.deliver(node, 1, vote(messageTypes.prepare, 1, 1, digest, node));
      lab.deliver(node, 1, vote(messageTypes.commit, 1, 1, digest, node));
    }
    lab.run(0);
    const slot = lab.replica(1).slotAt(1);
    expect([slot?.prepares.count(1, digest), slot?.commits.count(1, digest)]).toEqual([2, 2]);
  });

  test("the primary's vote is its pre-prepare: a prepare of it counts for nothing", () => {
    const lab = new Lab(4);
    lab.deliver(1, 2, vote(messageTypes.prepare, 0, 1, digest, 1));
    lab.run(0);
    expect([...lab.replica(2).dropped]).toEqual([['not-asked-for', 1]]);
    expect(lab.replica(2).slotAt(1)).toBeNull();
  });

  test('who votes twice in a view is counted as it voted first', () => {
    const lab = new Lab(4);
    for (const word of [digest, 'cd'.repeat(32)]) {
      for (const type of [messageTypes.prepare, messageTypes.commit]) lab.deliver(3, 1, vote(type, 0, 1, word, 3));
    }
    lab.run(0);
    expect([...lab.replica(1).dropped]).toEqual([['second-vote', 2]]);
    expect(lab.replica(1).slotAt(1)?.prepares.count(0, digest)).toBe(1);
  });
});

describe('leaving a view', () => {
  test('view changes for a view that has begun, and for earlier ones, come too late', () => {
    const lab = inViewOne();
    lab.deliver(3, 1, leavingMessage(leaving(3, 1)));
    lab.run(0);
    expect([...lab.replica(1).dropped]).toEqual([['other-view', 1]]);
    expect(lab.replica(1).changesKnown()).toEqual([]);
  });

  test('of each replica the newest view change counts, and of one view the first', () => {
    const lab = new Lab(4);
    const first = leaving(3, 2);
    const other = leaving(3, 2, { prepared: [{ seq: 1, digest: 'ab'.repeat(32), view: 0 }] });
    for (const change of [first, other, leaving(3, 1)]) lab.deliver(3, 2, leavingMessage(change));
    lab.run(0);
    expect([...lab.replica(2).dropped]).toEqual([['second-vote', 2]]);
    expect(lab.replica(2).changesKnown()).toEqual([first]);
  });

  test('what is known or has passed is not checked again', () => {
    const lab = inViewOne();
    lab.deliver(3, 1, leavingMessage(leaving(3, 2)));
    lab.run(0);
    lab.verifyUs = 1000;
    lab.deliver(3, 1, leavingMessage(leaving(3, 2)));
    const again = [2, 3, 4].map((node) => leaving(node, 1));
    lab.deliver(2, 1, beginning(2, 1, again));
    expect([...lab.replica(1).dropped]).toEqual([
      ['known', 1],
      ['other-view', 1],
    ]);
  });

  test('after its view change a replica says nothing more of the view that it left, whatever comes off its disk', () => {
    const lab = new Lab(4);
    lab.passes = () => false;
    lab.diskUs = 10_000;
    lab.deliver(1, 2, withBatch(messageTypes.prePrepare, 0, 1, [requestOf(9, 1, 'x')], 1));
    lab.run(1000);
    for (const node of [3, 4]) lab.deliver(node, 2, leavingMessage(leaving(node, 1)));
    lab.run(1000);
    expect([lab.replica(2).view, lab.replica(2).active]).toEqual([1, false]);
    lab.run(50_000);
    expect(said(lab, 2, messageTypes.prepare)).toEqual([]);
    const [told] = said(lab, 2, messageTypes.viewChange);
    expect(told?.body).toMatchObject({ change: { prePrepared: [{ seq: 1, view: 0 }] } });
  });

  test('the same of a commit: what was prepared is reported instead', () => {
    const lab = new Lab(4);
    lab.passes = () => false;
    lab.deliver(1, 2, withBatch(messageTypes.prePrepare, 0, 1, [requestOf(9, 1, 'x')], 1));
    lab.run(1000);
    lab.diskUs = 10_000;
    lab.deliver(3, 2, vote(messageTypes.prepare, 0, 1, batchDigest([requestOf(9, 1, 'x')]), 3));
    lab.run(1000);
    for (const node of [3, 4]) lab.deliver(node, 2, leavingMessage(leaving(node, 1)));
    lab.run(50_000);
    expect(said(lab, 2, messageTypes.commit)).toEqual([]);
    expect(said(lab, 2, messageTypes.viewChange)[0]?.body).toMatchObject({ change: { prepared: [{ seq: 1, view: 0 }] } });
  });

  test('a request that only one replica knows does not make it leave, whatever else others know', () => {
    const lab = new Lab(4, { authentication: 'channel' });
    lab.passes = ({ message }) => message.type !== messageTypes.request;
    lab.down.add(1);
    const client = lab.client();
    const other = { ...requestOf(77, 1, 'y'), proof: null };
    lab.deliver(3, 2, { ...withBatch(messageTypes.request, 0, 0, [other], 3), proof: null });
    const asks = (id: NodeId): void =>
      lab.step(id, { kind: 'request', now: lab.now, from: client, request: { id: 1, session: client, op: 'x', mode: 'write' } });
    asks(2);
    lab.run(5_000_000);
    expect(lab.replica(2).view).toBe(0);
    // Once one more knows it they tell each other, and leave together.
    asks(3);
    lab.passes = () => true;
    lab.run(5_000_000);
    expect(lab.replica(2).view).toBeGreaterThan(0);
    expect(lab.replica(3).service.last(client)?.timestamp).toBe(1);
  });

  test('a view that began and brought nothing was in vain: the next one gets twice the time', () => {
    const lab = new Lab(4, { maxDoublings: 5 });
    lab.down.add(1);
    // The primaries of views 1 and 2 begin them, and propose nothing.
    lab.passes = ({ message }) => message.type !== messageTypes.prePrepare || message.view > 2;
    const t = lab.config.viewTimeoutUs;
    lab.ask(lab.client(), 'x');
    const entered = new Map<number, number>();
    for (let i = 0; i < 5000 && lab.replies.length === 0; i++) {
      lab.run(1000);
      const { view, active } = lab.replica(4);
      if (active && !entered.has(view)) entered.set(view, lab.now);
    }
    expect(lab.replies[0]?.reply.outcome).toBe('ok');
    const waited = [1, 2].map((view) => ((entered.get(view + 1) as number) - (entered.get(view) as number)) / t);
    expect(waited[0]).toBeCloseTo(1, 0);
    expect(waited[1]).toBeCloseTo(2, 0);
  });

  test('a view change that was lost is said again until the view begins', () => {
    const lab = new Lab(4);
    lab.down.add(1);
    let lost = 0;
    lab.passes = ({ message }) => message.type !== messageTypes.viewChange || ++lost > 6;
    lab.ask(lab.client(), 'x');
    lab.run(lab.config.viewTimeoutUs * 2);
    expect(lost).toBeGreaterThan(6);
    expect(lab.replies[0]?.reply.outcome).toBe('ok');
  });

  test('a new view that was lost is told to whoever says that it is behind', () => {
    const lab = new Lab(4);
    lab.down.add(1);
    lab.passes = ({ to, message }) => to !== 4 || message.type !== messageTypes.newView;
    lab.ask(lab.client(), 'x');
    lab.run(lab.config.viewTimeoutUs * 1.5);
    expect([lab.replica(3).active, lab.replica(4).active]).toEqual([true, false]);
    lab.passes = () => true;
    lab.run(lab.config.statusUs * 2);
    expect([lab.replica(4).view, lab.replica(4).active]).toEqual([1, true]);
  });
});

describe('what comes off the disk, or from the signer, when the view has gone on', () => {
  const leaveFor = (lab: Lab, to: NodeId, view: number, nodes: readonly NodeId[]): void => {
    for (const node of nodes) lab.deliver(node, to, leavingMessage(leaving(node, view)));
    lab.run(0);
  };
  const toldViews = (lab: Lab, type: number): number[] => [...new Set(said(lab, 1, type).map(({ view }) => view))];

  test.each(['diskUs', 'signUs'] as const)('a view change to a view that was left is not told (%s)', (slow) => {
    const lab = new Lab(4, { statusUs: 1e9 });
    lab.passes = () => false;
    lab[slow] = 10_000;
    leaveFor(lab, 1, 1, [3, 4]);
    lab.run(1000);
    leaveFor(lab, 1, 2, [3, 4]);
    expect(lab.replica(1).view).toBe(2);
    lab.run(50_000);
    expect(toldViews(lab, messageTypes.viewChange)).toEqual([2]);
  });

  test('a new view is not entered once its view was left', () => {
    const lab = new Lab(4, { statusUs: 1e9 });
    lab.passes = () => false;
    lab.diskUs = 10_000;
    lab.deliver(
      2,
      1,
      beginning(
        2,
        1,
        [2, 3, 4].map((node) => leaving(node, 1)),
      ),
    );
    lab.run(1000);
    leaveFor(lab, 1, 2, [3, 4]);
    lab.run(50_000);
    expect([lab.replica(1).view, lab.replica(1).active]).toEqual([2, false]);
  });

  test.each(['diskUs', 'signUs'] as const)('nor begun by its primary (%s)', (slow) => {
    const lab = new Lab(4, { statusUs: 1e9 });
    lab.passes = () => false;
    lab[slow] = 10_000;
    leaveFor(lab, 1, 4, [3, 4]);
    // Its own view change has been told, the new view is on its way.
    lab.run(15_000);
    expect(toldViews(lab, messageTypes.viewChange)).toEqual([4]);
    leaveFor(lab, 1, 5, [3, 4]);
    lab.run(50_000);
    expect([lab.replica(1).view, lab.replica(1).active]).toEqual([5, false]);
    expect(toldViews(lab, messageTypes.newView)).toEqual([]);
  });
});

describe('the clock', () => {
  test('a clock that goes back does not stop the time-out', () => {
    const lab = new Lab(4, { authentication: 'channel' });
    lab.down.add(1);
    lab.now = 10_000_000;
    lab.ask(lab.client({ attemptUs: 1e9, giveUpUs: 1e10 }), 'x');
    lab.run(lab.config.viewTimeoutUs * 0.9);
    lab.now = 1000;
    for (const id of [2, 3, 4]) lab.step(id, { kind: 'clock', now: lab.now });
    lab.run(lab.config.viewTimeoutUs * 2);
    expect(lab.replica(2).view).toBe(1);
  });
});

test('a batch that is prepared and cannot be committed is held against the primary, though nobody asks for it any more', () => {
  const lab = new Lab(4, {}, impatient);
  const client = lab.client();
  lab.passes = ({ message }) => message.type !== messageTypes.commit;
  lab.ask(client, 'a');
  lab.run(50_000);
  expect(lab.peers.map((id) => lab.replica(id).slotAt(1)?.prepared?.view)).toEqual([0, 0, 0, 0]);
  lab.down.add(client);
  lab.down.add(4);
  (lab.replica(1) as Impatient).leaves();
  lab.run(10_000);
  for (const id of [1, 2, 3]) lab.start(id);
  lab.passes = () => true;
  // Nobody hurries: commits that were lost are told again first.
  lab.run(2 * lab.config.viewTimeoutUs);
  expect([2, 3].map((id) => lab.replica(id).view)).toEqual([0, 0]);
  lab.run(8 * lab.config.viewTimeoutUs);
  expect([1, 2, 3].map((id) => [lab.replica(id).view, items(lab, id)])).toEqual([1, 2, 3].map(() => [1, ['a']]));
});
