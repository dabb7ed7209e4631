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

/** One for all workloads of a run, so that who leads it is who leads what clients ask about. */
export interface Stream {
  readonly name: string;
  /** Begins the subjects of its messages; the log's and the registers' follow. */
  readonly prefix: string;
}
export const STREAM: Stream = { name: 'LIGHTCONE', prefix: '' };
const LOG = 'log';
const REGISTERS = 'registers';

/** Where it is not there yet. Throws Broken and Refused. */
export async function makeStream(jetStream: JetStream, { name, prefix }: Stream, replicas: number): Promise<void> {
  try {
    await jetStream.ask(`STREAM.INFO.${name}`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const subjects = [LOG, REGISTERS].map((part) => `${prefix}${part}.>`);
    await jetStream.ask(`STREAM.CREATE.${name}`, { name, subjects, num_replicas: replicas, storage: 'file', retention: 'limits' });
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

function sets(connection: Connection, { name, prefix }: Stream): Functions {
  return {
    add: async ({ value }) => ok(undefined, await (await connection.jetStream()).publish(`${prefix}${LOG}.add`, json(value))),
    read: async () => ok((await (await connection.jetStream()).readAll(name)).map((payload) => jsonAnswer(payload))),
  };
}

function registers(connection: Connection, { name, prefix }: Stream): Functions {
  const subject = ({ key }: Operation): string => `${prefix}${REGISTERS}.${encodeURIComponent(String(key ?? null)).replaceAll('.', '%2E')}`;
  const read: Perform = async (operation) => {
    const found = await (await connection.jetStream()).last(name, subject(operation));
    return ok(found === null ? null : found.value, found?.seq);
  };
  const write: Perform = async (operation) =>
    ok(undefined, await (await connection.jetStream()).publish(subject(operation), json(operation.value)));
  /** With a code where the comparison did not hold: it was made here, on what the leader of that moment said. */
  const cas: Perform = async (operation) => {
    const [expected, next] = operation.value as readonly [Value, Value];
    const jetStream = await connection.jetStream();
    const found = await jetStream.last(name, subject(operation)).catch((error) => {
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
  stream: Stream = STREAM,
  login: Login = {},
): SystemClient {
  const deadline = new Deadline(timeoutMs);
  const connection = new Connection(address, deadline.left, login);
  const collections: { readonly [workload: string]: Functions } = {
    set: sets(connection, stream),
    'set-full': sets(connection, stream),
    replication: sets(connection, stream),
    'unique-ids': { generate: async () => ok(await (await connection.jetStream()).publish(`${stream.prefix}${LOG}.id`, 'null')) },
  };
  const functions = collections[workload] ?? registers(connection, stream);
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
