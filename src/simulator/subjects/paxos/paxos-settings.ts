/** The settings of a simulated Multi-Paxos, in milliseconds and plain words; what is not set is its default. */
import { LightconeError, type Value } from '../../../core/index.ts';
import { defaultPaxosConfig } from '../../../protocols/paxos/index.ts';
import type { Settings } from '../../subject.ts';

/** What `settings` may hold, all in this file's words; absent ones are Paxos's defaults. */
export interface PaxosSettings {
  /** One round of the election. */
  readonly electionTimeoutMs: number;
  readonly heartbeatMs: number;
  /** Quorums of phase 2 are so much smaller than a majority, those of phase 1 as much larger as they must be. */
  readonly smallerPhase2: number;
  readonly readMode: 'index' | 'log';
  readonly batchReads: boolean;
  readonly maxInflightMessages: number;
  readonly maxInflightPersists: number;
  readonly maxMessageBytes: number;
  readonly maxUncommittedBytes: number;
  readonly forwardProposals: boolean;
  readonly trim: 'any' | 'quorum' | 'all';
  readonly retainedEntries: number;
  readonly snapshotEvery: number;
  /** The last so many servers are no members at first, where three or more remain. */
  readonly outsiders: number;
  readonly attemptMs: number;
  /** Tries of a client at one server that does not answer. */
  readonly triesEach: number;
  readonly giveUpMs: number;
  readonly backoffMs: number;
}

export const defaultPaxosSettings: PaxosSettings = {
  electionTimeoutMs: 300,
  heartbeatMs: 50,
  smallerPhase2: 0,
  readMode: 'index',
  batchReads: true,
  maxInflightMessages: defaultPaxosConfig.maxInflightMessages,
  maxInflightPersists: defaultPaxosConfig.maxInflightPersists,
  maxMessageBytes: defaultPaxosConfig.maxMessageBytes,
  maxUncommittedBytes: defaultPaxosConfig.maxUncommittedBytes,
  forwardProposals: false,
  trim: 'any',
  retainedEntries: 0,
  snapshotEvery: 1000,
  outsiders: 0,
  attemptMs: 400,
  triesEach: 1,
  giveUpMs: 2000,
  backoffMs: 30,
};

/** Every server and client of a run is made from the same settings. */
const checked = new WeakMap<Settings, PaxosSettings>();

/** @throws LC_USAGE naming a setting that Paxos does not have or that has another type */
export function paxosSettings(settings: Settings): PaxosSettings {
  let full = checked.get(settings);
  if (full === undefined) {
    full = check(settings);
    checked.set(settings, full);
  }
  return full;
}

function check(settings: Settings): PaxosSettings {
  const known = defaultPaxosSettings as unknown as { readonly [name: string]: Value };
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(known, name))
      throw new LightconeError('LC_USAGE', `Paxos has no setting "${name}" (it has ${Object.keys(known).join(', ')})`, { name });
    if (typeof value !== typeof known[name])
      throw new LightconeError('LC_USAGE', `the setting ${name} is a ${typeof known[name]}, not ${JSON.stringify(value)}`, { name, value });
  }
  return { ...defaultPaxosSettings, ...settings };
}
