import { describe, expect, test } from 'vitest';
import type { Schema } from '../../core/index.ts';
import {
  type CommitConfig,
  type CommitRecord,
  type Coordinated,
  commitProtocol,
  commitProtocolOf,
  defaultCommitConfig,
  LocalCommit,
} from '../../protocols/commit/index.ts';
import {
  ABORTED,
  ActionList,
  COMMITTED,
  explore,
  type Model,
  PREPARED,
  packTwoPhase,
  Successors,
  TwoPhaseSpecification,
  WORKING,
  WorldModel,
  type WorldOptions,
} from './index.ts';

/**
 * The real two-phase commit refines Gray and Lamport's: node 1 coordinates one transaction of the other nodes; every
 * reachable world projects to an abstract state, and every step of the world to an abstract step or none.
 */
const COORDINATOR = 1;
const TX = { key: '1.1048577', number: 1_048_577 };

function worldOf(
  participants: number,
  nodeClass: typeof LocalCommit,
  config: Partial<CommitConfig>,
  bounds: Partial<WorldOptions['bounds']>,
): WorldModel {
  const protocol = nodeClass === LocalCommit ? commitProtocol : commitProtocolOf('mutant', nodeClass);
  const nodes = Array.from({ length: participants + 1 }, (_, i) => i + 1);
  const parts = nodes.slice(1).map((site) => ({ site, writes: [{ key: 'x', value: 1 }] }));
  const full = { ...defaultCommitConfig, presumption: 'nothing', votes: 'choose', voteRetries: 0, snapshotEvery: 0, ...config } as const;
  return new WorldModel({
    name: 'two-phase commit',
    protocol: protocol as unknown as { message: Schema<unknown>; record: Schema<unknown>; timers: readonly string[] },
    create: (id, peers) => protocol.create(id, peers, full) as never,
    nodes,
    inputs: [{ node: COORDINATOR, from: 9, request: { id: 1, session: 0, op: { f: 'transaction', parts }, mode: 'write' } }],
    network: 'unordered',
    disk: 'slow',
    bounds: { timers: 0, crashes: 0, drops: 0, duplicates: 0, ...bounds },
  });
}

/** The abstract state of a world: what its ledgers say. A coordinator that has lost the transaction has aborted it. */
function project(world: WorldModel, state: Int32Array): Int32Array {
  const participants = world.options.nodes.slice(1);
  const coordinator = world.node(state, COORDINATOR) as unknown as LocalCommit;
  const known = participants.map((id) => (world.node(state, id) as unknown as LocalCommit).ledger.participated.get(TX.key));
  const coordinated = coordinator.ledger.coordinated.get(TX.key);
  const asked = (state[world.width - 1] as number) !== 0;
  // A participant that was freed by another's refusal knows that the abort is certain before the coordinator does.
  const freed = known.some((each) => each?.state === 'aborted' && each.voted) && (coordinated?.state ?? 'voting') === 'voting';
  const lost = (coordinated === undefined && asked) || freed;
  const manager =
    lost || coordinated?.state === 'aborted'
      ? 'aborted'
      : coordinated === undefined || coordinated.state === 'voting'
        ? 'init'
        : 'committed';
  const heard = coordinator.heardOf({ coordinator: COORDINATOR, number: TX.number });
  return packTwoPhase({
    resources: known.map((each) =>
      each === undefined ? WORKING : { prepared: PREPARED, committed: COMMITTED, aborted: ABORTED }[each.state],
    ),
    manager,
    seen: participants.map((id) => heard.has(id)),
    sent: known.map((each) => each?.voted === true),
    commitSent: manager === 'committed',
    abortSent: manager === 'aborted',
  });
}

/** Once decided, the votes are forgotten by the real coordinator, and matter to the abstract one no more. */
function forget(state: Int32Array): string {
  const decided = (state[0] as number) >>> 28 !== 0;
  return `${state[0]} ${decided ? (state[1] as number) & ~0x3fff : state[1]}`;
}

/** Abstract steps as pairs of states; from each state, those reachable in at most `steps`. */
function abstractSteps(participants: number, steps: number): Map<string, Set<string>> {
  const direct = new Map<string, Set<string>>();
  const model = new TwoPhaseSpecification(participants);
  explore(model, {
    visit(state) {
      const here = forget(state);
      const next = direct.get(here) ?? new Set([here]);
      direct.set(here, next);
      for (const to of nextStates(model, state)) next.add(forget(to));
    },
  });
  if (steps === 1) return direct;
  return new Map([...direct].map(([from, nexts]) => [from, new Set([...nexts].flatMap((next) => [...(direct.get(next) as Set<string>)]))]));
}

function* nextStates(model: Model, state: Int32Array): Iterable<Int32Array> {
  const actions = new ActionList();
  const successors = new Successors(model.width);
  model.actions(state, actions);
  for (let a = 0; a < actions.length; a++) {
    successors.count = 0;
    model.next(state, actions.codes[a] as number, successors);
    for (let i = 0; i < successors.count; i++) yield successors.words.slice(i * model.width, (i + 1) * model.width);
  }
}

interface Refinement {
  readonly worlds: number;
  readonly complete: boolean;
  /** Abstract states that some world projects to. */
  readonly reached: number;
  /** The first step that is none of the specification's. */
  readonly wrong: string | null;
}

function refine(participants: number, world: WorldModel, steps: number, states = 400_000): Refinement {
  const allowed = abstractSteps(participants, steps);
  const specification = new TwoPhaseSpecification(participants);
  const reached = new Set<string>();
  let wrong: string | null = null;
  const seen: Int32Array[] = [];
  const { unique, truncated } = explore(world, {
    bounds: { states, expired: () => wrong !== null },
    visit: (state) => void seen.push(state.slice()),
  });
  for (const state of seen) {
    const here = project(world, state);
    const from = forget(here);
    reached.add(from);
    if (!allowed.has(from)) wrong ??= `no abstract state: ${specification.render(here)}`;
    for (const next of nextStates(world, state)) {
      const there = project(world, next);
      if (allowed.get(from)?.has(forget(there)) !== true)
        wrong ??= `no abstract step: ${specification.render(here)} -> ${specification.render(there)}`;
      if (wrong !== null) return { worlds: unique, complete: truncated === null, reached: reached.size, wrong };
    }
  }
  return { worlds: unique, complete: truncated === null, reached: reached.size, wrong };
}

describe('the step machine refines the abstract specification', () => {
  test.each<[string, number, Partial<CommitConfig>, Partial<WorldOptions['bounds']>, number]>([
    ['two participants, no faults', 2, {}, {}, 1],
    ['two participants, a time-out, a crash', 2, { cooperative: false }, { timers: 1, crashes: 1 }, 1],
    ['two participants, duplicates and losses', 2, { cooperative: false }, { timers: 1, drops: 1, duplicates: 1 }, 1],
    ['three participants, a time-out', 3, { cooperative: false }, { timers: 1 }, 1],
    // A participant that refuses frees another at once: the abstract manager must abort first, so two abstract steps make one.
    ['two participants, cooperative termination', 2, { cooperative: true }, { timers: 2 }, 2],
  ])('%s', (name, participants, config, bounds, steps) => {
    const world = worldOf(participants, LocalCommit, config, bounds);
    const result = refine(participants, world, steps);
    console.log(`${name}: ${result.worlds} worlds${result.complete ? '' : ' (bounded)'} project into ${result.reached} abstract states`);
    expect(result.wrong).toBeNull();
    expect(result.reached).toBeGreaterThan(participants === 2 ? 15 : 60);
  });

  test('without faults, more than half of all abstract states are reached (the real manager never aborts unasked)', () => {
    const result = refine(2, worldOf(2, LocalCommit, { cooperative: false }, { timers: 1 }), 1);
    const all = new Set(abstractSteps(2, 1).keys());
    expect(result.complete).toBe(true);
    expect(result.reached).toBeGreaterThan(all.size / 2);
  });
});

class NoVotesNeeded extends LocalCommit {
  override mayCommit(_: Coordinated, yes: ReadonlySet<number>): boolean {
    return yes.size > 0;
  }
}
class DecisionNotPersisted extends LocalCommit {
  override mustPersist(record: CommitRecord): boolean {
    return record.type !== 'decided' && super.mustPersist(record);
  }
}
class PreparedForgotten extends LocalCommit {
  override replays(record: CommitRecord): boolean {
    return record.type !== 'prepared';
  }
}
class AbortsWhenInDoubt extends LocalCommit {
  override whenInDoubt(): 'abort' {
    return 'abort';
  }
}
class PresumesCommit extends LocalCommit {
  override presumption(): 'commit' {
    return 'commit';
  }
}

describe('mutants break the refinement', () => {
  test.each([
    ['commits without all votes', NoVotesNeeded],
    ['tells a decision that is not persisted', DecisionNotPersisted],
    ['forgets at a restart that it is prepared', PreparedForgotten],
    ['aborts by itself when in doubt', AbortsWhenInDoubt],
    ['presumes commit', PresumesCommit],
  ])('%s', (_, nodeClass) => {
    const world = worldOf(2, nodeClass, { cooperative: false }, { timers: 1, crashes: 1 });
    expect(refine(2, world, 1).wrong).toMatch(/no abstract/);
  });
});
