/**
 * What a replica executes on: the state machine, the table of each client's last request and reply (OSDI 1999, 4.1:
 * exactly once), and how far it got. Part of the agreed state: checkpoints have the digest of all of it.
 */
import type { NodeId, StateMachine, Value, Writer } from '../../core/index.ts';
import type { PbftRequest } from './batch.ts';

export interface LastReply {
  readonly timestamp: number;
  readonly value: Value;
  /** The position at which it was executed. */
  readonly position: number;
}

/** What becomes of a request for which the table has no room. */
export const noRoom: Value = { error: 'LC_OVERLOADED' };

export class Service {
  readonly machine: StateMachine;
  readonly maxClients: number;
  /** Requests executed, null ones included: the position in the agreed order. */
  position = 0;
  #clients = new Map<NodeId, LastReply>();

  constructor(machine: StateMachine, maxClients: number) {
    this.machine = machine;
    this.maxClients = maxClients;
  }

  last(client: NodeId): LastReply | undefined {
    return this.#clients.get(client);
  }

  /** Take the next position; apply the request there, null: nothing. The answer for its client. */
  execute(request: PbftRequest | null): Value {
    this.position++;
    if (request === null) return null;
    const { client, timestamp } = request;
    if (this.#clients.size >= this.maxClients && !this.#clients.has(client)) return noRoom;
    const value = this.#apply(request);
    this.#clients.set(client, { timestamp, value, position: this.position });
    return value;
  }

  #apply({ op, bundle }: PbftRequest): Value {
    if (!bundle || !Array.isArray(op)) return this.machine.apply(op);
    return (op as readonly Value[]).map((one) => this.machine.apply(one));
  }

  /** `{ position, machine, clients: [[client, timestamp, value, position], ...] }`, clients ascending. */
  snapshot(): Value {
    return { position: this.position, machine: this.machine.snapshot(), clients: this.#table() };
  }

  #table(): Value {
    return [...this.#clients]
      .sort((a, b) => a[0] - b[0])
      .map(([client, { timestamp, value, position }]) => [client, timestamp, value, position]);
  }

  restore(snapshot: Value): void {
    const { position, machine, clients } = snapshot as unknown as {
      readonly position: number;
      readonly machine: Value;
      readonly clients: readonly (readonly [NodeId, number, Value, number])[];
    };
    this.position = position;
    this.machine.restore(machine);
    this.#clients = new Map(clients.map(([client, timestamp, value, at]) => [client, { timestamp, value, position: at }]));
  }

  clone(): Service {
    const copy = new Service(this.machine.clone(), this.maxClients);
    copy.position = this.position;
    copy.#clients = new Map(this.#clients);
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.position);
    this.machine.encode(w);
    w.value(this.#table());
  }
}
