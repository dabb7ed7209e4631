/**
 * The vote, or a mutant of it, as the explorer takes it: of four voters and more the last f lie (lying-voter.ts), whose
 * service is ready is a choice, and several nodes ask the same question. Judged by what askers decide: never differently,
 * and by votes of a quorum.
 */
import type { NodeId, Value } from '../../core/index.ts';
import { defaultVoteConfig, type VoteConfig, type VoteIndication, VoteNode, voteProtocol } from '../../protocols/vote/index.ts';
import type { Coverage, ExploreProtocolOptions } from './explore-protocol.ts';
import type { AnyNode } from './local-state.ts';
import { LyingVoter } from './lying-voter.ts';
import { VoteSpecification } from './vote-specification.ts';
import type { Broken, Observer, WorldEvent, WorldOptions } from './world-options.ts';

interface Decisions {
  readonly first: { readonly [question: string]: { readonly node: NodeId; readonly decision: string } };
  readonly broken: Broken | null;
}

class VoteObserver implements Observer<Decisions> {
  readonly invariants = ['agreement', 'certified', 'no-broken-invariant'] as const;
  readonly #quorum: number;

  constructor(quorum: number) {
    this.#quorum = quorum;
  }

  readonly initial: Decisions = { first: {}, broken: null };

  /** Who was first matters to the story only. */
  key({ first, broken }: Decisions): string {
    const decisions = Object.entries(first).map(([question, { decision }]) => [question, decision]);
    return JSON.stringify([decisions.sort(), broken?.invariant ?? '']);
  }

  broken({ broken }: Decisions): Broken | null {
    return broken;
  }

  observe(history: Decisions, event: WorldEvent): Decisions {
    if (history.broken !== null) return history;
    if (event.kind === 'broken') return { ...history, broken: { invariant: 'no-broken-invariant', message: event.message } };
    if (event.kind === 'indication') return this.#indicated(history, event.node, event.indication as VoteIndication);
    if (event.kind !== 'belief' || event.belief !== 'decision') return history;
    const { question, decision } = event.value as { readonly question: string; readonly decision: string };
    const known = history.first[question];
    if (known === undefined) return { ...history, first: { ...history.first, [question]: { node: event.node, decision } } };
    if (known.decision === decision) return history;
    const message = `${question}: n${known.node} decides ${known.decision}, n${event.node} ${decision}`;
    return { ...history, broken: { invariant: 'agreement', message } };
  }

  #indicated(history: Decisions, node: NodeId, told: VoteIndication): Decisions {
    if (told.kind !== 'decided') return history;
    const voters = new Set(told.certificate.votes.map(({ voter }) => voter)).size;
    if (voters >= this.#quorum) return history;
    const message = `n${node} decides ${told.certificate.verdict} by ${voters} votes, and ${this.#quorum} are needed`;
    return { ...history, broken: { invariant: 'certified', message } };
  }
}

type VoteClass = new (id: NodeId, config: VoteConfig) => VoteNode;

const calm = { timers: 0, crashes: 0, drops: 0, duplicates: 0 } as const;
/** Each message may stay under way for ever, so loss adds nothing but a count. */
const few: readonly Coverage[] = [
  { disk: 'instant', bounds: { ...calm, crashes: 1 }, inputs: 1 },
  { disk: 'slow', bounds: calm, inputs: 1 },
];
const many: readonly Coverage[] = [{ disk: 'instant', bounds: calm, inputs: 1 }];

/** Of more honest voters, the specification has too many states to see them all in seconds. */
const MOST_VOTERS = 8;

const decide: Value = { f: 'decide', question: { id: 'deploy', subject: 'version 2.3', strategy: 'majority_ready_or_abort' } };

/** Patience ends with the first reminder, and the trying with the third; nobody's answers are kept to convict him. */
export const exploredVoteConfig: Omit<VoteConfig, 'voters' | 'faults'> = {
  ...defaultVoteConfig,
  patienceUs: 1000,
  retryUs: 1000,
  timeoutUs: 3000,
  lifetimeUs: 1_000_000,
  readiness: { ready: 1, of: 2 },
  convicts: false,
};

/** `count` voters; clients ask the honest ones, each the same. */
export function voteWorld(count: number, node: VoteClass = VoteNode): Omit<ExploreProtocolOptions, 'seed'> {
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  const faults = Math.floor((count - 1) / 3);
  const honest = nodes.slice(0, count - faults);
  return {
    name: `vote, ${count} nodes`,
    protocol: voteProtocol as unknown as WorldOptions['protocol'],
    create: (id) =>
      (honest.includes(id) ? new node(id, { ...exploredVoteConfig, voters: nodes, faults }) : new LyingVoter(id)) as unknown as AnyNode,
    nodes,
    inputs: honest.map((asker) => ({ node: asker, from: count + 1, request: { id: asker, session: 0, op: decide, mode: 'write' } })),
    observer: new VoteObserver(Math.ceil((count + faults + 1) / 2)),
    ...(node === VoteNode && count <= MOST_VOTERS ? { specifications: [new VoteSpecification(count, 'majority_ready_or_abort')] } : {}),
    coverage: count <= 4 ? few : many,
  };
}
