/** Requests that wait, those that others told of, and how much of them a replica keeps. */
import { expect, test } from 'vitest';
import type { NodeId } from '../../core/index.ts';
import { requestDigest } from './batch.ts';
import { messageTypes } from './message.ts';
import { Pbft } from './pbft.ts';
import { items, Lab, ListMachine, requestOf, withBatch, withBody } from './testing.ts';

class Open extends Pbft {
  get requests(): string[] {
    return this.requestsKnown();
  }
}

const open = (config = {}): Lab => new Lab(4, config, (id, peers, own) => new Open(id, peers, own, new ListMachine()));
const requestsOf = (lab: Lab, id: NodeId): string[] => (lab.replica(id) as Open).requests;

test('of what one replica tells a few hundred are remembered, the newest', () => {
  const lab = open({ authentication: 'channel' });
  for (let client = 10; client < 410; client++) {
    const told = { ...requestOf(client, 1, 'x'), proof: null };
    lab.deliver(3, 2, { ...withBatch(messageTypes.request, 0, 0, [told], 3), proof: null });
  }
  const known = requestsOf(lab, 2);
  expect(known).toHaveLength(256);
  expect(known.at(-1)).toBe(`2 ${requestDigest(requestOf(409, 1, 'x'))}`);
});

test('an older request that is told late does not replace a newer one', () => {
  const lab = open({ authentication: 'channel' });
  for (const timestamp of [2, 1]) {
    const told = { ...requestOf(9, timestamp, 'x'), proof: null };
    lab.deliver(3, 2, { ...withBatch(messageTypes.request, 0, 0, [told], 3), proof: null });
  }
  expect(requestsOf(lab, 2)).toEqual([`2 ${requestDigest(requestOf(9, 2, 'x'))}`]);
});

test('what was executed elsewhere waits no more once the state of it is taken over', () => {
  const lab = open({ authentication: 'channel', checkpointEvery: 1, window: 4 });
  const client = lab.client();
  const votes: readonly number[] = [messageTypes.prepare, messageTypes.commit, messageTypes.committed];
  lab.passes = ({ to, message }) => to !== 4 || !votes.includes(message.type);
  lab.ask(client, 'x');
  lab.run(2000);
  expect(requestsOf(lab, 4).filter((each) => !/^\d+ [0-9a-f]+$/.test(each))).toHaveLength(1);
  lab.run(1_000_000);
  expect(items(lab, 4)).toEqual(['x']);
  expect(requestsOf(lab, 4).filter((each) => !/^\d+ [0-9a-f]+$/.test(each))).toEqual([]);
});

test('who gets on is told nothing again; who stands still is', () => {
  const lab = open({ checkpointEvery: 8, window: 16 });
  const client = lab.client();
  for (let i = 0; i < 4; i++) {
    lab.ask(client, i, 'write', i + 1);
    lab.run(20_000);
  }
  lab.passes = () => false;
  const toldAfter = (executed: number): number => {
    const before = lab.sent.length;
    lab.deliver(4, 2, withBody(messageTypes.status, 0, 0, { type: 'status', active: true, executed, keys: [] }));
    lab.run(0);
    return lab.sent.slice(before).filter(({ to }) => to === 4).length;
  };
  toldAfter(0);
  expect(toldAfter(1)).toBe(0);
  expect(toldAfter(2)).toBe(0);
  expect(toldAfter(2)).toBeGreaterThan(0);
});
