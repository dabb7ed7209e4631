/** How a node of two-phase commit behaves. */
import type { NodeId } from '../../core/index.ts';
import type { Site } from './transaction.ts';

export interface CommitConfig {
  /** Between two reminders: of participants that have not answered, and of others when in doubt. */
  readonly retryUs: number;
  /** Reminders to vote before the coordinator gives up and aborts. */
  readonly voteRetries: number;
  /** Decided transactions remembered in each role. */
  readonly remember: number;
  /** Records between two snapshots of the log; 0: never. */
  readonly snapshotEvery: number;
  /** A participant in doubt asks the other participants too, not only the coordinator. */
  readonly cooperative: boolean;
  /** `free`: yes unless a key is locked. `choose`: also no, whenever the host so chooses (explorer, fault tests). */
  readonly votes: 'free' | 'choose';
  /**
   * What a coordinator that knows nothing of a transaction says of it, and so what need not be written or acknowledged
   * (Mohan, Lindsay, Obermarck 1986, 3). `nothing`: the basic protocol, everything is.
   */
  readonly presumption: 'nothing' | 'abort' | 'commit';
}

export const defaultCommitConfig: CommitConfig = {
  retryUs: 200_000,
  voteRetries: 5,
  remember: 1000,
  snapshotEvery: 1000,
  cooperative: true,
  votes: 'free',
  presumption: 'abort',
};

/** Two-phase commit between groups: which nodes are replicas of which site. */
export interface GroupCommitConfig extends CommitConfig {
  readonly groups: readonly { readonly site: Site; readonly nodes: readonly NodeId[] }[];
}
