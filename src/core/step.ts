/**
 * The step contract: a node is a deterministic state machine without I/O.
 *
 * `step(input, out)` is synchronous. The host (simulator, explorer, sockets, browser) owns time, randomness,
 * links, disks and keys; the node only says what it wants done. Same inputs and same choices give the same
 * effects, on every host. The host's duties are numbered in README.md of this room.
 */
import type { BeliefKind } from './beliefs.ts';
import type { Writer } from './codec.ts';
import type { Value } from './value.ts';

/** A positive integer, unique in a world. Clients are nodes too. Protocols visit peers in ascending id. */
export type NodeId = number;

/** Names one piece of slow work. Strictly increasing within a module; 0 means "nothing to wait for". */
export type Token = number;

/**
 * How it is shown who said something. `signature`: anybody can check it, and show it to others (Ed25519).
 * `authenticator`: a vector of MACs, one for each other node; its reader checks its own and can convince nobody else
 * with it (Castro, Liskov 1999, 5.2.2). A liar may make some of its MACs right and others wrong.
 */
export type Proof = 'signature' | 'authenticator';

/** What a client asks of a service. `id` is unique within `session` and increases. */
export interface Request {
  readonly id: number;
  /** Identifies one client's exactly-once session; retries reuse `session` and `id`. */
  readonly session: number;
  readonly op: Value;
  readonly mode: RequestMode;
  /** Answer only from a state at least this new (a revision that an earlier reply carried). */
  readonly minRevision?: number;
}

/**
 * `write`: ordered and applied exactly once. `linearizable`: a read that sees every write acknowledged before it
 * was asked. `stale`: a read of whatever this node knows. `admin`: membership, leadership, maintenance.
 */
export type RequestMode = 'write' | 'linearizable' | 'stale' | 'admin';

/** `ok`: done. `fail`: certainly did not and will not happen. `info`: unknown, may take effect at any later time. */
export type Outcome = 'ok' | 'fail' | 'info';

export interface Reply {
  readonly id: number;
  readonly session: number;
  readonly outcome: Outcome;
  readonly value?: Value;
  /** An error code (`LC_...`) when the outcome is not ok. */
  readonly code?: string;
  /** Position of the state that answered, in the order the service agreed on. */
  readonly revision?: number;
  /** The mode that was really served: the answer says it, whatever was asked. */
  readonly mode?: RequestMode;
  /** Whom to ask instead, when known. */
  readonly leader?: NodeId;
  /** More replies to the same request will follow (watches). */
  readonly more?: boolean;
}

interface At {
  /** The node's local clock, integer microseconds. It may jump, in both directions. */
  readonly now: number;
}
/** The first input of every life. `records`: what the disk kept, oldest first; empty on the first start. */
export interface StartInput<R> extends At {
  readonly kind: 'start';
  readonly records: readonly R[];
}
export interface MessageInput<M> extends At {
  readonly kind: 'message';
  readonly from: NodeId;
  readonly message: M;
}
export interface TimerInput extends At {
  readonly kind: 'timer';
  readonly timer: number;
}
/** `from` is the client node that asked, or 0 for the module above (see compose). */
export interface RequestInput extends At {
  readonly kind: 'request';
  readonly from: NodeId;
  readonly request: Request;
}
/** The answer to a request that this node made. `from` is the node that answered; `port` the module below, if it was one. */
export interface ReplyInput extends At {
  readonly kind: 'reply';
  readonly from: NodeId;
  readonly port: string;
  readonly reply: Reply;
}
/** Something that a module below (named by `port`) tells the one above. */
export interface IndicationInput extends At {
  readonly kind: 'indication';
  readonly port: string;
  readonly indication: unknown;
}
/** The record of this token, and every record before it, is durable. One for each persist, in order. */
export interface PersistedInput extends At {
  readonly kind: 'persisted';
  readonly token: Token;
}
/** The node's clock was set since its last input: durations measured across that mean nothing. See the host's duties. */
export interface ClockInput extends At {
  readonly kind: 'clock';
}
/** `value` is null when there is nothing there (any more). */
export interface LoadedInput extends At {
  readonly kind: 'loaded';
  readonly token: Token;
  readonly value: unknown;
}
export interface SignedInput extends At {
  readonly kind: 'signed';
  readonly token: Token;
  readonly signature: Value;
}
export interface VerifiedInput extends At {
  readonly kind: 'verified';
  readonly token: Token;
  readonly valid: boolean;
}

/** Hosts reuse input objects: a node must not keep one, but may keep the (immutable) message, request or record in it. */
export type Input<M, R> =
  | StartInput<R>
  | MessageInput<M>
  | TimerInput
  | RequestInput
  | ReplyInput
  | IndicationInput
  | PersistedInput
  | ClockInput
  | LoadedInput
  | SignedInput
  | VerifiedInput;

/**
 * Where a node writes its effects; owned and reused by the host, valid only during the step. All values handed
 * over are immutable from then on. Effects take place in the order in which they were written.
 */
export interface Effects<M, R, I> {
  /** Hand `message` to the network once token `after` (0: nothing) is durable. */
  send(to: NodeId, message: M, after: Token): void;
  /** Append `record` to this node's journal; answered by `persisted`. A crash keeps a prefix of what is not durable yet. */
  persist(token: Token, record: R): void;
  /** As persist, but once durable the record stands for everything before it (a snapshot): older records go. */
  checkpoint(token: Token, record: R): void;
  /** Read something slow (an old log range, a snapshot chunk); answered by `loaded`. */
  load(token: Token, query: Value): void;
  /** Prove that `content` is this node's; answered by `signed`. */
  sign(token: Token, content: Value, proof: Proof): void;
  /** Check the proof `signature` of `signer` over `content`: one of another kind is not valid. Answered by `verified`. */
  verify(token: Token, signer: NodeId, content: Value, signature: Value, proof: Proof): void;
  /** Arm timer number `timer` (small, from 0) for local time `atUs`; replaces its earlier setting. Infinity disarms. */
  timer(timer: number, atUs: number): void;
  /** Ask another node's service, or the module below when `to` is a port name. */
  request(to: NodeId | string, request: Request): void;
  /** Answer a request: `to` is its `from`. */
  reply(to: NodeId, reply: Reply): void;
  /** Tell the module above (or the host) something. */
  indicate(indication: I): void;
  /** State what this node now holds true; written on change only. `epoch` 0 when the kind has none. */
  belief(kind: BeliefKind, value: Value, epoch: number): void;
  /** An integer in [0, n), from this node's own seeded stream; the explorer branches over it. */
  choose(n: number): number;
}

/**
 * M messages, R journal records, I indications.
 * After a crash the host makes a new node and gives it `start` with what the disk kept.
 */
export interface Node<M, R, I> {
  step(input: Input<M, R>, out: Effects<M, R, I>): void;
  /** An independent copy: stepping one never changes the other. */
  clone(): Node<M, R, I>;
  /** Canonical bytes of the whole state: two nodes behave alike from here on if and only if (up to `now`) their bytes are equal. */
  encode(writer: Writer): void;
}
