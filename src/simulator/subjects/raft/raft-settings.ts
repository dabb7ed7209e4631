/** The settings of a simulated Raft, in milliseconds and plain words; what is not set is Raft's default. */
import { LightconeError, type Value } from '../../../core/index.ts';
import { defaultRaftConfig } from '../../../protocols/raft/index.ts';
import type { Settings } from '../../subject.ts';

/** What `settings` may hold, all in this file's words; absent ones are Raft's defaults. */
export interface RaftSettings {
  readonly electionTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly electionSlots: number;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  readonly readMode: 'index' | 'lease';
  readonly batchReads: boolean;
  readonly maxInflightMessages: number;
  readonly maxInflightPersists: number;
  readonly maxMessageBytes: number;
  readonly maxUncommittedBytes: number;
  readonly forwardProposals: boolean;
  readonly retainedEntries: number;
  readonly snapshotEvery: number;
  /** The last `spares` servers are no members at first, the `learners` before them learn, the `witnesses` before these keep no data. */
  readonly spares: number;
  readonly learners: number;
  readonly witnesses: number;
  /** Lower priorities for higher ids. */
  readonly priorities: boolean;
  readonly attemptMs: number;
  /** Tries of a client at one server that does not answer. */
  readonly triesEach: number;
  readonly giveUpMs: number;
  readonly backoffMs: number;
}

export const defaultRaftSettings: RaftSettings = {
  electionTimeoutMs: 300,
  heartbeatMs: 50,
  electionSlots: defaultRaftConfig.electionSlots,
  preVote: true,
  checkQuorum: true,
  readMode: 'index',
  batchReads: true,
  maxInflightMessages: defaultRaftConfig.maxInflightMessages,
  maxInflightPersists: defaultRaftConfig.maxInflightPersists,
  maxMessageBytes: defaultRaftConfig.maxMessageBytes,
  maxUncommittedBytes: defaultRaftConfig.maxUncommittedBytes,
  forwardProposals: false,
  retainedEntries: 0,
  snapshotEvery: 1000,
  spares: 0,
  learners: 0,
  witnesses: 0,
  priorities: false,
  attemptMs: 400,
  triesEach: 1,
  giveUpMs: 2000,
  backoffMs: 30,
};

/** Every server and client of a run is made from the same settings. */
const checked = new WeakMap<Settings, RaftSettings>();

/** @throws LC_USAGE naming a setting that Raft does not have or that has another type */
export function raftSettings(settings: Settings): RaftSettings {
  let full = checked.get(settings);
  if (full === undefined) {
    full = check(settings);
    checked.set(settings, full);
  }
  return full;
}

function check(settings: Settings): RaftSettings {
  const known = defaultRaftSettings as unknown as { readonly [name: string]: Value };
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(known, name))
      throw new LightconeError('LC_USAGE', `Raft has no setting "${name}" (it has ${Object.keys(known).join(', ')})`, { name });
    if (typeof value !== typeof known[name])
      throw new LightconeError('LC_USAGE', `the setting ${name} is a ${typeof known[name]}, not ${JSON.stringify(value)}`, { name, value });
  }
  return { ...defaultRaftSettings, ...settings };
}
