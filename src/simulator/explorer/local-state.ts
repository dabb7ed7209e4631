/** One node of a world with everything that is its own: memory, journal, messages that wait for the journal, timers. */
import type { Node, NodeId, Token } from '../../core/index.ts';
import type { ListTable } from './interning.ts';
import type { WorldEvent, WorldOptions } from './world-options.ts';

export type AnyNode = Node<unknown, unknown, unknown>;

/** What travels between nodes. */
export interface Parcel {
  readonly kind: 'message' | 'request' | 'reply';
  readonly from: NodeId;
  readonly to: NodeId;
  readonly payload: unknown;
}

/** A record in a journal. */
export interface Entry {
  readonly record: number;
  readonly checkpoint: boolean;
}

export interface Held {
  readonly parcel: number;
  readonly after: Token;
}

export interface LocalState {
  readonly id: NodeId;
  /** Never stepped: transitions step clones. */
  readonly node: AnyNode;
  /** The node's clock. It stands still but for timers, which fire at their time. */
  readonly now: number;
  /** Oldest first, the first `durable` of them durable. */
  readonly journal: readonly Entry[];
  readonly durable: number;
  /** Tokens of the journal's entries that are not durable. */
  readonly tokens: readonly Token[];
  readonly durableToken: Token;
  /** Messages that wait for a token. */
  readonly held: readonly Held[];
  /** Local times by timer; Infinity: not armed. */
  readonly timers: readonly number[];
  /** An invariant of its own that it broke: it makes no more steps. */
  readonly broken: boolean;
}

/** Inputs of a local state, as codes: what * 2^27 + which. */
export const INPUT = { deliver: 0, timer: 1, sync: 2, crash: 3, request: 4 } as const;
export const inputCode = (what: number, which: number): number => what * 0x8000000 + which;

/** What a transition may lead to: the new local state, the parcels that left, what was to be seen. */
export interface Outcome {
  readonly local: number;
  /** In ListTable `sends`, in the order of sending. */
  readonly sends: number;
  /** In ListTable `sights`. */
  readonly events: number;
}

/** Numbers for what a transition meets and makes. */
export interface Registry {
  readonly options: WorldOptions;
  readonly parcels: readonly Parcel[];
  readonly sends: ListTable;
  readonly sights: ListTable;
  /** Steps really made. */
  steps: number;
  create(id: NodeId): AnyNode;
  parcelId(parcel: Parcel): number;
  recordId(record: unknown): number;
  record(id: number): unknown;
  eventId(event: WorldEvent): number;
  stateId(state: LocalState): number;
}
