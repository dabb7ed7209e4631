/** A node by itself, for tests: what it writes is kept in order, and its disk answers at once or when told. */
import { type Input, type NodeId, type OrderingIndication, type Reply, type Request, type Value, Writer } from '../../core/index.ts';
import { defaultPaxosConfig, type PaxosConfig } from './config.ts';
import { messageTypes, type PaxosMessage } from './message.ts';
import { Paxos } from './paxos.ts';
import type { PaxosEffects } from './paxos-base.ts';
import type { PaxosRecord } from './record.ts';

export interface Sent {
  readonly to: NodeId;
  readonly message: PaxosMessage;
}

const empty: PaxosMessage = {
  type: messageTypes.learn,
  era: 1,
  ballot: 0,
  slot: 0,
  commit: 0,
  mark: 0,
  round: 0,
  connected: false,
  content: false,
  entries: [],
  snapshot: null,
};

/** A message with these fields, the others empty. */
export const messageOf = (type: keyof typeof messageTypes, fields: Partial<PaxosMessage> = {}): PaxosMessage => ({
  ...empty,
  ...fields,
  type: messageTypes[type],
});

export class Bench {
  readonly node: Paxos;
  readonly sent: Sent[] = [];
  readonly replies: Reply[] = [];
  readonly indications: OrderingIndication[] = [];
  readonly records: PaxosRecord[] = [];
  now = 0;
  #waiting: { readonly after: number; readonly sent: Sent }[] = [];
  #written = 0;
  #durable = 0;
  readonly #out: PaxosEffects;

  constructor(id: NodeId, peers: readonly NodeId[], config: Partial<PaxosConfig> = {}, records: readonly PaxosRecord[] = [], node?: Paxos) {
    this.node = node ?? new Paxos(id, peers, { ...defaultPaxosConfig, ...config });
    const ignore = (): void => undefined;
    const persist = (_token: number, record: PaxosRecord): void => {
      this.#written++;
      this.records.push(record);
    };
    this.#out = {
      send: (to, message, after) => {
        if (after <= this.#durable) this.sent.push({ to, message });
        else this.#waiting.push({ after, sent: { to, message } });
      },
      persist,
      checkpoint: persist,
      indicate: (indication) => this.indications.push(indication),
      reply: (_to, reply) => this.replies.push(reply),
      choose: () => 0,
      load: ignore,
      sign: ignore,
      verify: ignore,
      timer: ignore,
      request: ignore,
      belief: ignore,
    };
    this.step({ kind: 'start', now: 0, records });
  }

  step(input: Input<PaxosMessage, PaxosRecord>): void {
    this.node.step(input, this.#out);
  }

  /** A message arrives; what the node sent since the last call. */
  deliver(from: NodeId, message: PaxosMessage): Sent[] {
    this.step({ kind: 'message', now: this.now, from, message });
    return this.take();
  }

  ask(mode: Request['mode'], op: Value, id = 1, session = 1): void {
    this.step({ kind: 'request', now: this.now, from: 99, request: { id, session, op, mode } });
  }

  /** The disk catches up. */
  sync(): Sent[] {
    while (this.#durable < this.#written) {
      this.#durable++;
      const ready = this.#waiting.filter(({ after }) => after <= this.#durable);
      this.#waiting = this.#waiting.filter(({ after }) => after > this.#durable);
      this.sent.push(...ready.map(({ sent }) => sent));
      this.step({ kind: 'persisted', now: this.now, token: this.#durable });
    }
    return this.take();
  }

  take(): Sent[] {
    return this.sent.splice(0);
  }

  bytes(): string {
    const writer = new Writer();
    this.node.encode(writer);
    return writer.take().toString();
  }
}
