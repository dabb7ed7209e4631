/**
 * The queue's two streams. `LIGHTCONE_RUNS` is a work queue: a run leaves it when a worker has acknowledged it, and comes
 * to another one when its worker falls silent. `LIGHTCONE_RESULTS` holds what came of it until the campaign is done.
 */
import type { JetStreamClient, JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { LightconeError } from '../../core/index.ts';
import { connectQueue, type QueueAddress, withoutSecrets } from './queue-address.ts';

export const RUNS = 'LIGHTCONE_RUNS';
export const RESULTS = 'LIGHTCONE_RESULTS';
/** Where workers say every two seconds that they are there: a plain subject, nothing is kept. */
export const WORKERS = 'lightcone.workers';

/** A worker that has not been heard of for so long has lost its run; it says every third of it that it is at work. */
export const ACK_WAIT_MS = 12_000;
export const BEAT_MS = 4000;
/** So many workers may end in the middle of one run; the next one says so instead of running it. */
export const MOST_ATTEMPTS = 5;
/** Should even that be said in vain: the server itself gives up. */
const MOST_DELIVERIES = 10;
const DUPLICATES_MS = 30 * 60_000;
const KEPT_MS = 7 * 24 * 3_600_000;
const NANOS = 1e6;

/** One token of a subject. */
export const token = (text: string): string => text.replace(/[^\w-]/g, '_');

export const runSubject = (system: string, campaign: string, name: string): string =>
  `lightcone.runs.${token(system)}.${token(campaign)}.${token(name)}`;

export interface Queue {
  readonly address: QueueAddress;
  readonly connection: NatsConnection;
  readonly streams: JetStreamClient;
  readonly manager: JetStreamManager;
}

/** Connects, and makes the streams where they are not there. Throws LC_ENVIRONMENT: not reachable, no JetStream, not allowed. */
export async function openQueue(address: QueueAddress, name: string): Promise<Queue> {
  const connection = await connectQueue(address, name);
  try {
    const { jetstream, jetstreamManager } = await import('@nats-io/jetstream');
    const manager = await jetstreamManager(connection);
    await makeStreams(manager);
    return { address, connection, streams: jetstream(connection), manager };
  } catch (error) {
    await connection.close();
    const said = withoutSecrets(error, address);
    const sentence = `the queue at ${address.shown} cannot be used: ${said}${/jetstream/i.test(said) ? ' (nats-server -js)' : ''}`;
    throw new LightconeError('LC_ENVIRONMENT', sentence, { queue: address.shown });
  }
}

async function makeStreams(manager: JetStreamManager): Promise<void> {
  const { RetentionPolicy, StorageType } = await import('@nats-io/jetstream');
  const shared = { storage: StorageType.File, duplicate_window: DUPLICATES_MS * NANOS, max_age: KEPT_MS * NANOS };
  const wanted = [
    { ...shared, name: RUNS, subjects: ['lightcone.runs.>'], retention: RetentionPolicy.Workqueue },
    { ...shared, name: RESULTS, subjects: ['lightcone.results.>'], retention: RetentionPolicy.Limits, allow_direct: true },
  ];
  for (const config of wanted) {
    const there = await streamNamed(manager, config.name);
    if (there === null) await manager.streams.add(config);
    else if (there.retention !== config.retention)
      throw new Error(`its stream ${config.name} has retention ${there.retention}, not ${config.retention}`);
    else if (config.name === RESULTS && !there.allow_direct) throw new Error(`its stream ${RESULTS} does not have allow_direct`);
  }
}

async function streamNamed(manager: JetStreamManager, name: string): Promise<StreamConfig | null> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 404 || /not found/i.test(String(error))) return null;
    throw error;
  }
}

/** One consumer a system: a worker takes only runs of systems that it can start. */
export async function makeConsumer(manager: JetStreamManager, system: string): Promise<string> {
  const { AckPolicy } = await import('@nats-io/jetstream');
  const durable_name = token(system);
  await manager.consumers.add(RUNS, {
    ...{ durable_name, filter_subject: `lightcone.runs.${durable_name}.>`, ack_policy: AckPolicy.Explicit },
    ...{ ack_wait: ACK_WAIT_MS * NANOS, max_deliver: MOST_DELIVERIES },
  });
  return durable_name;
}

/** Subjects of the run stream that fit, with how many messages each has. */
export async function subjectsOf(manager: JetStreamManager, stream: string, filter: string): Promise<ReadonlyMap<string, number>> {
  const { state } = await manager.streams.info(stream, { subjects_filter: filter });
  return new Map(Object.entries(state.subjects ?? {}));
}
