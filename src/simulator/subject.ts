/** What is simulated, as data: how to make nodes and clients, what must hold, what is interesting to reach. */
import type { Node, NodeId, Random, Request, Schema, Value } from '../core/index.ts';
import type { FaultKind } from '../scenario/index.ts';
import type { Beliefs } from './beliefs.ts';
import type { PlannedOperation } from './plan.ts';
import type { World } from './world.ts';

/** Protocol settings of one run; part of the plan and the replay file. */
export type Settings = { readonly [name: string]: Value };

export type AnyNode = Node<unknown, unknown, unknown>;

/** Invariants of a protocol, fed as things happen; each throws InvariantViolation. Made anew for each run; these check nothing. */
export class Invariants {
  /** A server made a step. */
  stepped(_id: NodeId, _node: AnyNode): void {}
  /** A record of a server is durable. */
  written(_id: NodeId, _record: unknown): void {}
  /** A request is about to reach a server. */
  asked(_id: NodeId, _request: Request): void {}
  /** A message leaves its server; not those that an adversary sends in its name. */
  sent(_from: NodeId, _to: NodeId, _message: unknown): void {}
  /** A server told its host something. */
  indicated(_id: NodeId, _indication: unknown): void {}
  /** A server changed its mind. */
  believed(_id: NodeId, _kind: string, _value: Value, _epoch: number): void {}
  /** A server died: its memory is gone, its disk is not. */
  restarted(_id: NodeId): void {}
  diskLost(_id: NodeId): void {}
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

export interface Subject<M = unknown, R = unknown, I = unknown> {
  readonly name: string;
  /** The newest version of the protocol: what servers start as, until a `version` fault. */
  readonly version: number;
  readonly message: Schema<M>;
  readonly record: Schema<R>;
  readonly timers: readonly string[];
  /** The model that its histories are checked against: kv, register ... or null when nothing is to be checked. */
  readonly model: string | null;
  /** Faults that it promises to survive: the default portfolio draws from these. */
  tolerates(settings: Settings): readonly FaultKind[];
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
  /** Answer to `load`. */
  load?(records: readonly unknown[], query: Value): unknown;
  invariants?(reach: Reach): Invariants;
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
