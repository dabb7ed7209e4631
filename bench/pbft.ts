/**
 * PBFT with real cryptography: four replicas and their clients in one process, every message, request and reply through
 * the binary codec, Ed25519 and HMAC-SHA256 of node:crypto, 256-byte operations; an instant disk. A client has one
 * request under way; an operation counts once its client believes the answer (f + 1 equal replies).
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign, timingSafeEqual, verify } from 'node:crypto';
import {
  type Effects,
  encodeValue,
  type Input,
  type NodeId,
  type Proof,
  Reader,
  type Reply,
  type Request,
  type StateMachine,
  type Value,
  Writer,
} from '../src/core/index.ts';
import { digestOf, MAC_BYTES, SessionKey, useNativeHash } from '../src/crypto/index.ts';
import { type Authentication, defaultPbftConfig, messageSchema, Pbft, PbftClient, type PbftConfig } from '../src/protocols/pbft/index.ts';
import { drawPlan, pbftSubject, simulate } from '../src/simulator/index.ts';
import { cpuSeconds, type Figure, median } from './measure.ts';

export const name = 'pbft';

const REPLICAS: readonly NodeId[] = [1, 2, 3, 4];
const BATCH = 256;
const VALUE_BYTES = 256;
const RUNS = 5;
const WARM_RUNS = 4;
const WARM_ROUNDS = 10;

/** Counts what it is asked: what is measured is agreement. */
class Counter implements StateMachine {
  count = 0;
  apply(): Value {
    this.count++;
    return null;
  }
  query(): Value {
    return this.count;
  }
  snapshot(): Value {
    return this.count;
  }
  restore(snapshot: Value): void {
    this.count = snapshot as number;
  }
  clone(): Counter {
    const copy = new Counter();
    copy.count = this.count;
    return copy;
  }
  encode(w: Writer): void {
    w.uint(this.count);
  }
}

const keys = new Map<NodeId, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>();

function keysOf(id: NodeId): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  let pair = keys.get(id);
  if (pair === undefined) {
    pair = generateKeyPairSync('ed25519');
    keys.set(id, pair);
  }
  return pair;
}

const sessions = new Map<number, SessionKey>();

/** The key that two nodes share. */
function session(a: NodeId, b: NodeId): SessionKey {
  const pair = Math.min(a, b) * 65_536 + Math.max(a, b);
  let key = sessions.get(pair);
  if (key === undefined) {
    key = new SessionKey(randomBytes(32));
    sessions.set(pair, key);
  }
  return key;
}

function prove(signer: NodeId, content: Value, proof: Proof): Value {
  const bytes = encodeValue(content);
  if (proof === 'signature') return Uint8Array.from(sign(null, bytes, keysOf(signer).privateKey));
  const digest = digestOf(bytes);
  const vector = new Uint8Array(MAC_BYTES * REPLICAS.length);
  for (const [place, reader] of REPLICAS.entries()) if (reader !== signer) session(signer, reader).write(digest, vector, MAC_BYTES * place);
  return vector;
}

function proven(reader: NodeId, signer: NodeId, content: Value, signature: Value, proof: Proof): boolean {
  if (!(signature instanceof Uint8Array)) return false;
  const bytes = encodeValue(content);
  if (proof === 'signature') return verify(null, bytes, keysOf(signer).publicKey, signature);
  const at = MAC_BYTES * REPLICAS.indexOf(reader);
  return timingSafeEqual(signature.subarray(at, at + MAC_BYTES), session(signer, reader).mac(digestOf(bytes)));
}

type Anything = Input<never, never>;
type AnyStep = { step(input: Anything, out: never): void };

const decoded = <T>(bytes: Uint8Array): T => new Reader(bytes).value() as T;

/** The bytes of what is sent, encoded anew only for another object than the last. */
function onceEncoded<T>(write: (w: Writer, sent: T) => void): (sent: T) => Uint8Array {
  const writer = new Writer(1 << 16);
  let last: T | null = null;
  let bytes: Uint8Array = new Uint8Array();
  return (sent) => {
    if (sent !== last) {
      writer.reset();
      write(writer, sent);
      bytes = writer.take();
      last = sent;
    }
    return bytes;
  };
}

/** Replicas and clients that are given everything in the order in which it was sent. */
class Group {
  readonly #nodes = new Map<NodeId, AnyStep>();
  readonly #outs = new Map<NodeId, never>();
  #queue: { readonly to: NodeId; readonly input: Anything }[] = [];
  answered = 0;
  steps = 0;

  constructor(authentication: Authentication, clients: number) {
    const config: PbftConfig = { ...defaultPbftConfig, authentication, maxInFlight: 2, maxChecks: 100_000 };
    for (const id of REPLICAS) this.#add(id, new Pbft(id, REPLICAS, config, new Counter()));
    const times = { attemptUs: 1e12, giveUpUs: 1e12, incarnation: 1, readOnly: false };
    for (let i = 0; i < clients; i++)
      this.#add(REPLICAS.length + 1 + i, new PbftClient(REPLICAS.length + 1 + i, { servers: REPLICAS, authentication, ...times }));
    this.drain();
  }

  #add(id: NodeId, node: unknown): void {
    this.#nodes.set(id, node as AnyStep);
    this.#outs.set(id, this.#effects(id) as never);
    this.#push(id, { kind: 'start', now: 1, records: [] });
  }

  #push(to: NodeId, input: Anything): void {
    this.#queue.push({ to, input });
  }

  /** Ask through every client once: `op` each. */
  ask(number: number, op: Value): void {
    for (const id of this.#nodes.keys()) {
      if (id > REPLICAS.length)
        this.#push(id, { kind: 'request', now: 1, from: 0, request: { id: number, session: 0, op, mode: 'write' } });
    }
    this.drain();
  }

  drain(): void {
    for (let at = 0; at < this.#queue.length; at++) {
      const { to, input } = this.#queue[at] as { to: NodeId; input: Anything };
      this.steps++;
      this.#nodes.get(to)?.step(input, this.#outs.get(to) as never);
      if (at > 4096) {
        this.#queue.splice(0, at + 1);
        at = -1;
      }
    }
    this.#queue = [];
  }

  #effects(id: NodeId): Effects<never, never, never> {
    const ignore = (): void => undefined;
    // One object goes to all: it is encoded once, as a real host would.
    const messages = onceEncoded<never>((w, message) => messageSchema.write(w, message));
    const requests = onceEncoded<Request>((w, request) => w.value(request as unknown as Value));
    const replies = onceEncoded<Reply>((w, reply) => w.value(reply as unknown as Value));
    return {
      send: (to, sent) =>
        this.#push(to, { kind: 'message', now: 1, from: id, message: messageSchema.read(new Reader(messages(sent))) as never }),
      persist: (token) => this.#push(id, { kind: 'persisted', now: 1, token }),
      checkpoint: (token) => this.#push(id, { kind: 'persisted', now: 1, token }),
      sign: (token, content, proof) => this.#push(id, { kind: 'signed', now: 1, token, signature: prove(id, content, proof) }),
      verify: (token, signer, content, signature, proof) =>
        this.#push(id, { kind: 'verified', now: 1, token, valid: proven(id, signer, content, signature, proof) }),
      request: (to, request) =>
        this.#push(to as NodeId, { kind: 'request', now: 1, from: id, request: decoded<Request>(requests(request)) }),
      reply: (to, reply) => {
        if (to === 0) this.answered += reply.outcome === 'ok' ? (Array.isArray(reply.value) ? reply.value.length : 1) : 0;
        else this.#push(to, { kind: 'reply', now: 1, from: id, port: '', reply: decoded<Reply>(replies(reply)) });
      },
      indicate: ignore,
      belief: ignore,
      timer: ignore,
      load: ignore,
      choose: () => 0,
    };
  }
}

/** Operations per CPU-second: of one client that bundles 256, or of 256 clients with one each. */
function rate(authentication: Authentication, bundled: boolean, rounds: number): number {
  const group = new Group(authentication, bundled ? 1 : BATCH);
  const value = new Uint8Array(VALUE_BYTES).fill(7);
  const op: Value = bundled ? { bundle: Array.from({ length: BATCH }, () => value) } : value;
  let number = 0;
  const rates: number[] = [];
  for (let run = 0; run < WARM_RUNS + RUNS; run++) {
    const before = group.answered;
    const seconds = cpuSeconds(() => {
      for (let i = 0; i < rounds; i++) group.ask(++number, op);
    });
    const done = group.answered - before;
    if (done !== rounds * BATCH) throw new Error(`${done} of ${rounds * BATCH} operations were answered`);
    // The first ones warm up.
    if (run >= WARM_RUNS) rates.push(done / seconds);
  }
  return median(rates);
}

/** Simulated events per CPU-second: n = 4, no proofs in the normal case, no faults, all invariants and histories judged. */
function simulated(seeds: number, rounds: number): Figure {
  const subject = pbftSubject();
  const settings = { authentication: 'channel', checkpointEvery: 64, windowCheckpoints: 2 };
  const plans = Array.from({ length: seeds }, (_, i) => drawPlan(subject, i + 1, { nodes: 4, settings, faults: [] }));
  const rates: number[] = [];
  let steps = 0;
  let violations = 0;
  for (let round = 0; round < rounds; round++) {
    steps = 0;
    const seconds = cpuSeconds(() => {
      for (const plan of plans) {
        const result = simulate(subject, plan);
        steps += result.steps;
        if (result.violation !== null) violations++;
      }
    });
    // What a campaign of many seeds sees: the compiler is done after some three million events.
    if (round >= WARM_ROUNDS) rates.push(steps / seconds);
  }
  return {
    metric: 'simulated events, n = 4, all invariants on, no signatures in the normal case',
    value: Math.round(median(rates)),
    unit: 'events per CPU-second',
    bar: '>= 1000000',
    note: `${seeds} seeds, ${steps} events, ${violations} violations; best round ${Math.round(Math.max(...rates))}`,
  };
}

export async function run(): Promise<Figure[]> {
  useNativeHash();
  const figure = (metric: string, value: number, bar: string): Figure => ({
    metric,
    value: Math.round(value),
    unit: 'operations/CPU-s',
    bar,
  });
  return [
    figure('one client authenticator per batch of 256, MACs', rate('mac', true, 100), '>= 20000'),
    figure('one client authenticator per batch of 256, Ed25519', rate('signature', true, 60), '>= 5000'),
    figure('every request authenticated by itself, MACs', rate('mac', false, 20), '>= 8000'),
    figure('every request authenticated by itself, Ed25519', rate('signature', false, 8), '>= 1200'),
    simulated(24, 30),
  ];
}
