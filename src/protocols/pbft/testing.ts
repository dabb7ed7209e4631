/**
 * A laboratory for PBFT: replicas and clients on virtual time, messages in the order in which they were sent, an instant
 * disk, signatures that say what they stand for. Tests cut links, stop replicas and put words into their mouths.
 */
import {
  contentHash,
  type Effects,
  type Input,
  type NodeId,
  type Proof,
  type Reply,
  type RequestMode,
  type StateMachine,
  type Value,
  Writer,
} from '../../core/index.ts';
import { batchDigest, type PbftRequest, requestContent } from './batch.ts';
import { PbftClient, type PbftClientConfig } from './client.ts';
import { defaultPbftConfig, type PbftConfig } from './config.ts';
import { messageContent, messageTypes, type PbftMessage } from './message.ts';
import { Pbft } from './pbft.ts';
import type { PbftEffects, PbftIndication } from './pbft-base.ts';
import type { PbftRecord } from './record.ts';
import {
  checkpointContent,
  GENESIS,
  type NewView,
  newViewContent,
  type StableProof,
  type ViewChange,
  viewChangeContent,
} from './view-change.ts';

/** Appends what it is asked, and answers how many there are. */
export class ListMachine implements StateMachine {
  items: Value[] = [];
  apply(op: Value): Value {
    this.items.push(op);
    return this.items.length;
  }
  query(): Value {
    return this.items.length;
  }
  snapshot(): Value {
    return [...this.items];
  }
  restore(snapshot: Value): void {
    this.items = [...(snapshot as readonly Value[])];
  }
  clone(): ListMachine {
    const copy = new ListMachine();
    copy.items = [...this.items];
    return copy;
  }
  encode(w: Writer): void {
    w.value(this.items);
  }
}

/** A proof that nobody else could have made, as far as this laboratory goes. */
export const proofOf = (signer: NodeId, content: Value, proof: Proof): Value => `${proof} ${signer} ${contentHash(content)}`;

/** What signs and verifies for a node, at once or later. */
export interface LabProver {
  sign(node: NodeId, content: Value, proof: Proof): Value | Promise<Value>;
  verify(node: NodeId, signer: NodeId, content: Value, signature: Value, proof: Proof): boolean | Promise<boolean>;
}

const instantProver: LabProver = {
  sign: (node, content, proof) => proofOf(node, content, proof),
  verify: (_node, signer, content, signature, proof) => signature === proofOf(signer, content, proof),
};

export interface Sent {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: PbftMessage;
}

type AnyInput = Input<PbftMessage, PbftRecord>;
type Stepping = { step(input: AnyInput, out: never): void };
export type PbftMaker = (id: NodeId, peers: readonly NodeId[], config: PbftConfig) => Pbft;

/** Leaves its view when it is told to. */
export class Impatient extends Pbft {
  leaves(): void {
    this.startViewChange(this.view + 1);
  }
}

export const impatient: PbftMaker = (id, peers, config) => new Impatient(id, peers, config, new ListMachine());

const LINK_US = 1000;

export class Lab {
  now = 0;
  readonly config: PbftConfig;
  readonly peers: readonly NodeId[];
  readonly replicas = new Map<NodeId, Pbft>();
  readonly clients = new Map<NodeId, PbftClient>();
  readonly journals = new Map<NodeId, PbftRecord[]>();
  /** All messages that were sent. */
  readonly sent: Sent[] = [];
  readonly replies: { readonly client: NodeId; readonly reply: Reply; readonly atUs: number }[] = [];
  readonly indications: { readonly node: NodeId; readonly indication: PbftIndication }[] = [];
  /** How long a signature takes, a proof that is looked at, a write. */
  signUs = 0;
  verifyUs = 0;
  diskUs = 0;
  prover: LabProver = instantProver;
  /** Proofs that are being made or checked elsewhere. */
  readonly #elsewhere: Promise<void>[] = [];
  /** False: the message is lost. */
  passes: (sent: Sent) => boolean = () => true;
  /** Who hears nothing and says nothing, clients included. */
  readonly down = new Set<NodeId>();
  readonly #timers = new Map<NodeId, Map<number, number>>();
  #queue: { readonly atUs: number; readonly to: NodeId; readonly input: (now: number) => AnyInput }[] = [];
  readonly #make: PbftMaker;

  constructor(
    count: number,
    config: Partial<PbftConfig> = {},
    make: PbftMaker = (id, peers, own) => new Pbft(id, peers, own, new ListMachine()),
  ) {
    this.config = { ...defaultPbftConfig, authentication: 'mac', ...config };
    this.peers = Array.from({ length: count }, (_, i) => i + 1);
    this.#make = make;
    for (const id of this.peers) this.start(id);
  }

  replica(id: NodeId): Pbft {
    return this.replicas.get(id) as Pbft;
  }

  /** Also a restart: with what the disk kept. */
  start(id: NodeId): void {
    const node = this.#make(id, this.peers, this.config);
    this.replicas.set(id, node);
    this.#timers.set(id, new Map());
    this.down.delete(id);
    const records = [...(this.journals.get(id) ?? [])];
    this.step(id, { kind: 'start', now: this.now, records });
  }

  client(config: Partial<PbftClientConfig> = {}): NodeId {
    const id = this.peers.length + 1 + this.clients.size;
    const times = { attemptUs: 100_000, giveUpUs: 10_000_000, incarnation: 1, readOnly: false };
    this.clients.set(id, new PbftClient(id, { servers: this.peers, authentication: this.config.authentication, ...times, ...config }));
    this.#timers.set(id, new Map());
    this.step(id, { kind: 'start', now: this.now, records: [] });
    return id;
  }

  ask(client: NodeId, op: Value, mode: RequestMode = 'write', id = this.replies.length + 1): void {
    this.step(client, { kind: 'request', now: this.now, from: 0, request: { id, session: 0, op, mode } });
  }

  step(id: NodeId, input: AnyInput): void {
    const node = (this.replicas.get(id) ?? this.clients.get(id)) as unknown as Stepping;
    node.step(input, this.#effects(id) as never);
  }

  deliver(from: NodeId, to: NodeId, message: PbftMessage): void {
    this.step(to, { kind: 'message', now: this.now, from, message });
  }

  /** Let `us` microseconds pass. */
  run(us: number): void {
    const until = this.now + us;
    for (;;) {
      const [node, timer, atUs] = this.#nextTimer();
      const parcel = this.#queue[0];
      const next = Math.min(atUs, parcel?.atUs ?? Number.POSITIVE_INFINITY);
      if (next > until) break;
      this.now = Math.max(this.now, next);
      if (parcel !== undefined && parcel.atUs <= atUs) {
        this.#queue.shift();
        if (!this.down.has(parcel.to)) this.step(parcel.to, parcel.input(this.now));
      } else {
        this.#timers.get(node)?.delete(timer);
        this.step(node, { kind: 'timer', now: this.now, timer });
      }
    }
    this.now = until;
  }

  /** As run, with a prover that answers later: time stands still while it works. */
  async settle(us: number): Promise<void> {
    for (const until = this.now + us; this.now < until; ) {
      this.run(LINK_US);
      while (this.#elsewhere.length > 0) {
        await Promise.all(this.#elsewhere.splice(0));
        this.run(0);
      }
    }
  }

  #once<T>(result: T | Promise<T>, then: (result: T) => void): void {
    if (result instanceof Promise) this.#elsewhere.push(result.then(then));
    else then(result);
  }

  #nextTimer(): [NodeId, number, number] {
    let best: [NodeId, number, number] = [0, 0, Number.POSITIVE_INFINITY];
    for (const [node, timers] of this.#timers) {
      if (this.down.has(node)) continue;
      for (const [timer, atUs] of timers) if (atUs < best[2]) best = [node, timer, atUs];
    }
    return best;
  }

  #later(us: number, to: NodeId, input: (now: number) => AnyInput): void {
    const atUs = this.now + us;
    let at = this.#queue.length;
    while (at > 0 && (this.#queue[at - 1] as { atUs: number }).atUs > atUs) at--;
    this.#queue.splice(at, 0, { atUs, to, input });
  }

  #effects(id: NodeId): PbftEffects {
    const effects: Effects<PbftMessage, PbftRecord, PbftIndication> = {
      send: (to, message) => {
        const sent = { from: id, to, message };
        this.sent.push(sent);
        if (!this.down.has(id) && this.passes(sent)) this.#later(LINK_US, to, (now) => ({ kind: 'message', now, from: id, message }));
      },
      persist: (token, record) => {
        this.journals.set(id, [...(this.journals.get(id) ?? []), record]);
        this.#later(this.diskUs, id, (now) => ({ kind: 'persisted', now, token }));
      },
      checkpoint: (token, record) => {
        this.journals.set(id, [record]);
        this.#later(this.diskUs, id, (now) => ({ kind: 'persisted', now, token }));
      },
      sign: (token, content, proof) => {
        this.#once(this.prover.sign(id, content, proof), (signature) =>
          this.#later(this.signUs, id, (now) => ({ kind: 'signed', now, token, signature })),
        );
      },
      verify: (token, signer, content, signature, proof) => {
        this.#once(this.prover.verify(id, signer, content, signature, proof), (valid) =>
          this.#later(this.verifyUs, id, (now) => ({ kind: 'verified', now, token, valid })),
        );
      },
      timer: (timer, atUs) => {
        if (Number.isFinite(atUs)) this.#timers.get(id)?.set(timer, atUs);
        else this.#timers.get(id)?.delete(timer);
      },
      request: (to, request) => this.#later(LINK_US, to as NodeId, (now) => ({ kind: 'request', now, from: id, request })),
      reply: (to, reply) => {
        if (to === 0) this.replies.push({ client: id, reply, atUs: this.now });
        else if (!this.down.has(id)) this.#later(LINK_US, to, (now) => ({ kind: 'reply', now, from: id, port: '', reply }));
      },
      indicate: (indication) => this.indications.push({ node: id, indication }),
      belief: () => undefined,
      load: () => undefined,
      choose: () => 0,
    };
    return effects;
  }
}

/** What the list of a replica holds. */
export const items = (lab: Lab, id: NodeId): unknown => (lab.replica(id).service.machine as ListMachine).items;

/** A vote as `from` proves it. */
export function vote(type: PbftMessage['type'], view: number, seq: number, digest: string, from: NodeId): PbftMessage {
  const message: PbftMessage = { type, view, seq, digest, batch: null, proof: null, body: null };
  return { ...message, proof: proofOf(from, messageContent(message), 'authenticator') };
}

/** What `client` asks, as `prover` proves it. */
export function requestOf(client: NodeId, timestamp: number, op: Value, prover = client): PbftRequest {
  const request = { client, timestamp, op, bundle: false, proof: null };
  return { ...request, proof: proofOf(prover, requestContent(request), 'authenticator') };
}

/** `requests` proposed, claimed or sent by `from`, with its proof. */
export function withBatch(
  type: PbftMessage['type'],
  view: number,
  seq: number,
  requests: readonly PbftRequest[],
  from: NodeId,
): PbftMessage {
  return { ...vote(type, view, seq, batchDigest(requests), from), batch: requests };
}

/** A message whose body has signatures of its own. */
export function withBody(type: PbftMessage['type'], view: number, seq: number, body: PbftMessage['body']): PbftMessage {
  return { type, view, seq, digest: '', batch: null, proof: null, body };
}

/** That `digest` is stable at `seq`, as `nodes` sign it. */
export function stableProof(seq: number, digest: string, nodes: readonly NodeId[]): StableProof {
  const content = checkpointContent(seq, digest);
  return { seq, digest, signatures: nodes.map((node) => ({ node, signature: proofOf(node, content, 'signature') })) };
}

/** The view change of `node` to `view`, signed; it has nothing to report but `parts`. */
export function leaving(node: NodeId, view: number, parts: Partial<ViewChange> = {}): ViewChange {
  const change = { node, view, stable: GENESIS, prepared: [], prePrepared: [], signature: null, ...parts };
  return { ...change, signature: proofOf(node, viewChangeContent(change), 'signature') };
}

export const leavingMessage = (change: ViewChange): PbftMessage =>
  withBody(messageTypes.viewChange, change.view, 0, { type: 'viewChange', change });

/** The new view that `signer` begins with these view changes. */
export function beginning(signer: NodeId, view: number, viewChanges: readonly ViewChange[], parts: Partial<NewView> = {}): PbftMessage {
  const newView = { view, viewChanges, start: { seq: 0, digest: '' }, chosen: [], signature: null, ...parts };
  const signed = { ...newView, signature: proofOf(signer, newViewContent(newView), 'signature') };
  return withBody(messageTypes.newView, view, 0, { type: 'newView', newView: signed });
}

export function encoded(lab: Lab, id: NodeId): string {
  const w = new Writer();
  // Times are relative: the same moment is compared.
  lab.replica(id).encode(w);
  return w.take().toString();
}
