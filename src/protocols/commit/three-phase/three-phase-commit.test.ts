import { describe, expect, test } from 'vitest';
import { type NodeId, Random, type Value } from '../../../core/index.ts';
import { defaultThreePhaseConfig, type ThreePhaseCommit, threePhaseProtocol } from '../index.ts';
import { Cluster } from '../testing.ts';

const upTo = (count: number): NodeId[] => Array.from({ length: count }, (_, i) => i + 1);

function cluster(count: number) {
  const sites = upTo(count);
  const create = (id: NodeId) => threePhaseProtocol.create(id, sites, defaultThreePhaseConfig);
  const made = new Cluster(threePhaseProtocol, create, sites, new Random(1));
  for (const id of sites) made.start(id);
  made.settle();
  const op = { f: 'transaction', parts: sites.map((site) => ({ site, writes: [{ key: 'x', value: 1 }] })) } as unknown as Value;
  made.ask(1, { id: 1, session: 0, op, mode: 'write' }, 99);
  return made;
}

/** Messages arrive and disks sync until a message of `type` is under way; how many arrived. */
function until(made: ReturnType<typeof cluster>, type: string | null): number {
  for (let arrived = 0; ; ) {
    if (type !== null && made.net.some(({ payload }) => (payload as { type: string }).type === type)) return arrived;
    const waiting = made.ids.find((id) => made.pending(id) > 0);
    if (waiting !== undefined) made.sync(waiting);
    else if (made.net[0] !== undefined) {
      made.deliver(made.net[0]);
      arrived += 1;
    } else return arrived;
  }
}

const states = (made: ReturnType<typeof cluster>, sites: readonly NodeId[]) =>
  sites.map((id) => [...((made.node(id) as ThreePhaseCommit | null)?.ledger.participated.values() ?? [])][0]?.state);

function timePasses(made: ReturnType<typeof cluster>): void {
  for (let i = 0; i < 200; i++) {
    made.settle();
    const next = made.nextTimer();
    if (next !== null) made.fire(next.id, next.timer);
  }
  made.settle();
}

test.each([2, 3, 5])('%i sites, one asked and part of it: 5N-5 messages', (count) => {
  expect(until(cluster(count), null)).toBe(5 * count - 5);
});

describe('the coordinator crashes, and those that are up decide', () => {
  test.each([
    ['while all are uncertain: abort (TR3)', 'vote', 'aborted'],
    ['while phase two is under way: commit or abort, but all the same (TR4)', 'precommit', null],
    ['after phase two: commit', 'decision', 'committed'],
  ] as const)('%s', (_, type, outcome) => {
    const made = cluster(3);
    until(made, type);
    if (type === 'precommit') made.net = made.net.slice(0, 1);
    made.crash(1, 0);
    if (type === 'decision') made.net = [];
    timePasses(made);
    const [second, third] = states(made, [2, 3]);
    expect(second).toBe(third);
    expect(second).not.toBe('prepared');
    if (outcome !== null) expect(second).toBe(outcome);
    made.start(1);
    timePasses(made);
    expect(states(made, [1])).toEqual([second]);
  });

  test('all crash: whoever is back waits for the last one (total failure)', () => {
    const made = cluster(3);
    until(made, 'precommit');
    for (const id of [1, 2, 3]) made.crash(id, 0);
    made.net = [];
    made.start(2);
    made.start(3);
    timePasses(made);
    expect(states(made, [2, 3])).toEqual(['prepared', 'prepared']);
    made.start(1);
    timePasses(made);
    const [first, ...others] = states(made, [1, 2, 3]);
    expect(first).not.toBe('prepared');
    expect(others).toEqual([first, first]);
  });
});
