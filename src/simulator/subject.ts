/** What is simulated, as data: how to make nodes and clients, what must hold, what is interesting to reach. */
import type { Node, NodeId, Random, Request, Schema, Value } from '../core/index.ts';
import type { FaultKind } from '../scenario/index.ts';
import type { Beliefs } from './beliefs.ts';
import type { PlannedOperation } from './plan.ts';
import type { World } from './world.ts';

/** Protocol settings of one run; part of the plan and the replay file. */
export type Settings = { readonly [name: string]: Value };

export type AnyNode = Node<unknown, unknown, unknown>;

/** Invariants of a protocol, fed as things happen; each throws InvariantViolation. Made anew for each run. */
export interface Invariants {
  /** A node told its host something. */
  indicated?(node: NodeId, indication: unknown): void;
  /** A node changed its mind. */
  believed?(node: NodeId, kind: string, value: Value, epoch: number): void;
  /** A node died (its node object is gone) or started anew. */
  restarted?(node: NodeId): void;
  /** Every now and then, and at the end. */
  check?(): void;
}

/** Something that a campaign ought to reach sometimes; `reached` is asked when beliefs change, faults begin and nodes crash. */
export interface Goal {
  readonly name: string;
  readonly about: string;
}

/** How a subject says that one of its goals was reached in this run. */
export type Reach = (goal: string) => void;

export interface Subject<M = unknown, R = unknown, I = unknown> {
  readonly name: string;
  readonly message: Schema<M>;
  readonly record: Schema<R>;
  readonly timers: readonly string[];
  /** The model that its histories are checked against: kv, register ... or null when nothing is to be checked. */
  readonly model: string | null;
  /** Faults that it promises to survive: the default portfolio draws from these. */
  readonly tolerates: readonly FaultKind[];
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
  /** The part of a server's state that must be equal on all servers at equal positions. */
  stateDigest?(node: AnyNode): string;
  /** Answer to `load`. */
  load?(records: readonly unknown[], query: Value): unknown;
  invariants?(world: World, reach: Reach): Invariants;
  readonly goals: readonly Goal[];
  /** Names of message types whose number in flight `world.inFlight` counts. */
  readonly watchedMessages?: readonly string[];
  /** Why this set of live, connected servers need not make progress; null when it must. */
  mayStall?(world: World, beliefs: Beliefs, core: readonly NodeId[]): string | null;
}
