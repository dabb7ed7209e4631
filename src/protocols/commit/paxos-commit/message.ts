/**
 * Messages and records of Paxos Commit (Gray, Lamport, "Consensus on Transaction Commit", 2006, 4): one instance of Paxos for
 * each resource manager, all of a transaction's in one message. Ballot 0 is the resource managers' own.
 */
import { type Schema, schema } from '../../../core/index.ts';
import {
  type CommitRecord,
  type Part,
  recordVariants,
  type Site,
  siteList,
  type TransactionId,
  transactionId,
  type Write,
  writeList,
} from '../transaction.ts';

/** The value of one instance: is this resource manager prepared? */
export interface InstanceVote {
  readonly site: Site;
  readonly yes: boolean;
}

/** What an acceptor has accepted, of all instances of one transaction. */
export interface Accepted {
  readonly ballot: number;
  readonly votes: readonly InstanceVote[];
}

export type PaxosCommitMessage =
  /** BeginCommit: from the resource manager that was asked to the first leader; with its vote, if it takes part. */
  | { readonly type: 'begin'; readonly tx: TransactionId; readonly parts: readonly Part[]; readonly yes: boolean | null }
  /** Leader to resource managers: can you? `sites`: all resource managers of the transaction. */
  | { readonly type: 'prepare'; readonly tx: TransactionId; readonly sites: readonly Site[]; readonly writes: readonly Write[] }
  /** Phase 2a of ballot 0: a resource manager proposes its own vote. */
  | { readonly type: 'vote'; readonly tx: TransactionId; readonly sites: readonly Site[]; readonly yes: boolean }
  /** Phase 1a: the leader of `ballot` takes over. */
  | { readonly type: 'take'; readonly tx: TransactionId; readonly sites: readonly Site[]; readonly ballot: number }
  /** Phase 1b: what the acceptor had accepted. */
  | { readonly type: 'promise'; readonly tx: TransactionId; readonly ballot: number; readonly accepted: Accepted | null }
  /** Phase 2a of a later ballot: the leader proposes for every instance. */
  | {
      readonly type: 'propose';
      readonly tx: TransactionId;
      readonly sites: readonly Site[];
      readonly ballot: number;
      readonly votes: readonly InstanceVote[];
    }
  /** Phase 2b, of all instances at once. */
  | {
      readonly type: 'accepted';
      readonly tx: TransactionId;
      readonly sites: readonly Site[];
      readonly ballot: number;
      readonly votes: readonly InstanceVote[];
    }
  | { readonly type: 'decision'; readonly tx: TransactionId; readonly commit: boolean }
  /** What became of it? Whoever is in doubt asks the acceptors, and they find out. */
  | { readonly type: 'inquire'; readonly tx: TransactionId; readonly sites: readonly Site[] };

/** What an acceptor keeps besides the records of the ledger. */
export type AcceptorRecord =
  | { readonly type: 'promised'; readonly tx: TransactionId; readonly sites: readonly Site[]; readonly ballot: number }
  | {
      readonly type: 'accepted';
      readonly tx: TransactionId;
      readonly sites: readonly Site[];
      readonly ballot: number;
      readonly votes: readonly InstanceVote[];
    };

export type PaxosCommitRecord = CommitRecord | AcceptorRecord;

const { uint, bool, struct, union, list, optional } = schema;
const tx = transactionId;
const sites = siteList;
const votes = list(struct<InstanceVote>({ site: uint, yes: bool }));

export const paxosCommitMessages: Schema<PaxosCommitMessage> = union<PaxosCommitMessage>({
  begin: struct({ tx, parts: list(struct<Part>({ site: uint, writes: writeList })), yes: optional(bool) }),
  prepare: struct({ tx, sites, writes: writeList }),
  vote: struct({ tx, sites, yes: bool }),
  take: struct({ tx, sites, ballot: uint }),
  promise: struct({ tx, ballot: uint, accepted: optional(struct<Accepted>({ ballot: uint, votes })) }),
  propose: struct({ tx, sites, ballot: uint, votes }),
  accepted: struct({ tx, sites, ballot: uint, votes }),
  decision: struct({ tx, commit: bool }),
  inquire: struct({ tx, sites }),
});

export const paxosCommitRecords: Schema<PaxosCommitRecord> = union<PaxosCommitRecord>({
  ...recordVariants,
  promised: struct({ tx, sites, ballot: uint }),
  accepted: struct({ tx, sites, ballot: uint, votes }),
});
