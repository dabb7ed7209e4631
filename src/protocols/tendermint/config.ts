/** What a Tendermint node can be told about how to behave. All of a group's nodes must agree on powers and block limits. */
import type { PowerChange } from './validators.ts';

export interface TendermintConfig {
  /** The validators at height 1. Absent: every peer, with a power of 1. */
  readonly powers?: readonly PowerChange[];
  /**
   * `signature`: clients and validators sign, anybody may pass on what they said, evidence convicts. `channel`: nothing is signed, and
   * peers are believed in what they pass on for others; nobody is convicted, no liar is survived. For benchmarks.
   */
  readonly authentication: 'signature' | 'channel';
  /** Time-outs of round 0, and how much longer each is in every further round. */
  readonly proposeUs: number;
  readonly prevoteUs: number;
  readonly precommitUs: number;
  readonly deltaUs: number;
  /** Between a decision and the next height. */
  readonly commitUs: number;
  /** Between two rounds of telling peers what this node has. */
  readonly gossipUs: number;
  /** Start a height although there is nothing to agree on. */
  readonly emptyBlocks: boolean;
  readonly maxBlockCommands: number;
  readonly maxBlockEvidence: number;
  /** Commands that wait for a block; further ones are refused. */
  readonly maxPool: number;
  /** Commands decided lately that are not proposed again. */
  readonly remembered: number;
  /** Offences older than this many heights are forgiven. */
  readonly evidenceAge: number;
  /** Rounds ahead of its own for which a node listens to one validator. */
  readonly futureRounds: number;
  /** Signatures that are being checked for messages of one sender; what brings more is dropped. */
  readonly maxChecks: number;
  /** Decided blocks kept for those who are a little behind. */
  readonly retainedBlocks: number;
  /** Decided blocks sent in answer to one status. */
  readonly syncBlocks: number;
}

export const defaultTendermintConfig: TendermintConfig = {
  authentication: 'signature',
  proposeUs: 300_000,
  prevoteUs: 100_000,
  precommitUs: 100_000,
  deltaUs: 50_000,
  commitUs: 0,
  gossipUs: 100_000,
  emptyBlocks: false,
  maxBlockCommands: 256,
  maxBlockEvidence: 4,
  maxPool: 10_000,
  remembered: 10_000,
  evidenceAge: 1000,
  futureRounds: 2,
  maxChecks: 1000,
  retainedBlocks: 100,
  syncBlocks: 8,
};
