/** How a node of Paxos Commit behaves. */
import { type CommitConfig, defaultCommitConfig } from '../config.ts';

export interface PaxosCommitConfig extends CommitConfig {
  /** 2F + 1: the first so many nodes are acceptors too; F of them may fail. An even number is taken for one less. */
  readonly acceptors: number;
  /** Acceptors tell every resource manager, not only the leader: a message delay less, more messages (4.2 there). */
  readonly faster: boolean;
}

export const defaultPaxosCommitConfig: PaxosCommitConfig = { ...defaultCommitConfig, acceptors: 3, faster: false };
