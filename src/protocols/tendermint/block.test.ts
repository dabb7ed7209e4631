/** Chain states that one object stands for: only where they are equal in everything. */
import { expect, test } from 'vitest';
import { type ChainState, contextOf, shared, snapshotHash } from './block.ts';
import { firstSet, turnAfter } from './validators.ts';

const validators = firstSet([1, 2, 3].map((id) => ({ id, power: 1 })));
const app = { height: 4, position: 7, hash: 'ab'.repeat(32) };
const state: ChainState = {
  app,
  convicted: [{ offence: '1/2/0/prevote', height: 2 }],
  height: 5,
  next: validators,
  position: 9,
  previous: 'cd'.repeat(32),
  validators,
};

const others: readonly (readonly [string, Partial<ChainState>])[] = [
  ['height', { height: 6 }],
  ['position', { position: 10 }],
  ['previous block', { previous: 'ef'.repeat(32) }],
  ['validators', { validators: turnAfter(validators) }],
  ['next validators', { next: turnAfter(validators) }],
  ['number of validators', { next: firstSet([{ id: 1, power: 1 }]) }],
  ['powers', { next: firstSet([1, 2, 3].map((id) => ({ id, power: id }))) }],
  ['no snapshot', { app: null }],
  ['snapshot', { app: { ...app, hash: 'ef'.repeat(32) } }],
  ['height of the snapshot', { app: { ...app, height: 3 } }],
  ['position of the snapshot', { app: { ...app, position: 6 } }],
  ['no conviction', { convicted: [] }],
  ['another conviction', { convicted: [{ offence: '3/2/0/prevote', height: 2 }] }],
  ['height of a conviction', { convicted: [{ offence: '1/2/0/prevote', height: 3 }] }],
];

test.each(others)('another %s makes another state', (_name, parts) => {
  const origin = {};
  const first = shared(state, origin);
  const other = shared({ ...state, ...parts }, origin);
  expect(other).not.toBe(first);
  expect(contextOf(other)).not.toBe(contextOf(first));
  expect(shared({ ...state }, origin)).toBe(first);
  expect(shared({ ...state, ...parts }, origin)).toBe(other);
});

test('what followed from something else is another state, equal or not', () => {
  expect(shared({ ...state }, {})).not.toBe(shared({ ...state }, {}));
});

test.each([null, 7, 'x', true, ['x'], { x: 1 }])('a snapshot may be any value, and is hashed with its chain: %j', (data) => {
  expect(snapshotHash(data, state)).toBe(snapshotHash(data, { ...state }));
  expect(snapshotHash(data, state)).not.toBe(snapshotHash(data, { ...state, position: 10 }));
  expect(snapshotHash(data, state)).not.toBe(snapshotHash([data], state));
});
