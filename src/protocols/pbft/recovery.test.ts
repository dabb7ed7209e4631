import { describe, expect, test } from 'vitest';
import { messageTypes } from './message.ts';
import { items, Lab, stableProof, withBatch, withBody } from './testing.ts';
import type { NewView, ViewChange } from './view-change.ts';

const start = { seq: 0, digest: '' };
const change = (view: number): ViewChange => ({
  node: 3,
  view,
  stable: { ...start, signatures: [] },
  prepared: [],
  prePrepared: [],
  signature: null,
});
const begun = (view: number): NewView => ({ view, viewChanges: [], start, chosen: [], signature: null });

test('a new view that was written again behind the view change that left it is not entered after a crash', () => {
  const lab = new Lab(4);
  lab.journals.set(3, [
    { type: 'viewChange', change: change(2) },
    { type: 'newView', newView: begun(1) },
  ]);
  lab.start(3);
  expect([lab.replica(3).view, lab.replica(3).active]).toEqual([2, false]);
});

test('a new view that ends the leaving is entered again', () => {
  const lab = new Lab(4);
  lab.journals.set(3, [
    { type: 'viewChange', change: change(2) },
    { type: 'newView', newView: begun(2) },
  ]);
  lab.start(3);
  expect([lab.replica(3).view, lab.replica(3).active]).toEqual([2, true]);
});

test.each([1, 2])(
  'a new view that was on its way to the disk when view change %i was written was entered: it is not left for that after a crash',
  (left) => {
    const lab = new Lab(4);
    lab.journals.set(3, [
      { type: 'newView', newView: begun(2) },
      { type: 'viewChange', change: change(left) },
    ]);
    lab.start(3);
    expect([lab.replica(3).view, lab.replica(3).active]).toEqual([2, true]);
  },
);

test('what others say is committed, and is on its way to the disk when a checkpoint replaces it, is written again', () => {
  const lab = new Lab(4, { checkpointEvery: 1, window: 4 });
  const client = lab.client();
  const told: readonly number[] = [messageTypes.checkpoint, messageTypes.stable];
  lab.passes = ({ to, message }) => to !== 4 || (message.seq <= 1 && !told.includes(message.type));
  for (let i = 0; i < 2; i++) {
    lab.ask(client, i, 'write', i + 1);
    lab.run(50_000);
  }
  expect([lab.replica(4).executed, lab.replica(4).low]).toEqual([1, 0]);
  lab.passes = () => false;
  lab.diskUs = 10_000;
  const proposal = lab.sent.find(({ message }) => message.type === messageTypes.prePrepare && message.seq === 2);
  for (const from of [2, 3]) lab.deliver(from, 4, withBatch(messageTypes.committed, 0, 2, proposal?.message.batch ?? [], from));
  lab.run(1000);
  const [own] = lab.sent.filter(({ from, message }) => from === 4 && message.type === messageTypes.checkpoint);
  const proof = stableProof(1, own?.message.digest ?? '', [1, 2, 3]);
  lab.deliver(1, 4, withBody(messageTypes.stable, 0, 1, { type: 'stable', proof }));
  lab.run(0);
  expect(lab.replica(4).low).toBe(1);
  expect(lab.journals.get(4)?.map(({ type }) => type)).toEqual(['stable', 'committed']);
  expect(lab.replica(4).executed).toBe(1);
  lab.run(50_000);
  expect(items(lab, 4)).toEqual([0, 1]);
});

test('the signatures that a replica shows to others are those that it looked at, whatever a later message carries', () => {
  const lab = new Lab(4, { checkpointEvery: 1, window: 4 });
  lab.ask(lab.client(), 'x');
  lab.run(50_000);
  lab.passes = () => false;
  lab.journals.set(4, []);
  lab.start(4);
  const proof = stableProof(1, lab.replica(1).stable.digest, [1, 2, 3]);
  lab.deliver(1, 4, withBody(messageTypes.stable, 0, 1, { type: 'stable', proof }));
  lab.run(0);
  const worse = { ...proof, signatures: proof.signatures.map(({ node }) => ({ node, signature: 'invented' })) };
  const snapshot = lab.replica(1).service.snapshot();
  lab.deliver(2, 4, withBody(messageTypes.state, 0, 1, { type: 'state', proof: worse, snapshot }));
  lab.run(0);
  expect([lab.replica(4).low, items(lab, 4)]).toEqual([1, ['x']]);
  expect(lab.replica(4).stable).toEqual(proof);
});

describe('a crash between the disk and the signer', () => {
  const told = (lab: Lab, type: number): number[] =>
    lab.sent.filter(({ from, message }) => from === 2 && message.type === type).map(({ message }) => message.view);
  const until = (lab: Lab, record: string): void => {
    while (lab.journals.get(2)?.some(({ type }) => type === record) !== true) lab.run(1000);
  };

  test.each(['viewChange', 'newView'] as const)('the %s that was written is told after it', (type) => {
    const lab = new Lab(4, { authentication: 'channel' });
    lab.down.add(1);
    lab.signUs = 5000;
    lab.ask(lab.client(), 'x');
    until(lab, type);
    expect(told(lab, messageTypes[type])).toEqual([]);
    lab.passes = () => false;
    lab.start(2);
    lab.run(6000);
    expect(new Set(told(lab, messageTypes[type]))).toEqual(new Set([1]));
  });
});

test('after a crash no read is answered before all is executed again that was answered from before it', () => {
  const lab = new Lab(4);
  const client = lab.client();
  for (let i = 0; i < 3; i++) {
    lab.ask(client, i, 'write', i + 1);
    lab.run(50_000);
  }
  const read = (): number => {
    const before = lab.replies.length;
    lab.step(3, { kind: 'request', now: lab.now, from: 0, request: { id: 99, session: 0, op: null, mode: 'linearizable' } });
    return lab.replies.length - before;
  };
  expect(read()).toBe(1);
  lab.passes = () => false;
  lab.start(3);
  expect([lab.replica(3).executed, read()]).toEqual([0, 0]);
  lab.passes = () => true;
  lab.run(1_000_000);
  expect([lab.replica(3).executed, read()]).toEqual([3, 1]);
});
