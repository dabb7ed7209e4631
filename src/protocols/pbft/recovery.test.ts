import { expect, test } from 'vitest';
import { Lab } from './testing.ts';
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
