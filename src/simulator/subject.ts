/** What is simulated, as data: how to make nodes and clients, what must hold, what is interesting to reach. */
import type { Command, Node, NodeId, Proof, Random, Request, Schema, Value } from '../core/index.ts';
import type { FaultKind } from '../scenario/index.ts';
import type { Beliefs } from './beliefs.ts';
import type { WatchedWorld } from './observer.ts';
import type { PlannedOperation } from './plan.ts';
import type { World } from './world.ts';

/** Protocol settings of one run; part of the plan and the replay file. */
export type Settings = { readonly [name: string]: Value };

export type AnyNode = Node<unknown, unknown, unknown>;

/**
 * Invariants of a protocol, fed as things happen; each throws InvariantViolation. Made anew for each run; these check
 * nothing. Of what liars do they hear nothing: only honest servers are judged, though they receive what liars say.
 */
export class Invariants {
  readonly #liars = new Set<NodeId>();
  /** Nobody has lied yet. */
  honest = true;

  /** Does this server lie, or did it ever in this run? What it said before it began was honest. */
  lies(id: NodeId): boolean {
    return !this.honest && this.#liars.has(id);
  }
  /** A server lies from now on, and is never judged again. */
  lied(id: NodeId): void {
    this.honest = false;
    this.#liars.add(id);
  }
  /** A server made a step. */
  stepped(_id: NodeId, _node: AnyNode): void {}
  /** A record of a server is durable. */
  written(_id: NodeId, _record: unknown): void {}
  /** A request is about to reach a server. */
  asked(_id: NodeId, _request: Request): void {}
  /** A message is about to reach a live server. */
  received(_id: NodeId, _from: NodeId, _message: unknown): void {}
  /** A message leaves its server; not those that an adversary sends in its name. */
  sent(_from: NodeId, _to: NodeId, _message: unknown): void {}
  /** A server told its host something. */
  indicated(_id: NodeId, _indication: unknown): void {}
  /** A server changed its mind. */
  believed(_id: NodeId, _kind: string, _value: Value, _epoch: number): void {}
  /** A server died: its memory is gone, its disk is not. */
  restarted(_id: NodeId): void {}
  diskLost(_id: NodeId): void {}
  /** A server's clock jumped. */
  clockJumped(_id: NodeId): void {}
  /** The run is over. */
  finished(): void {}
}

/** Something that a campaign ought to reach sometimes. */
export interface Goal {
  readonly name: string;
  readonly about: string;
}

/** How a subject says that one of its goals was reached in this run. */
export type Reach = (goal: string) => void;

/** What a protocol says so that a liar can lie well: its code has no liars in it. */
export interface LyingSpeech<M = unknown> {
  /**
   * What this server holds as said and proved by others (votes counted, certificates kept): no forgery may be among it.
   * Absent: that is not checked.
   */
  holds?(node: AnyNode): Iterable<{ readonly signer: NodeId; readonly content: Value }>;
  /** What the sender of this message proves with it; null: nothing, it is believed for the link that it came by. */
  proved(message: M): { readonly content: Value; readonly proof: Proof } | null;
  /** The same message under another proof. */
  withProof(message: M, signature: Value): M;
  /**
   * Another message that `from` could have sent in place of this one, and that a reader may believe; null: none comes to mind.
   * `node`: the liar's own state, where it is known; what it holds can be told in a false light.
   */
  lie(random: Random, message: M, from: NodeId, node: AnyNode | null): M | null;
}

export interface Subject<M = unknown, R = unknown, I = unknown> {
  readonly name: string;
  /** The newest version of the protocol: what servers start as, until a `version` fault. */
  readonly version: number;
  readonly message: Schema<M>;
  readonly record: Schema<R>;
  /** How its messages are called, for liars limited by `types`; absent: as their field `type` says, unchecked. */
  readonly messageTypes?: { readonly all: readonly string[]; of(message: M): string };
  readonly timers: readonly string[];
  /** The model that its histories are checked against: kv, register ... or null when nothing is to be checked. */
  readonly model: string | null;
  /** Faults that it promises to survive: the default portfolio draws from these. */
  tolerates(settings: Settings): readonly FaultKind[];
  /** So many liars among `nodes` servers it promises to survive, as safe and as live; absent: none. */
  survivesLiars?(nodes: number, settings: Settings): number;
  /** For its adversaries. Absent: they know no better than to change fields. */
  readonly speech?: LyingSpeech<M>;
  /** Protocol versions that these settings can run on, ascending; [1] unless said otherwise. */
  versions?(settings: Settings): readonly number[];
  /** A node that has not had its `start`. `peers`: all servers, ascending. */
  create(id: NodeId, peers: readonly NodeId[], settings: Settings, version: number): Node<M, R, I>;
  /** A client of `servers`; null when the protocol has none. `incarnation` counts this client's lives, from 1. */
  client(id: NodeId, servers: readonly NodeId[], settings: Settings, incarnation: number): AnyNode | null;
  /** Settings of one swarm run. */
  drawSettings(random: Random): Settings;
  /** An administrative request for the workload (membership, transfer), or null when none fits now. */
  drawAdmin?(random: Random, world: World, beliefs: Beliefs): Request['op'] | null;
  /** An operation as the protocol's service takes it; without this `{ f, key, value, expected }`. */
  operation?(planned: PlannedOperation): Value;
  /** Its service has no compare-and-set: the workload writes instead. */
  readonly withoutCas?: true;
  /** The part of a server's state that must be equal on all servers at equal positions. */
  stateDigest?(node: AnyNode): string;
  /** That digest after `commands` (from position 1 on) and nothing else. */
  stateAfter?(commands: readonly (Command | null)[]): string;
  /** How long a key counts after the next one was announced, in microseconds; absent: keys are not changed. */
  keyGraceUs?(settings: Settings): number;
  /** Whose new key a server tells its host of with this indication, and the proof that vouches for it; null: it is about something else. */
  newKey?(indication: I): { readonly node: NodeId; readonly number: number; readonly proof: Value } | null;
  /** Answer to `load`. */
  load?(records: readonly unknown[], query: Value): unknown;
  /** Made before the world: its clocks run from the first event on. */
  invariants?(reach: Reach, world: WatchedWorld, settings: Settings): Invariants;
  readonly goals: readonly Goal[];
  /** General goals that this subject cannot reach. */
  readonly beyond?: readonly string[];
  /** Bulky messages (snapshots): they take `bulkUs` longer, and their number under way is what
   * `world.post.watchedInFlight` counts.
   */
  watches?(message: unknown): boolean;
  /** Must this server, up and connected, come to apply all that was acknowledged? (Those who left the group need not.) */
  mustConverge?(beliefs: Beliefs, node: NodeId): boolean;
  /** Why this set of live, connected servers need not make progress; null when it must. */
  mayStall?(world: World, beliefs: Beliefs, core: readonly NodeId[]): string | null;
}
