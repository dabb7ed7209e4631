/** The settings of a simulated PBFT, in milliseconds and plain words; what is not set is PBFT's default. */
import { LightconeError, type Random, type Value } from '../../../core/index.ts';
import { type Authentication, defaultPbftConfig, type PbftConfig } from '../../../protocols/pbft/index.ts';
import type { Settings } from '../../subject.ts';

export interface PbftSettings {
  readonly authentication: Authentication;
  readonly viewTimeoutMs: number;
  readonly maxDoublings: number;
  /** So many status messages in one view time-out. */
  readonly statusesPerTimeout: number;
  readonly checkpointEvery: number;
  /** Checkpoints between the watermarks. */
  readonly windowCheckpoints: number;
  readonly maxBatchRequests: number;
  readonly maxInFlight: number;
  /** Clients read without ordering. */
  readonly readOnly: boolean;
  readonly attemptMs: number;
  readonly giveUpMs: number;
  /** How long a key counts after the next one was announced. */
  readonly keyGraceMs: number;
}

export const defaultPbftSettings: PbftSettings = {
  authentication: 'channel',
  viewTimeoutMs: 300,
  maxDoublings: 3,
  statusesPerTimeout: 4,
  checkpointEvery: 64,
  windowCheckpoints: 2,
  maxBatchRequests: 16,
  maxInFlight: 4,
  readOnly: true,
  attemptMs: 200,
  giveUpMs: 3000,
  keyGraceMs: 2000,
};

const checked = new WeakMap<Settings, PbftSettings>();

/** @throws LC_USAGE naming a setting that PBFT does not have or that has another type */
export function pbftSettings(settings: Settings): PbftSettings {
  let full = checked.get(settings);
  if (full === undefined) {
    full = check(settings);
    checked.set(settings, full);
  }
  return full;
}

function check(settings: Settings): PbftSettings {
  const known = defaultPbftSettings as unknown as { readonly [name: string]: Value };
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(known, name))
      throw new LightconeError('LC_USAGE', `PBFT has no setting "${name}" (it has ${Object.keys(known).join(', ')})`, { name });
    if (typeof value !== typeof known[name])
      throw new LightconeError('LC_USAGE', `the setting ${name} is a ${typeof known[name]}, not ${JSON.stringify(value)}`, { name, value });
  }
  const full = { ...defaultPbftSettings, ...settings };
  const { authentication } = full;
  if (authentication !== 'channel' && authentication !== 'mac' && authentication !== 'signature')
    throw new LightconeError('LC_USAGE', `the setting authentication is channel, mac or signature, not ${JSON.stringify(authentication)}`, {
      authentication,
    });
  return full;
}

export function pbftConfig(settings: PbftSettings): PbftConfig {
  const { authentication, viewTimeoutMs, maxDoublings, checkpointEvery, maxBatchRequests, maxInFlight } = settings;
  return {
    ...defaultPbftConfig,
    authentication,
    viewTimeoutUs: viewTimeoutMs * 1000,
    maxDoublings,
    statusUs: Math.floor((viewTimeoutMs * 1000) / settings.statusesPerTimeout),
    checkpointEvery,
    window: checkpointEvery * settings.windowCheckpoints,
    maxBatchRequests,
    maxInFlight,
  };
}

export function drawPbftSettings(random: Random): Settings {
  const viewTimeoutMs = random.pick([200, 300, 300, 600]);
  return {
    // Proofs in the normal case are other code, and four events more for each message: some runs have them.
    authentication: random.pick(['channel', 'channel', 'channel', 'channel', 'mac', 'signature']),
    viewTimeoutMs,
    maxDoublings: random.pick([1, 3, 3]),
    statusesPerTimeout: random.pick([2, 4, 8]),
    checkpointEvery: random.pick([1, 4, 16, 64]),
    windowCheckpoints: random.pick([2, 2, 4]),
    maxBatchRequests: random.pick([1, 2, 16]),
    maxInFlight: random.pick([1, 2, 8]),
    readOnly: random.below(3) > 0,
    attemptMs: Math.floor(viewTimeoutMs / random.pick([1, 2, 3])),
    keyGraceMs: random.pick([1000, 4000]),
  };
}
