/**
 * Agreement among liars as the explorer takes it: node 1 is a traitor (it leads the game and may tell each reader another
 * thing), every order of messages is followed, and there are no clocks: a game is over once everybody has spoken. Judged:
 * no two honest nodes decide differently.
 */
import type { NodeId, Value } from '../../core/index.ts';
import {
  type BrachaConfig,
  type BrachaMessage,
  brachaProtocol,
  type CardClaim,
  CardElection,
  type CardShown,
  cardElectionProtocol,
  type ElectionConfig,
  type ElectionGame,
  type GameConfig,
  type GameOut,
  HighestCard,
  highestCardProtocol,
  type OralConfig,
  OralGenerals,
  type OralMessage,
  oralProtocol,
  ReliableBroadcast,
  witnessesOf,
} from '../../protocols/broadcast/index.ts';
import type { Coverage, ExploreProtocolOptions } from './explore-protocol.ts';
import { BrachaWords } from './hearsay/bracha-words.ts';
import { HearsayModel } from './hearsay/hearsay.ts';
import type { AnyNode } from './local-state.ts';
import type { Model } from './model.ts';
import { type Lies, Traitor } from './traitor.ts';
import type { Broken, Observer, WorldEvent, WorldOptions } from './world-options.ts';

const TRAITOR = 1;
const GAME = 'game';
/** Of an election. */
const ROUNDS = 2;

interface Outcomes {
  readonly decided: { readonly [node: string]: number };
  readonly broken: Broken | null;
}

export class OutcomeObserver implements Observer<Outcomes> {
  readonly invariants = ['agreement', 'no-broken-invariant'] as const;
  readonly initial: Outcomes = { decided: {}, broken: null };
  readonly #traitor: NodeId;

  /** `traitor`: whose outcomes do not matter; 0: nobody's. */
  constructor(traitor: NodeId) {
    this.#traitor = traitor;
  }

  key({ decided, broken }: Outcomes): string {
    return JSON.stringify([Object.entries(decided).sort(), broken?.invariant ?? '']);
  }

  broken({ broken }: Outcomes): Broken | null {
    return broken;
  }

  observe(history: Outcomes, event: WorldEvent): Outcomes {
    if (history.broken !== null || event.kind === 'belief') return history;
    if (event.kind === 'broken') return { ...history, broken: { invariant: 'no-broken-invariant', message: event.message } };
    // Who restarts has forgotten the game: what it decides later is another matter.
    if (event.kind === 'crash') {
      const { [`${event.node}`]: _gone, ...decided } = history.decided;
      return { ...history, decided };
    }
    if (event.kind !== 'indication' || event.node === this.#traitor) return history;
    const { value } = event.indication as { readonly value: number };
    for (const [node, other] of Object.entries(history.decided))
      if (other !== value)
        return { ...history, broken: { invariant: 'agreement', message: `n${node} decided ${other} and n${event.node} ${value}` } };
    return { ...history, decided: { ...history.decided, [`${event.node}`]: value } };
  }
}

type World = Omit<ExploreProtocolOptions, 'seed'>;
type Make<C, N> = new (id: NodeId, peers: readonly NodeId[], config: C) => N;

const calm = { timers: 0, crashes: 0, drops: 0, duplicates: 0 } as const;

interface Parts {
  readonly name: string;
  readonly protocol: unknown;
  readonly count: number;
  readonly lies: Lies | null;
  /** What each node is told; null: nothing. */
  told(node: NodeId, nodes: readonly NodeId[]): { readonly [name: string]: Value } | null;
  make(id: NodeId, peers: readonly NodeId[]): unknown;
  /** Where the nodes are too many states: what is seen in full in their place. */
  readonly specifications?: readonly Model[];
}

function gameWorld({ name, protocol, count, lies, told, make, specifications = [] }: Parts): World {
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  const coverage: readonly Coverage[] = specifications.length > 0 ? [] : [{ disk: 'instant', bounds: calm, inputs: count }];
  return {
    name: `${name}, ${count} nodes`,
    protocol: protocol as WorldOptions['protocol'],
    create(id, peers) {
      const node = make(id, peers) as AnyNode;
      return id === TRAITOR && lies !== null ? new Traitor(node, lies) : node;
    },
    nodes,
    inputs: nodes.flatMap((node) => {
      const op = told(node, nodes);
      return op === null
        ? []
        : [{ node, from: count + 1, request: { id: 1, session: 1, op: { ...op, game: GAME, players: count }, mode: 'write' as const } }];
    }),
    observer: new OutcomeObserver(lies === null ? 0 : TRAITOR) as Observer<unknown>,
    coverage,
    specifications,
  };
}

const attack = (node: NodeId): { readonly [name: string]: Value } => ({
  f: 'attack',
  commander: TRAITOR,
  ...(node === TRAITOR ? { order: 1 } : {}),
});
/** No deadline: over when everybody has spoken. */
const roundUs = Number.POSITIVE_INFINITY;
const prepared = (count: number): number => Math.floor((count - 1) / 3);

export const generalsWorld = (count: number, node: Make<OralConfig, OralGenerals> = OralGenerals): World =>
  gameWorld({
    name: 'generals',
    protocol: oralProtocol,
    count,
    told: attack,
    make: (id, peers) => new node(id, peers, { roundUs, traitors: prepared(count) }),
    lies: (message) => [{ ...(message as OralMessage), order: 0 }],
  });

export const highestCardWorld = (count: number, node: Make<GameConfig, HighestCard> = HighestCard): World =>
  gameWorld({
    name: 'highest-card',
    protocol: highestCardProtocol,
    count,
    told: (viewer, nodes) => ({
      f: 'deal',
      cards: nodes.filter((holder) => witnessesOf(holder, nodes).includes(viewer)).map((holder) => [holder, holder * 10]),
    }),
    make: (id, peers) => new node(id, peers, { roundUs }),
    lies: (message) => ((message as CardClaim).holder === TRAITOR ? [{ ...(message as CardClaim), card: 99 }] : []),
  });

/** In its last round each draws another card: elections have no end otherwise. */
function withRounds(node: Make<ElectionConfig, CardElection>): Make<ElectionConfig, CardElection> {
  return class extends node {
    #round = 1;

    protected override begin(game: ElectionGame, out: GameOut<CardShown>): void {
      this.#round = game.round;
      super.begin(game, out);
    }

    override draws(out: GameOut<CardShown>): number {
      return this.#round < ROUNDS ? super.draws(out) : this.peers.indexOf(this.id) + 1;
    }
  };
}

export const cardElectionWorld = (count: number, node: Make<ElectionConfig, CardElection> = CardElection): World =>
  gameWorld({
    name: 'card-election',
    protocol: cardElectionProtocol,
    count: Math.min(count, 3),
    told: () => ({ f: 'elect' }),
    make: (id, peers) => new (withRounds(node))(id, peers, { roundUs, deck: 3 }),
    lies: null,
  });

export const brachaWorld = (count: number, node: Make<BrachaConfig, ReliableBroadcast> = ReliableBroadcast): World =>
  gameWorld({
    name: 'bracha',
    protocol: brachaProtocol,
    count,
    told: (id) => (id === TRAITOR ? { f: 'broadcast', value: 1 } : null),
    make: (id, peers) => new node(id, peers, { faults: prepared(count), resendUs: 1000 }),
    lies: (message) => ((message as BrachaMessage).again ? [] : [{ ...(message as BrachaMessage), value: 2 }]),
    specifications: brachaSpecifications(count, node),
  });

/** The words of so many liars as are survived: the sender is one of them, or is not. */
function brachaSpecifications(nodes: number, node: Make<BrachaConfig, ReliableBroadcast>): Model[] {
  const faults = prepared(nodes);
  if (faults === 0) return [];
  const liars = (first: NodeId): NodeId[] => Array.from({ length: faults }, (_, i) => first + i);
  return [liars(1), liars(nodes - faults + 1)].map((those) => new HearsayModel(new BrachaWords({ nodes, liars: those, sender: 1 }, node)));
}
