/** What JetStream's clients ask, by workload: acknowledged publishing to a replicated stream, and last values by subject. */
import type { Value } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import type { Operation } from '../../workloads/index.ts';
import { completionOf, failed, ok, type Perform, perform, Refused } from '../completion.ts';
import { Deadline, type Patience } from '../patience.ts';
import type { ClientOptions, SystemClient } from '../system.ts';
import { JetStream } from './jetstream.ts';
import { Nats } from './protocol.ts';

/** One for all workloads, so that who leads it is who leads what clients ask about. */
export const STREAM = 'LIGHTCONE';
const LOG = 'log';
const REGISTERS = 'registers';
export const SUBJECTS = [`${LOG}.>`, `${REGISTERS}.>`];
const WRONG_LAST_SEQUENCE = new Set(['JETSTREAM_10071', 'JETSTREAM_10164']);

type Functions = { readonly [f: string]: Perform };
const json = (value: Value | undefined): string => JSON.stringify(value ?? null);

class Connection {
  readonly #address: Address;
  readonly #patience: Patience;
  #nats: Nats | null = null;

  constructor(address: Address, patience: Patience) {
    this.#address = address;
    this.#patience = patience;
  }

  async jetStream(): Promise<JetStream> {
    if (this.#nats?.isOpen !== true) {
      try {
        this.#nats = await Nats.connect(this.#address, this.#patience);
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

function sets(connection: Connection): Functions {
  return {
    add: async ({ value }) => ok(undefined, await (await connection.jetStream()).publish(`${LOG}.add`, json(value))),
    read: async () => ok((await (await connection.jetStream()).readAll(STREAM)).map((payload) => JSON.parse(payload) as Value)),
  };
}

function registers(connection: Connection): Functions {
  const subject = ({ key }: Operation): string => `${REGISTERS}.${encodeURIComponent(String(key ?? null)).replaceAll('.', '%2E')}`;
  const read: Perform = async (operation) => {
    const found = await (await connection.jetStream()).last(STREAM, subject(operation));
    return ok(found === null ? null : found.value, found?.seq);
  };
  const write: Perform = async (operation) =>
    ok(undefined, await (await connection.jetStream()).publish(subject(operation), json(operation.value)));
  /** With a code where the comparison did not hold: it was made here, on what the leader of that moment said. */
  const cas: Perform = async (operation) => {
    const [expected, next] = operation.value as readonly [Value, Value];
    const jetStream = await connection.jetStream();
    const found = await jetStream.last(STREAM, subject(operation)).catch((error) => {
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

export function natsClient(address: Address, { workload, timeoutMs }: ClientOptions): SystemClient {
  const deadline = new Deadline(timeoutMs);
  const connection = new Connection(address, deadline.left);
  const collections: { readonly [workload: string]: Functions } = {
    set: sets(connection),
    'set-full': sets(connection),
    replication: sets(connection),
    'unique-ids': { generate: async () => ok(await (await connection.jetStream()).publish(`${LOG}.id`, 'null')) },
  };
  const functions = collections[workload] ?? registers(connection);
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
