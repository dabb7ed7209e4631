import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cutLinks,
  defineScenario,
  type Fault,
  isResolved,
  linkEnds,
  type PartitionShape,
  resolveFault,
  resolveLinks,
  targetResolver,
} from './index.ts';

const five = ['n1', 'n2', 'n3', 'n4', 'n5'];
const cut = (shape: PartitionShape, nodes = five) =>
  cutLinks(shape, nodes)
    .map(([from, to]) => from.slice(1) + to.slice(1))
    .join(' ');

test('groups cut every link between them, in both directions; nodes in no group form one more', () => {
  expect(cut({ shape: 'groups', groups: [['n1', 'n2']] }, ['n1', 'n2', 'n3'])).toBe('13 23 31 32');
  expect(cut({ shape: 'groups', groups: [['n1'], ['n2']] })).toBe('12 13 14 15 21 23 24 25 31 32 41 42 51 52');
  expect(cut({ shape: 'groups', groups: [five] })).toBe('');
});

test('one-way cuts one direction only', () => {
  expect(cut({ shape: 'one-way', from: ['n1'], to: ['n2', 'n3'] })).toBe('12 13');
  expect(cut({ shape: 'one-way', from: ['n1'], to: five })).toBe('12 13 14 15');
});

test('a bridge is heard by both halves, which do not hear each other', () => {
  expect(cut({ shape: 'bridge', bridge: 'n3' })).toBe('14 15 24 25 41 42 51 52');
  expect(cut({ shape: 'bridge', bridge: 'n9' })).toBe('');
});

test('in a ring each node hears its two neighbours only', () => {
  expect(cut({ shape: 'ring' })).toBe('13 14 24 25 31 35 41 42 52 53');
  expect(cut({ shape: 'ring' }, five.slice(0, 3))).toBe('');
});

test('an isolated node neither hears nor is heard', () => {
  expect(cut({ shape: 'isolate', node: 'n2' }, ['n1', 'n2', 'n3'])).toBe('12 21 23 32');
});

test('symbolic targets follow the leader and the order of the nodes', () => {
  const resolve = targetResolver(five, 'n1');
  expect(resolve('leader')).toEqual(['n1']);
  expect(resolve('follower')).toEqual(['n2']);
  expect(resolve('minority')).toEqual(['n4', 'n5']);
  expect(resolve('majority')).toEqual(['n1', 'n2', 'n3']);
  expect(resolve('all')).toEqual(five);
  expect(targetResolver(five, null)('leader')).toEqual([]);
  expect(targetResolver(['n1', 'n2'], 'n1')('minority')).toEqual([]);
});

test('links expand to concrete ones, each once, never to the node itself', () => {
  const resolve = targetResolver(five, 'n2');
  expect(resolveLinks(['leader->*', 'n2->n1'], ['n1', 'n2', 'n3'], resolve)).toEqual([
    ['n2', 'n1'],
    ['n2', 'n3'],
  ]);
  expect(resolveLinks(undefined, ['n1', 'n2'], resolve)).toEqual([
    ['n1', 'n2'],
    ['n2', 'n1'],
  ]);
  expect(['a->b', 'a->', '->b', 'ab', 'a->b->c'].map(linkEnds)).toEqual([['a', 'b'], null, null, null, null]);
});

test('faults resolve to one a node, and to none where their target is nobody', () => {
  const at = { atMs: 5, forMs: 7, optional: true } as const;
  const resolved = (fault: Fault, leader: string | null = 'n2') => resolveFault(fault, five, targetResolver(five, leader));
  expect(resolved({ fault: 'kill', node: 'minority', ...at })).toEqual([
    { fault: 'kill', node: 'n4', ...at },
    { fault: 'kill', node: 'n5', ...at },
  ]);
  expect(resolved({ fault: 'kill', node: 'leader', ...at }, null)).toEqual([]);
  expect(resolved({ fault: 'partition', shape: 'isolate', node: 'leader', ...at })).toEqual([
    { fault: 'partition', shape: 'isolate', node: 'n2', ...at },
  ]);
  expect(resolved({ fault: 'partition', shape: 'groups', groups: [['leader', 'n1'], ['majority']], ...at })).toEqual([
    { fault: 'partition', shape: 'groups', groups: [['n2', 'n1'], ['n3']], ...at },
  ]);
  expect(resolved({ fault: 'loss', rate: 1, links: ['leader->n1'], ...at })).toEqual([
    { fault: 'loss', rate: 1, links: ['n2->n1'], ...at },
  ]);
});

test('a resolved schedule is resolved, resolves to itself, and is a schedule of the same scenario', () => {
  const target = fc.constantFrom(...five, 'leader', 'follower', 'minority', 'majority');
  const some = fc.uniqueArray(target, { minLength: 1, maxLength: 3 });
  const fault = fc.oneof(
    fc.record({ fault: fc.constant('pause'), node: target }),
    fc.record({
      fault: fc.constant('loss'),
      rate: fc.constant(0.5),
      links: fc.array(
        fc.tuple(target, target).map(([a, b]) => `${a}->${b}`),
        { minLength: 1 },
      ),
    }),
    fc.record({ fault: fc.constant('partition'), shape: fc.constant('groups'), groups: fc.tuple(some, some).map(([a, b]) => [a, b]) }),
    fc.record({ fault: fc.constant('partition'), shape: fc.constant('one-way'), from: some, to: some }),
    fc.record({ fault: fc.constant('partition'), shape: fc.constant('bridge'), bridge: target }),
  );
  fc.assert(
    fc.property(fault, fc.constantFrom(null, ...five), (bare, leader) => {
      const resolve = targetResolver(five, leader);
      const faults = resolveFault({ ...bare, atMs: 1 } as Fault, five, resolve);
      expect(faults.every(isResolved)).toBe(true);
      expect(faults.flatMap((each) => resolveFault(each, five, resolve))).toEqual(faults);
      const scenario = defineScenario({ name: 's', target: 'raft', nodes: 5, workload: { kind: 'kv', clients: 1, operations: 1 }, faults });
      expect(scenario.faults).toEqual(faults);
    }),
  );
});
