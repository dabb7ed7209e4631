/** What a PBFT replica can be told about how to behave, and how many replicas make which quorum. All replicas get the same. */
import { LightconeError } from '../../core/index.ts';

/**
 * Who shows what in the normal case. `channel`: the link says who speaks, and clients send to all replicas. `mac`:
 * authenticators, as in the paper. `signature`: Ed25519. Checkpoints, view changes and new views are signed in all of them.
 */
export type Authentication = 'channel' | 'mac' | 'signature';

export interface PbftConfig {
  readonly authentication: Authentication;
  /** A backup waits so long for the oldest request that it knows of; then it changes the view (OSDI 1999, 4.4). */
  readonly viewTimeoutUs: number;
  /** Each view change that brings nothing doubles the time-out, so many times at most (TOCS 2002, 4.5.2). */
  readonly maxDoublings: number;
  /** Between two status messages, which heal what the network lost (TOCS 2002, 5.2); Infinity: none. */
  readonly statusUs: number;
  /** K: a checkpoint at each multiple of it. */
  readonly checkpointEvery: number;
  /** L: sequence numbers between the watermarks; a multiple of K, at least twice as large (TOCS 2002, 4.4). */
  readonly window: number;
  /** Requests in one batch, and bytes of their operations (one request always goes). */
  readonly maxBatchRequests: number;
  readonly maxBatchBytes: number;
  /** Batches that a primary has proposed and not executed; more requests wait and share a batch. */
  readonly maxInFlight: number;
  /** Clients with an entry in the table of replies; others are refused with LC_OVERLOADED. */
  readonly maxClients: number;
  /** Messages of one sender that wait for cryptography; more are dropped. */
  readonly maxChecks: number;
  /** Bytes of a snapshot that is taken from another replica at most. */
  readonly maxSnapshotBytes: number;
}

export const defaultPbftConfig: PbftConfig = {
  authentication: 'mac',
  viewTimeoutUs: 300_000,
  maxDoublings: 3,
  statusUs: 75_000,
  checkpointEvery: 128,
  window: 256,
  maxBatchRequests: 256,
  maxBatchBytes: 1_048_576,
  maxInFlight: 4,
  maxClients: 10_000,
  maxChecks: 1024,
  maxSnapshotBytes: 67_108_864,
};

/** More replicas than bits that name them. */
const MOST_REPLICAS = 30;

/** f: how many of `replicas` may lie (OSDI 1999, 3: n >= 3f + 1). */
export const mostFaulty = (replicas: number): number => Math.floor((replicas - 1) / 3);

/** So many that two such groups share f + 1 replicas: 2f + 1 where n = 3f + 1 (TOCS 2002, 4.1). */
export const quorumOf = (replicas: number): number => Math.ceil((replicas + mostFaulty(replicas) + 1) / 2);

/** f + 1: one of them is honest. */
export const weakOf = (replicas: number): number => mostFaulty(replicas) + 1;

/** Throws LC_USAGE with the offending value. */
export function checkConfig(config: PbftConfig, replicas: number): void {
  const refuse = (why: string): never => {
    throw new LightconeError('LC_USAGE', `PBFT cannot run with ${why}.`);
  };
  const { checkpointEvery, window, maxBatchRequests, maxInFlight, viewTimeoutUs, statusUs } = config;
  if (!(replicas >= 1 && replicas <= MOST_REPLICAS)) refuse(`${replicas} replicas: it takes 1 to ${MOST_REPLICAS}`);
  if (!(checkpointEvery >= 1)) refuse(`a checkpoint every ${checkpointEvery} sequence numbers: it needs at least 1`);
  if (!(window >= 2 * checkpointEvery && window % checkpointEvery === 0))
    refuse(`a window of ${window}: it must be a multiple of ${checkpointEvery}, at least ${2 * checkpointEvery}`);
  if (!(maxBatchRequests >= 1)) refuse(`batches of ${maxBatchRequests} requests: it needs at least one`);
  if (!(maxInFlight >= 1)) refuse(`${maxInFlight} batches in flight: it needs at least one`);
  if (!(viewTimeoutUs > 0)) refuse(`a time-out of ${viewTimeoutUs} us: it must be positive`);
  if (!(statusUs > 0)) refuse(`a status every ${statusUs} us: it must be positive`);
}
