/** What a Raft node can be told about how to behave. All of a group's nodes should agree on the time-outs. */
import { LightconeError } from '../../core/index.ts';
import type { Configuration } from './confchange.ts';

export interface RaftConfig {
  /** The protocol version that this node speaks. 1: no pre-vote, no election priority, no witnesses. 2: all. */
  readonly version: 1 | 2;
  /** A follower that has not heard from a leader for this long campaigns; the real time-out is 1 to 2 times as long. */
  readonly electionTimeoutUs: number;
  readonly heartbeatUs: number;
  /** How many different random time-outs there are: few keep exploration small, many avoid split votes. */
  readonly electionSlots: number;
  /** Ask before campaigning, without raising the term (thesis 9.6). */
  readonly preVote: boolean;
  /** A candidate asks voters that have not answered again with every heartbeat (Raft 5.5); otherwise once a campaign. */
  readonly retryVotes: boolean;
  /** A leader that does not hear from a quorum steps down; a node that hears from a leader ignores campaigns (thesis 6.2, 4.2.3). */
  readonly checkQuorum: boolean;
  /** `index`: confirm leadership by a round of heartbeats for each read (thesis 6.4). `lease`: trust clocks for as long as a lease lasts. */
  readonly readMode: 'index' | 'lease';
  /** A lease lasts this part of the election time-out, in percent: the rest is the margin for clocks that drift apart. */
  readonly leasePercent: number;
  /** Reads that wait for leadership to be confirmed. */
  readonly maxPendingReads: number;
  /** Let reads that arrive while a round of heartbeats is out share the next one. */
  readonly batchReads: boolean;
  /** Bytes of entries in one append message (at least one entry goes). */
  readonly maxMessageBytes: number;
  /** Append messages to one follower that are not acknowledged. */
  readonly maxInflightMessages: number;
  /** Bytes of entries to one follower that are not acknowledged; 0: no limit. */
  readonly maxInflightBytes: number;
  /** Bytes of entries in the leader's log that are not committed; beyond it proposals are refused. */
  readonly maxUncommittedBytes: number;
  /** Writes handed to storage and not durable; further ones wait and become one write (group commit). */
  readonly maxInflightPersists: number;
  /** A follower passes proposals on to the leader; otherwise it refuses them and names the leader. */
  readonly forwardProposals: boolean;
  /** Refuse membership changes that the configuration in force makes impossible. */
  readonly validateChanges: boolean;
  /** A leader that is removed or becomes a learner steps down. */
  readonly stepDownOnRemoval: boolean;
  /** Entries kept behind a snapshot for followers that are a little behind. */
  readonly retainedEntries: number;
  /** A witness compacts by itself when its log is longer than this. */
  readonly witnessLogEntries: number;
  /** 0 to 3. A node of a lower priority waits (3 - priority) election time-outs longer before it campaigns; so the preferred lead, and any can. */
  readonly priority: number;
  /** The group at its very start; absent: all peers vote. */
  readonly initial?: Configuration;
}

export const defaultRaftConfig: RaftConfig = {
  version: 2,
  electionTimeoutUs: 300_000,
  heartbeatUs: 50_000,
  electionSlots: 64,
  preVote: true,
  retryVotes: true,
  checkQuorum: true,
  readMode: 'index',
  leasePercent: 80,
  maxPendingReads: 4096,
  batchReads: true,
  maxMessageBytes: 1_048_576,
  maxInflightMessages: 8,
  maxInflightBytes: 8_388_608,
  maxUncommittedBytes: 67_108_864,
  maxInflightPersists: 1,
  forwardProposals: false,
  validateChanges: true,
  stepDownOnRemoval: true,
  retainedEntries: 0,
  witnessLogEntries: 4096,
  priority: 3,
};

/** Throws LC_USAGE with the offending value. */
export function checkConfig(config: RaftConfig): void {
  const refuse = (why: string): never => {
    throw new LightconeError('LC_USAGE', `Raft cannot run with ${why}.`);
  };
  const { heartbeatUs, electionTimeoutUs, electionSlots, maxInflightMessages, maxInflightPersists, priority } = config;
  if (!(heartbeatUs > 0)) refuse(`a heartbeat of ${heartbeatUs} us: it must be positive`);
  if (!(electionTimeoutUs > heartbeatUs))
    refuse(`an election time-out of ${electionTimeoutUs} us: it must exceed the heartbeat of ${heartbeatUs} us`);
  if (!(electionSlots >= 1)) refuse(`${electionSlots} election slots: it needs at least one`);
  if (!(maxInflightMessages >= 1)) refuse(`${maxInflightMessages} messages in flight: it needs at least one`);
  if (!(maxInflightPersists >= 1)) refuse(`${maxInflightPersists} writes in flight: it needs at least one`);
  if (config.maxInflightBytes !== 0 && config.maxInflightBytes < config.maxMessageBytes)
    refuse(`${config.maxInflightBytes} bytes in flight: one message may have ${config.maxMessageBytes}`);
  if (config.readMode === 'lease' && !config.checkQuorum) refuse('lease reads but without check-quorum: nothing protects the lease');
  if (!(priority >= 0 && priority <= 3)) refuse(`priority ${priority}: it is 0 to 3`);
}
