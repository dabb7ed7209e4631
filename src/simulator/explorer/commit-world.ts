/**
 * Two-phase commit, or a mutant of it, as the explorer takes it: every site may refuse, node 1 coordinates one
 * transaction of all. Judged by what nodes take for decided: none differently from another (AC1, which holds AC2 and AC3
 * in it here, since a site that has not voted yes can be made to abort).
 */
import type { NodeId, Value } from '../../core/index.ts';
import { type CommitConfig, commitProtocol, defaultCommitConfig, LocalCommit } from '../../protocols/commit/index.ts';
import type { Coverage, ExploreProtocolOptions } from './explore-protocol.ts';
import type { AnyNode } from './local-state.ts';
import { TwoPhaseSpecification } from './two-phase-specification.ts';
import type { Broken, Observer, WorldEvent, WorldOptions } from './world-options.ts';

interface Decisions {
  /** By transaction: the first decision that somebody took for it, and who. */
  readonly first: { readonly [tx: string]: { readonly node: NodeId; readonly decision: string } };
  readonly broken: Broken | null;
}

export class DecisionObserver implements Observer<Decisions> {
  readonly invariants = ['agreement', 'no-broken-invariant'] as const;
  readonly initial: Decisions = { first: {}, broken: null };

  /** Who was first matters to the story only. */
  key({ first, broken }: Decisions): string {
    const decisions = Object.entries(first).map(([tx, { decision }]) => [tx, decision]);
    return JSON.stringify([decisions.sort(), broken?.invariant ?? '']);
  }

  broken({ broken }: Decisions): Broken | null {
    return broken;
  }

  observe(history: Decisions, event: WorldEvent): Decisions {
    if (history.broken !== null) return history;
    if (event.kind === 'broken') return { ...history, broken: { invariant: 'no-broken-invariant', message: event.message } };
    if (event.kind !== 'belief' || event.belief !== 'decision') return history;
    const { tx, decision } = event.value as { readonly tx: string; readonly decision: string };
    const known = history.first[tx];
    if (known === undefined) return { ...history, first: { ...history.first, [tx]: { node: event.node, decision } } };
    if (known.decision === decision) return history;
    const message = `transaction ${tx}: n${known.node} takes it for decided ${known.decision}, n${event.node} ${decision}`;
    return { ...history, broken: { invariant: 'agreement', message } };
  }
}

/** One reminder and then an abort; nothing is forgotten, so that worlds stay small. */
const exploredConfig: CommitConfig = { ...defaultCommitConfig, votes: 'choose', voteRetries: 0, snapshotEvery: 0 };

/** Of more, the abstract protocol has too many states to see them all in seconds. */
const MOST_MANAGERS = 8;

const calm = { timers: 0, crashes: 0, drops: 0, duplicates: 0 } as const;
const few: readonly Coverage[] = [
  { disk: 'slow', bounds: { ...calm, timers: 2, crashes: 1 }, inputs: 1 },
  { disk: 'slow', bounds: { ...calm, timers: 1, crashes: 1, drops: 1, duplicates: 1 }, inputs: 1 },
];
const more: readonly Coverage[] = [{ disk: 'slow', bounds: { ...calm, timers: 1, crashes: 1 }, inputs: 1 }];
const many: readonly Coverage[] = [{ disk: 'slow', bounds: { ...calm, timers: 1 }, inputs: 1 }];
const most: readonly Coverage[] = [{ disk: 'instant', bounds: calm, inputs: 1 }];

type CommitClass = new (id: NodeId, peers: readonly NodeId[], config: CommitConfig) => LocalCommit;

/** `count` sites; a client asks each of them for one transaction of all sites. */
export function commitWorld(count: number, node: CommitClass = LocalCommit): Omit<ExploreProtocolOptions, 'seed'> {
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  const parts = nodes.map((site) => ({ site, writes: [{ key: 'x', value: 1 }] }));
  const op: Value = { f: 'transaction', parts };
  return {
    name: `2pc, ${count} nodes`,
    protocol: commitProtocol as unknown as WorldOptions['protocol'],
    create: (id, peers) => new node(id, peers, exploredConfig) as unknown as AnyNode,
    nodes,
    inputs: nodes.map((coordinator) => ({
      node: coordinator,
      from: count + 1,
      request: { id: coordinator, session: 0, op, mode: 'write' },
    })),
    observer: new DecisionObserver(),
    ...(node === LocalCommit && count <= MOST_MANAGERS ? { specifications: [new TwoPhaseSpecification(count)] } : {}),
    coverage: count <= 2 ? few : count === 3 ? more : count === 4 ? many : most,
  };
}
