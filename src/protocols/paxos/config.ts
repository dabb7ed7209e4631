/** What a Multi-Paxos node can be told about how to behave. All of a group's nodes should agree on the time-outs. */
import { LightconeError } from '../../core/index.ts';
import { type Configuration, quorumProblem } from './configuration.ts';

export interface PaxosConfig {
  /** One round of heartbeats: a leader that is not heard of in a whole round is gone. Longer than a round trip. */
  readonly electionTimeoutUs: number;
  /**
   * `connectivity`: heartbeats tell who hears from a quorum, and only these stand (Omni-Paxos, 5). `time-out`: whoever has not
   * heard from a leader for a round, of random length, stands: the plain way, which a partly connected group may not survive.
   */
  readonly election: 'connectivity' | 'time-out';
  /** How many different random time-outs there are. */
  readonly electionSlots: number;
  /** How often what is not answered is asked again. */
  readonly heartbeatUs: number;
  /** `index`: a quorum confirms the leader's ballot for each read. `log`: reads take a slot, as writes do. */
  readonly readMode: 'index' | 'log';
  /** Reads that wait for a confirmation. */
  readonly maxPendingReads: number;
  /** Let reads that arrive while a confirmation is out share the next one. */
  readonly batchReads: boolean;
  /** Bytes of entries in one message (at least one entry goes). */
  readonly maxMessageBytes: number;
  /** Accept messages to one acceptor that are not answered. */
  readonly maxInflightMessages: number;
  /** Bytes of proposals that are not chosen; beyond it proposals are refused. */
  readonly maxUncommittedBytes: number;
  /** Writes handed to storage and not durable; further ones wait and become one write (group commit). */
  readonly maxInflightPersists: number;
  /** A follower passes proposals on to the leader; otherwise it refuses them and names the leader. */
  readonly forwardProposals: boolean;
  /** What a snapshot lets go of: all that it stands for, or only what a `quorum` or `all` members are known to have decided. */
  readonly trim: 'any' | 'quorum' | 'all';
  /** Entries kept behind a snapshot for nodes that are a little behind. */
  readonly retainedEntries: number;
  /** The group at its very start, the same on every node, however late it joins; absent: all peers, by majorities. */
  readonly initial?: Configuration;
}

export const defaultPaxosConfig: PaxosConfig = {
  electionTimeoutUs: 300_000,
  election: 'connectivity',
  electionSlots: 64,
  heartbeatUs: 50_000,
  readMode: 'index',
  maxPendingReads: 4096,
  batchReads: true,
  maxMessageBytes: 1_048_576,
  maxInflightMessages: 8,
  maxUncommittedBytes: 67_108_864,
  maxInflightPersists: 1,
  forwardProposals: false,
  trim: 'any',
  retainedEntries: 0,
};

/** Throws LC_USAGE with the offending value. */
export function checkConfig(config: PaxosConfig): void {
  const refuse = (why: string): never => {
    throw new LightconeError('LC_USAGE', `Paxos cannot run with ${why}.`);
  };
  const { heartbeatUs, electionTimeoutUs, maxInflightMessages, maxInflightPersists, initial } = config;
  if (!(heartbeatUs > 0)) refuse(`a heartbeat of ${heartbeatUs} us: it must be positive`);
  if (!(electionTimeoutUs > heartbeatUs))
    refuse(`an election time-out of ${electionTimeoutUs} us: it must exceed the heartbeat of ${heartbeatUs} us`);
  if (!(config.electionSlots >= 1)) refuse(`${config.electionSlots} election slots: it needs at least one`);
  if (!(maxInflightMessages >= 1)) refuse(`${maxInflightMessages} messages in flight: it needs at least one`);
  if (!(maxInflightPersists >= 1)) refuse(`${maxInflightPersists} writes in flight: it needs at least one`);
  const problem = initial === undefined ? null : quorumProblem(initial);
  if (problem !== null) refuse(problem);
}
