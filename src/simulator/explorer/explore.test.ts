import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ActionList,
  COMMITTED,
  type Exploration,
  explore,
  leastOfOrbit,
  type Model,
  packTwoPhase,
  Successors,
  TwoPhaseSpecification,
  walk,
} from './index.ts';

/** A graph as a model: state i goes to edges[i][a] by action a. Three words a state, so that comparison matters. */
function graphModel(edges: readonly (readonly number[])[], initial: readonly number[], bad: ReadonlySet<number>): Model {
  const words = (node: number): [number, number, number] => [node & 1, (node >> 1) & 1, node >> 2];
  const nodeOf = (state: Int32Array): number => (state[0] as number) | ((state[1] as number) << 1) | ((state[2] as number) << 2);
  const put = (node: number, out: Successors): void => {
    const at = out.copy(new Int32Array(3));
    out.words.set(words(node), at);
  };
  return {
    name: 'graph',
    width: 3,
    properties: [
      { name: 'good', kind: 'always', holds: (state) => !bad.has(nodeOf(state)) },
      { name: 'seven', kind: 'sometimes', holds: (state) => nodeOf(state) === 7 },
      { name: 'ends even', kind: 'terminal', holds: (state) => nodeOf(state) % 2 === 0 },
    ],
    init: (out) => initial.forEach((node) => void put(node, out)),
    actions: (state, out: ActionList) => (edges[nodeOf(state)] as readonly number[]).forEach((_, action) => void out.push(action)),
    next: (state, action, out) => put((edges[nodeOf(state)] as readonly number[])[action] as number, out),
    label: (_state, action) => `a${action}`,
    render: (state) => String(nodeOf(state)),
  };
}

/** Distances from the initial nodes, by relaxation: nothing in common with the explorer. */
function distances(edges: readonly (readonly number[])[], initial: readonly number[]): Map<number, number> {
  const found = new Map(initial.map((node) => [node, 0]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const [node, distance] of found) {
      for (const to of edges[node] as readonly number[]) {
        if ((found.get(to) ?? Number.POSITIVE_INFINITY) > distance + 1) {
          found.set(to, distance + 1);
          changed = true;
        }
      }
    }
  }
  return found;
}

const graphs = fc.integer({ min: 1, max: 24 }).chain((size) =>
  fc.record({
    edges: fc.array(fc.array(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }),
    initial: fc.uniqueArray(fc.nat(size - 1), { minLength: 1, maxLength: 3 }),
    bad: fc.uniqueArray(fc.nat(size - 1), { maxLength: 3 }),
  }),
);

/** The path's labels really lead from an initial node to its last state. */
function expectReplayable(edges: readonly (readonly number[])[], initial: readonly number[], finding: Exploration['violations'][0]): void {
  const nodes = finding.path.map(({ state }) => Number(state));
  expect(initial).toContain(nodes[0]);
  for (let i = 1; i < nodes.length; i++) {
    expect((edges[nodes[i - 1] as number] as readonly number[])[finding.actions[i - 1] as number]).toBe(nodes[i]);
  }
}

describe('on random graphs', () => {
  test('breadth-first sees exactly the reachable states; depth, counts and shortest counterexample equal brute force', () => {
    fc.assert(
      fc.property(graphs, ({ edges, initial, bad }) => {
        const model = graphModel(edges, initial, new Set(bad));
        const distance = distances(edges, initial);
        const all = explore(model, { keepGoing: true });
        expect(all.unique).toBe(distance.size);
        expect(all.depth).toBe(Math.max(...distance.values()));
        expect(all.generated).toBe(
          initial.length + [...distance.keys()].reduce((sum, node) => sum + (edges[node] as readonly number[]).length, 0),
        );
        expect(all.terminal).toBe([...distance.keys()].filter((node) => edges[node]?.length === 0).length);
        expect(all.truncated).toBeNull();
        const reachedBad = bad.filter((node) => distance.has(node));
        const broken = all.violations.find(({ property }) => property === 'good');
        expect(broken !== undefined).toBe(reachedBad.length > 0);
        if (broken !== undefined) {
          expect(broken.path.length - 1).toBe(Math.min(...reachedBad.map((node) => distance.get(node) as number)));
          expectReplayable(edges, initial, broken);
        }
        const oddEnd = [...distance.keys()].some((node) => edges[node]?.length === 0 && node % 2 === 1);
        expect(all.violations.some(({ property }) => property === 'ends even')).toBe(oddEnd);
        expect(all.unwitnessed).toEqual(distance.has(7) ? [] : ['seven']);
        expect(all.verdict).toBe(reachedBad.length > 0 || oddEnd || !distance.has(7) ? 'violation' : 'pass');
      }),
      { numRuns: 500 },
    );
  });

  test('depth-first sees the same states and breaks the same properties', () => {
    fc.assert(
      fc.property(graphs, ({ edges, initial, bad }) => {
        const model = graphModel(edges, initial, new Set(bad));
        const wide = explore(model, { keepGoing: true });
        const deep = explore(model, { keepGoing: true, strategy: 'depth-first' });
        expect([deep.unique, deep.generated, deep.terminal, deep.verdict]).toEqual([
          wide.unique,
          wide.generated,
          wide.terminal,
          wide.verdict,
        ]);
        expect(deep.violations.map(({ property }) => property).sort()).toEqual(wide.violations.map(({ property }) => property).sort());
        for (const finding of deep.violations) expectReplayable(edges, initial, finding);
      }),
      { numRuns: 300 },
    );
  });

  test('a truncated exploration never passes', () => {
    fc.assert(
      fc.property(graphs, fc.nat(6), fc.integer({ min: 1, max: 20 }), ({ edges, initial }, depth, states) => {
        const model = graphModel(edges, initial, new Set());
        const distance = distances(edges, initial);
        const shallow = explore(model, { bounds: { depth }, keepGoing: true });
        expect(shallow.unique).toBe([...distance.values()].filter((at) => at <= depth).length);
        if (shallow.truncated === null) expect(shallow.unique).toBe(distance.size);
        else expect(shallow.verdict).not.toBe('pass');
        const few = explore(model, { bounds: { states }, keepGoing: true });
        expect(few.unique).toBe(Math.min(states, distance.size));
        expect(few.truncated).toBe(states < distance.size ? 'states' : null);
        if (few.truncated !== null) expect(few.verdict).not.toBe('pass');
      }),
      { numRuns: 300 },
    );
  });

  test('what random walks and priority walks find is replayable, repeatable by its seed, and otherwise they say unknown', () => {
    fc.assert(
      fc.property(
        graphs,
        fc.constantFrom('random' as const, 'priorities' as const),
        fc.nat(),
        ({ edges, initial, bad }, strategy, seed) => {
          const model = graphModel(edges, initial, new Set(bad));
          const options = { strategy, seed, walks: 30, depth: 40 } as const;
          const result = walk(model, options);
          expect(result.verdict).toBe(result.violations.length > 0 ? 'violation' : 'unknown');
          expect(result.truncated).not.toBeNull();
          for (const finding of result.violations) expectReplayable(edges, initial, finding);
          expect(walk(model, options)).toEqual(result);
          expect(result.unique).toBeLessThanOrEqual(distances(edges, initial).size);
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('a deadlock is a violation only where it is forbidden', () => {
  const model = { ...graphModel([[1], [2], []], [0], new Set()), properties: [] };
  expect(explore(model).verdict).toBe('pass');
  const found = explore(model, { forbidDeadlock: true });
  expect(found.violations[0]).toMatchObject({ property: 'deadlock', actions: [0, 0] });
  expect(walk(model, { strategy: 'random', seed: 1, walks: 1, depth: 9, forbidDeadlock: true }).verdict).toBe('violation');
});

test('a memory bound truncates and says so', () => {
  const result = explore(new TwoPhaseSpecification(6), { bounds: { bytes: 400_000 } });
  expect(result).toMatchObject({ truncated: 'bytes', verdict: 'unknown' });
  expect(result.bytes).toBeLessThanOrEqual(400_000);
  expect(result.unique).toBeGreaterThan(5_000);
});

test('an expired budget ends the exploration as unknown', () => {
  let asked = 0;
  const result = explore(new TwoPhaseSpecification(8), { bounds: { expired: () => ++asked > 3 } });
  expect(result).toMatchObject({ truncated: 'expired', verdict: 'unknown' });
});

describe('two-phase commit (Gray and Lamport, TwoPhase.tla)', () => {
  test.each([
    [3, 288, 1_146],
    [5, 8_832, 58_146],
    [8, 1_745_408, 18_507_778],
  ])('%i resource managers have exactly %i states', (resourceManagers, unique, generated) => {
    const result = explore(new TwoPhaseSpecification(resourceManagers));
    expect(result).toMatchObject({ unique, generated, verdict: 'pass', truncated: null, unwitnessed: [] });
  });

  test('shortest witnesses: all commit in 3 n + 1 steps, all abort by themselves in n', () => {
    const { witnesses } = explore(new TwoPhaseSpecification(3));
    expect(witnesses.map(({ property, actions }) => [property, actions.length])).toEqual([
      ['abort agreement', 3],
      ['commit agreement', 10],
    ]);
    expect(witnesses[1]?.path.at(-1)).toEqual({
      action: 'RMRcvCommitMsg(rm3)',
      state: 'rm committed committed committed; tm committed; seen 111; prepared 111; commit',
    });
  });

  test('a manager that commits without all votes is caught, in the fewest steps', () => {
    class Hasty extends TwoPhaseSpecification {
      override actions(state: Int32Array, out: ActionList): void {
        super.actions(state, out);
        if ((state[0] as number) >>> 28 === 0) out.push(0);
      }
    }
    for (const strategy of ['random', 'priorities'] as const) {
      expect(walk(new Hasty(3), { strategy, seed: 1, walks: 200, depth: 30 }).violations[0]?.property).toBe('consistent');
    }
    for (const symmetry of [false, true]) {
      const found = explore(new Hasty(3, symmetry)).violations[0];
      expect(found?.property).toBe('consistent');
      expect(found?.path.map(({ action }) => action.replace(/\d/, 'N')).sort()).toEqual(
        ['RMChooseToAbort(rmN)', 'RMRcvCommitMsg(rmN)', 'TMCommit', 'init'].sort(),
      );
    }
  });

  test('symmetry: the reduced states are exactly the orbits of the full ones, and witnesses stay replayable', () => {
    for (const [resourceManagers, orbits] of [
      [3, 80],
      [5, 314],
    ] as const) {
      const canonical = new TwoPhaseSpecification(resourceManagers, true);
      const seen = new Set<string>();
      const full = explore(new TwoPhaseSpecification(resourceManagers), {
        visit(state) {
          const copy = state.slice();
          canonical.canonicalise?.(copy);
          seen.add(copy.join());
        },
      });
      const reduced = explore(canonical);
      expect([reduced.unique, reduced.verdict]).toEqual([seen.size, full.verdict]);
      expect(reduced.unique).toBe(orbits);
      for (const { actions, state } of reduced.witnesses)
        expect(follow(new TwoPhaseSpecification(resourceManagers), actions)).toContain(state.join());
    }
  });

  test('sorting the resource managers gives the same orbits as trying all permutations', () => {
    const n = 4;
    const sorting = new TwoPhaseSpecification(n, true);
    const least = leastOfOrbit(2, n, (state, permutation, out) => {
      const [low, high] = [state[0] as number, state[1] as number];
      const resources: number[] = [];
      const seen: boolean[] = [];
      const sent: boolean[] = [];
      permutation.forEach((to, from) => {
        resources[to] = (low >>> (2 * from)) & 3;
        seen[to] = ((high >>> from) & 1) === 1;
        sent[to] = ((high >>> (14 + from)) & 1) === 1;
      });
      const managers = ['init', 'init', 'committed', 'aborted'] as const;
      const manager = managers[(low >>> 28) & 3] as 'init' | 'committed' | 'aborted';
      out.set(packTwoPhase({ resources, seen, sent, manager, commitSent: (high >>> 28) % 2 === 1, abortSent: (high >>> 29) % 2 === 1 }));
    });
    const pairs = new Map<string, string>();
    explore(new TwoPhaseSpecification(n), {
      visit(state) {
        const [a, b] = [state.slice(), state.slice()];
        sorting.canonicalise?.(a);
        least(b);
        expect(pairs.get(a.join()) ?? b.join()).toBe(b.join());
        pairs.set(a.join(), b.join());
      },
    });
    expect(new Set(pairs.values()).size).toBe(pairs.size);
  });

  test('a state can be packed from its parts', () => {
    const state = packTwoPhase({
      resources: [COMMITTED, 1],
      manager: 'committed',
      seen: [true, true],
      sent: [true, true],
      commitSent: true,
      abortSent: false,
    });
    expect(new TwoPhaseSpecification(2).render(state)).toBe('rm committed prepared; tm committed; seen 11; prepared 11; commit');
  });
});

/** All states that a sequence of actions may end in. */
function follow(model: Model, actions: readonly number[]): string[] {
  const collect = (fill: (out: Successors) => void): Int32Array[] => {
    const out = new Successors(model.width);
    fill(out);
    return Array.from({ length: out.count }, (_, i) => out.words.slice(i * model.width, (i + 1) * model.width));
  };
  let states = collect((out) => model.init(out));
  for (const action of actions) states = states.flatMap((state) => collect((out) => model.next(state, action, out)));
  return states.map((state) => state.join());
}
