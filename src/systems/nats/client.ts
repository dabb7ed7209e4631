/** What JetStream's clients ask, by workload: acknowledged publishing to a replicated stream, and last values by subject. */
import type { Value } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import type { Operation } from '../../workloads/index.ts';
import { completionOf, failed, ok, type Perform, perform, Refused } from '../completion.ts';
import { jsonAnswer } from '../json-answer.ts';
import { Deadline, type Patience } from '../patience.ts';
import type { ClientOptions, SystemClient } from '../system.ts';
import { JetStream } from './jetstream.ts';
import { type Login, Nats } from './protocol.ts';

export interface Stream {
  readonly name: string;
  /** Begins the subjects of its messages. */
  readonly subject: string;
}
/** The two streams of a run. */
export interface Streams {
  readonly log: Stream;
  readonly registers: Stream;
}
export const LOG: Stream = { name: 'LOG', subject: 'log' };
export const REGISTERS: Stream = { name: 'REGISTERS', subject: 'registers' };

/** Where they are not there yet. Throws Broken and Refused. */
export async function makeStreams(jetStream: JetStream, { log, registers }: Streams, replicas: number): Promise<void> {
  for (const [stream, perSubject] of [
    [log, -1],
    [registers, 1],
  ] as const) {
    const config = { name: stream.name, subjects: [`${stream.subject}.>`], num_replicas: replicas, storage: 'file' };
    try {
      await jetStream.ask(`STREAM.INFO.${stream.name}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await jetStream.ask(`STREAM.CREATE.${stream.name}`, { ...config, retention: 'limits', max_msgs_per_subject: perSubject });
    }
  }
}
const WRONG_LAST_SEQUENCE = new Set(['JETSTREAM_10071', 'JETSTREAM_10164']);

type Functions = { readonly [f: string]: Perform };
const json = (value: Value | undefined): string => JSON.stringify(value ?? null);

class Connection {
  readonly #address: Address;
  readonly #patience: Patience;
  readonly #login: Login;
  #nats: Nats | null = null;

  constructor(address: Address, patience: Patience, login: Login) {
    this.#login = login;
    this.#address = address;
    this.#patience = patience;
  }

  async jetStream(): Promise<JetStream> {
    if (this.#nats?.isOpen !== true) {
      try {
        this.#nats = await Nats.connect(this.#address, this.#patience, this.#login);
      } catch (error) {
        throw new Refused(completionOf(error, true).code ?? 'UNREACHABLE', true);
      }
    }
    return new JetStream(this.#nats);
  }

  close(): void {
    this.#nats?.close();
  }
}

function sets(connection: Connection, { log }: Streams): Functions {
  return {
    add: async ({ value }) => ok(undefined, await (await connection.jetStream()).publish(`${log.subject}.add`, json(value))),
    read: async () => ok((await (await connection.jetStream()).readAll(log.name)).map((payload) => jsonAnswer(payload))),
  };
}

function registers(connection: Connection, streams: Streams): Functions {
  const subject = ({ key }: Operation): string =>
    `${streams.registers.subject}.${encodeURIComponent(String(key ?? null)).replaceAll('.', '%2E')}`;
  const read: Perform = async (operation) => {
    const found = await (await connection.jetStream()).last(streams.registers.name, subject(operation));
    return ok(found === null ? null : found.value, found?.seq);
  };
  const write: Perform = async (operation) =>
    ok(undefined, await (await connection.jetStream()).publish(subject(operation), json(operation.value)));
  /** With a code where the comparison did not hold: it was made here, on what the leader of that moment said. */
  const cas: Perform = async (operation) => {
    const [expected, next] = operation.value as readonly [Value, Value];
    const jetStream = await connection.jetStream();
    const found = await jetStream.last(streams.registers.name, subject(operation)).catch((error) => {
      throw new Refused(completionOf(error, true).code ?? 'UNREADABLE', true);
    });
    if (json(found?.value ?? null) !== json(expected)) return failed('MISMATCH');
    const headers = { 'Nats-Expected-Last-Subject-Sequence': String(found?.seq ?? 0) };
    try {
      return ok(undefined, await jetStream.publish(subject(operation), json(next), headers));
    } catch (error) {
      if (error instanceof Refused && WRONG_LAST_SEQUENCE.has(error.code)) return failed('CHANGED');
      throw error;
    }
  };
  return { read, get: read, write, put: write, cas };
}

export function natsClient(
  address: Address,
  { workload, timeoutMs }: ClientOptions,
  streams: Streams = { log: LOG, registers: REGISTERS },
  login: Login = {},
): SystemClient {
  const deadline = new Deadline(timeoutMs);
  const connection = new Connection(address, deadline.left, login);
  const collections: { readonly [workload: string]: Functions } = {
    set: sets(connection, streams),
    'set-full': sets(connection, streams),
    replication: sets(connection, streams),
    'unique-ids': { generate: async () => ok(await (await connection.jetStream()).publish(`${streams.log.subject}.id`, 'null')) },
  };
  const functions = collections[workload] ?? registers(connection, streams);
  return {
    invoke(operation) {
      deadline.begin();
      return perform(functions, operation);
    },
    async close() {
      connection.close();
    },
  };
}
