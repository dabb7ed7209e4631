/** Messages, records and configuration of three-phase commit. */
import { type Schema, schema } from '../../../core/index.ts';
import { type CommitConfig, defaultCommitConfig } from '../config.ts';
import {
  type CommitRecord,
  recordVariants,
  type Site,
  siteList,
  type TransactionId,
  transactionId,
  type Write,
  writeList,
} from '../transaction.ts';

/** `unknown`: it has never voted. `coordinating`: it is the coordinator, alive, and will decide. */
export type SiteState = 'unknown' | 'uncertain' | 'precommitted' | 'committed' | 'aborted' | 'coordinating';

export type ThreePhaseMessage =
  /** Phase one: can you? `sites`: all participants. */
  | { readonly type: 'prepare'; readonly tx: TransactionId; readonly sites: readonly Site[]; readonly writes: readonly Write[] }
  | { readonly type: 'vote'; readonly tx: TransactionId; readonly yes: boolean }
  /** Phase two: all have voted yes. From the coordinator, or from who has taken over. */
  | { readonly type: 'precommit'; readonly tx: TransactionId }
  | { readonly type: 'ack'; readonly tx: TransactionId }
  /** Phase three. */
  | { readonly type: 'decision'; readonly tx: TransactionId; readonly commit: boolean }
  /** Termination: in which state are you? */
  | { readonly type: 'inquire'; readonly tx: TransactionId; readonly sites: readonly Site[] }
  /** `recovered`: it has been down since the transaction began, and others may have gone on without it. */
  | { readonly type: 'state'; readonly tx: TransactionId; readonly state: SiteState; readonly recovered: boolean };

export type PrecommittedRecord = { readonly type: 'precommitted'; readonly tx: TransactionId };
export type ThreePhaseRecord = CommitRecord | PrecommittedRecord;

export interface ThreePhaseConfig extends CommitConfig {
  /**
   * Reminders (each after `retryUs`) after which a silent site has failed: in `patience - 1` of them a message must get there and
   * back, through two disks. The protocol is safe only where that is so.
   */
  readonly patience: number;
}

/** A participant that comes back must still find somebody who remembers. */
export const defaultThreePhaseConfig: ThreePhaseConfig = { ...defaultCommitConfig, retryUs: 100_000, patience: 6, remember: 100_000 };

const { bool, struct, union, oneOf } = schema;
const tx = transactionId;

export const threePhaseMessages: Schema<ThreePhaseMessage> = union<ThreePhaseMessage>({
  prepare: struct({ tx, sites: siteList, writes: writeList }),
  vote: struct({ tx, yes: bool }),
  precommit: struct({ tx }),
  ack: struct({ tx }),
  decision: struct({ tx, commit: bool }),
  inquire: struct({ tx, sites: siteList }),
  state: struct({ tx, state: oneOf('unknown', 'uncertain', 'precommitted', 'committed', 'aborted', 'coordinating'), recovered: bool }),
});

export const threePhaseRecords: Schema<ThreePhaseRecord> = union<ThreePhaseRecord>({ ...recordVariants, precommitted: struct({ tx }) });
