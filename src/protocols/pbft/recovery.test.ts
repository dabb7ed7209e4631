import { expect, test } from 'vitest';
import { messageTypes } from './message.ts';
import { items, Lab, withBatch } from './testing.ts';
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

test('what others say is committed, and is on its way to the disk when a checkpoint replaces it, is written again', () => {
  const lab = new Lab(4, { checkpointEvery: 1, window: 4 });
  const client = lab.client();
  for (let i = 0; i < 2; i++) {
    if (i === 1) lab.down.add(4);
    lab.ask(client, i, 'write', i + 1);
    lab.run(50_000);
  }
  lab.passes = () => false;
  lab.down.delete(4);
  const { taken, batch } = { taken: lab.replica(1).stable, batch: lab.sent.filter(({ message }) => message.seq === 2) };
  expect(taken.seq).toBe(2);
  const proposed = batch.find(({ message }) => message.type === messageTypes.prePrepare)?.message.batch ?? [];
  lab.start(4);
  lab.diskUs = 10_000;
  for (const from of [2, 3]) lab.deliver(from, 4, withBatch(messageTypes.committed, 0, 2, proposed, from));
  lab.run(1000);
  const low = lab.replica(4).low;
  const own = lab.replica(4).heardStable;
  expect([low, own.seq, lab.replica(4).executed]).toEqual([1, 1, 1]);
  lab.run(50_000);
  expect(items(lab, 4)).toEqual([0, 1]);
});
