/** Modules of a composition: what the author of one writes, and what the composed node makes of it. */
import type { Protocol } from './protocol.ts';
import type { NodeId } from './step.ts';

/** One module of a composition. */
export interface Module<Config, M, R, I> {
  readonly protocol: Protocol<Config, M, R, I>;
  /** The module below that each port is bound to. */
  readonly ports?: { readonly [port: string]: string };
  /** Whom this module takes for its peers, where that is not everyone. Includes `id`, ascending. */
  peers?(id: NodeId, peers: readonly NodeId[], config: Config): readonly NodeId[];
}

export type AnyModule = Module<never, unknown, unknown, unknown>;

/** Modules of any kind by name. */
export interface Modules {
  readonly [name: string]: AnyModule;
}

/** A module in its place in the tree. Places are in pre-order, the root first. */
export interface Place {
  /** Path of names, `raft` or `store/raft`. */
  readonly name: string;
  readonly protocol: Protocol<never, unknown, unknown, unknown>;
  /** Places by port. */
  readonly below: ReadonlyMap<string, number>;
  /** The place above, -1 at the root. */
  readonly above: number;
  /** The port of the place above that this one is bound to. */
  readonly port: string;
  /** Number of its first timer in the composition. */
  readonly firstTimer: number;
  /** The modules on the path to it, outermost first, by name: each takes its part of the config and says who its peers are. */
  readonly path: readonly (readonly [name: string, module: AnyModule])[];
}
