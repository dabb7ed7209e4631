/**
 * What all layers of a Tendermint node share: its place in the chain, its timers, whom it can reach, and what it
 * dropped. The layers above extend it one by one (README.md); a mutant overrides one named decision of any of them.
 */
import type { Effects, NodeId, OrderingIndication } from '../../core/index.ts';
import type { Block, ChainState } from './block.ts';
import type { TendermintConfig } from './config.ts';
import type { TendermintMessage } from './message.ts';
import type { TendermintRecord } from './record.ts';
import { Rounds, type Step } from './rounds.ts';
import type { Evidence, Statement } from './statement.ts';
import { firstSet, turnAfter, type ValidatorSet } from './validators.ts';

/** A validator was convicted by evidence in the block at `height`; told by every node once, in the order of blocks. */
export interface EvidenceIndication {
  readonly kind: 'evidence';
  readonly height: number;
  readonly guilty: NodeId;
  readonly evidence: Evidence;
}

export type TendermintIndication = OrderingIndication | EvidenceIndication;
export type TendermintEffects = Effects<TendermintMessage, TendermintRecord, TendermintIndication>;

export const timers = { propose: 0, prevote: 1, precommit: 2, commit: 3, gossip: 4 } as const;
export const timerNames = Object.keys(timers) as readonly string[];

/** Why a message was dropped without any effect. */
export type DropCode =
  | 'malformed'
  | 'stranger'
  | 'oversized'
  | 'other-height'
  | 'far-round'
  | 'duplicate'
  | 'not-proposer'
  | 'bad-signature'
  | 'bad-certificate'
  | 'bad-evidence'
  | 'overloaded';

const NEVER = Number.POSITIVE_INFINITY;

export abstract class TendermintBase extends Rounds {
  readonly peers: readonly NodeId[];
  readonly config: TendermintConfig;
  chain: ChainState;
  /** How many messages were dropped, by reason: for operators, no rule looks at it. */
  readonly drops = new Map<DropCode, number>();
  protected now = 0;
  protected tokens = 0;
  /** By timer: when each timer fires; Infinity: never. */
  armed: number[] = timerNames.map(() => NEVER);
  protected out!: TendermintEffects;

  constructor(id: NodeId, peers: readonly NodeId[], config: TendermintConfig) {
    super(id);
    this.peers = peers;
    this.config = config;
    const first = firstSet(config.powers ?? peers.map((peer) => ({ id: peer, power: 1 })));
    this.chain = this.firstChain(first);
    this.resetRounds(1, first);
  }

  protected firstChain(first: ValidatorSet): ChainState {
    const next = this.turnOf(first);
    return { height: 1, position: 0, previous: '', validators: first, next, convicted: [], app: null };
  }

  // Decisions.

  /** How long a step may take: longer in every further round, until it is long enough for everybody (2.1, section 3). */
  timeoutUs(kind: Step, round: number): number {
    const first = { propose: this.config.proposeUs, prevote: this.config.prevoteUs, precommit: this.config.precommitUs }[kind];
    return first + round * this.config.deltaUs;
  }

  /** The set for the height after: everybody gains its power once. */
  protected turnOf(set: ValidatorSet): ValidatorSet {
    return turnAfter(set);
  }

  /** Does the link say who speaks, so that nothing is signed? */
  protected get unsigned(): boolean {
    return this.config.authentication === 'channel';
  }

  protected isPeer(id: NodeId): boolean {
    return this.peers.includes(id);
  }

  protected isValidator(id: NodeId): boolean {
    return this.validators.members.some((member) => member.id === id);
  }

  // Effects.

  protected drop(code: DropCode): void {
    this.drops.set(code, (this.drops.get(code) ?? 0) + 1);
  }

  protected broadcast(message: TendermintMessage): void {
    for (const peer of this.peers) if (peer !== this.id) this.out.send(peer, message, 0);
  }

  protected arm(timer: number, delayUs: number): void {
    const atUs = this.now + delayUs;
    this.armed[timer] = atUs;
    this.out.timer(timer, atUs);
  }

  protected disarm(timer: number): void {
    if (this.armed[timer] === NEVER) return;
    this.armed[timer] = NEVER;
    this.out.timer(timer, NEVER);
  }

  protected schedule(kind: Step, round: number): void {
    this.arm(timers[kind], this.timeoutUs(kind, round));
  }

  /** A time-out belongs to one round. */
  protected roundStarted(): void {
    this.disarm(timers.propose);
    this.disarm(timers.prevote);
    this.disarm(timers.precommit);
  }

  /** The clock was set by an unknown span: what was to come later comes after its whole time, counted anew. */
  protected clockSet(): void {
    const spans = [
      this.timeoutUs('propose', Math.max(0, this.round)),
      this.timeoutUs('prevote', Math.max(0, this.round)),
      this.timeoutUs('precommit', Math.max(0, this.round)),
      this.config.commitUs,
      this.config.gossipUs,
    ];
    for (let timer = 0; timer < spans.length; timer++) if (this.armed[timer] !== NEVER) this.arm(timer, spans[timer] as number);
  }

  // Upwards: what lower layers cause in higher ones.

  /** Something happened that may be worth agreeing on: begin the height if it has not begun. */
  protected abstract maybeBegin(): void;
  protected abstract applyDecided(block: Block, certificate: readonly Statement[]): void;
}
