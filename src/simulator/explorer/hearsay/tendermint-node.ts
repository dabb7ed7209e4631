/**
 * One validator of a small Tendermint without its messages: where it is and what it has said. Its transitions are those of
 * the real node: it is put where it is, handed some messages, and asked where it is then.
 */
import type { NodeId } from '../../../core/index.ts';
import type {
  Block,
  Proposed,
  Statement,
  Step,
  Tendermint,
  TendermintConfig,
  TendermintEffects,
} from '../../../protocols/tendermint/index.ts';

export type TendermintClass = new (id: NodeId, peers: readonly NodeId[], config: TendermintConfig) => Tendermint;

/** Where a validator is. Values are ids of blocks. */
export interface Local {
  readonly id: NodeId;
  readonly round: number;
  readonly step: Step;
  readonly lockedRound: number;
  readonly lockedValue: string | null;
  readonly validRound: number;
  readonly validValue: string | null;
  readonly decided: string | null;
  /** What it has said, in order of type and round. */
  readonly said: readonly Statement[];
}

const nothing = (): void => {};
const mute = new Proxy({}, { get: () => nothing }) as unknown as TendermintEffects;

/** A message of somebody, or a time-out, as it is handed to the node. */
export interface Delivery {
  readonly proposals: readonly Proposed[];
  readonly votes: readonly Statement[];
  /** Fires after the messages. */
  readonly timeout: Step | null;
}

export interface Driven {
  first(): Local;
  after(local: Local, delivery: Delivery): Local;
}

/** `node`, one class above it that can be put anywhere. */
export function drivable(
  node: TendermintClass,
  id: NodeId,
  peers: readonly NodeId[],
  config: TendermintConfig,
  rounds: number,
  blocks: ReadonlyMap<string, Block>,
): Driven {
  class Drivable extends node implements Driven {
    #decision: string | null = null;

    protected override decide({ statement }: Proposed): void {
      this.#decision = statement.value;
    }

    /** `before`: what it had said; who says something else in its place has said both. */
    #local(before: readonly Statement[]): Local {
      const known = new Set(before.map(wordsOf));
      const said = [...before, ...[...this.own.values()].filter((statement) => !known.has(wordsOf(statement)))];
      return {
        id,
        round: this.round,
        step: this.roundStep,
        lockedRound: this.lockedRound,
        lockedValue: this.lockedValue,
        validRound: this.validRound,
        validValue: this.validValue,
        decided: this.#decision,
        said: said.sort((a, b) => a.round - b.round || (`${a.type}${a.value}` < `${b.type}${b.value}` ? -1 : 1)),
      };
    }

    first(): Local {
      this.out = mute;
      this.step({ kind: 'start', now: 0, records: [] }, mute);
      return this.#local([]);
    }

    after(local: Local, { proposals, votes, timeout }: Delivery): Local {
      this.out = mute;
      this.ready = true;
      this.round = local.round;
      this.roundStep = local.step;
      this.lockedRound = local.lockedRound;
      this.lockedValue = local.lockedValue;
      this.validRound = local.validRound;
      this.validValue = local.validValue;
      this.validBlock = local.validValue === null ? null : (blocks.get(local.validValue) ?? null);
      this.own = new Map(local.said.map((statement) => [`${statement.type}/${statement.round}`, statement]));
      for (const proposed of proposals) this.logFor(proposed.statement.round).propose(proposed);
      for (const vote of votes) if (vote.type !== 'proposal') this.logFor(vote.round).add(vote.type, vote);
      this.advance();
      if (timeout !== null && this.round === local.round) this.timedOut(timeout, this.round);
      return this.round < rounds ? this.#local(local.said) : local;
    }
  }
  return {
    first: () => new Drivable(id, peers, config).first(),
    after: (local, delivery) => new Drivable(id, peers, config).after(local, delivery),
  };
}

const wordsOf = ({ type, round, value, validRound }: Statement): string => `${type} ${round} ${value} ${validRound}`;
