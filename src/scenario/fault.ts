/**
 * Faults as data. Every driver (simulator, our cluster, real systems) carries out the same list; generators only
 * produce it. Times are milliseconds since the workload's start. Targets may be symbolic; the trace records what each
 * resolved to, and replay and shrinking use the resolved form.
 */

/** A node's name (`n1`), or whoever it is at that moment: `leader`, `follower` (lowest id that does not lead), `minority`, `majority`, `all`. */
export type Target = string;
/** `a->b`: messages from a to b. `*` stands for every node. */
export type LinkTarget = string;

export type PartitionShape =
  /** Nodes in different groups do not hear each other; nodes in no group form one more group. */
  | { readonly shape: 'groups'; readonly groups: readonly (readonly Target[])[] }
  /** What `from` sends does not reach `to`; the other direction works. */
  | { readonly shape: 'one-way'; readonly from: readonly Target[]; readonly to: readonly Target[] }
  /** Two halves that only `bridge` connects. */
  | { readonly shape: 'bridge'; readonly bridge: Target }
  /** Each node hears only its two neighbours: everyone sees a majority, no two see the same. */
  | { readonly shape: 'ring' }
  | { readonly shape: 'isolate'; readonly node: Target };

export type FaultAction =
  | ({ readonly fault: 'partition' } & PartitionShape)
  /** Share of messages lost, 0 to 1. */
  | { readonly fault: 'loss'; readonly rate: number; readonly links?: readonly LinkTarget[] }
  | { readonly fault: 'delay'; readonly minMs: number; readonly maxMs: number; readonly links?: readonly LinkTarget[] }
  | { readonly fault: 'duplicate'; readonly rate: number; readonly links?: readonly LinkTarget[] }
  /** Share of messages that skip the queue of their link. */
  | { readonly fault: 'reorder'; readonly rate: number; readonly links?: readonly LinkTarget[] }
  /** No more than this gets through each link. */
  | { readonly fault: 'bandwidth'; readonly bytesPerSecond: number; readonly links?: readonly LinkTarget[] }
  /** Connections that are open when it begins fall silent for good, and neither end is told; new ones work. When it ends they are reset. */
  | { readonly fault: 'half-open'; readonly links?: readonly LinkTarget[] }
  /** Ends and resets of connections arrive this much later than the bytes before them. */
  | { readonly fault: 'slow-close'; readonly closeMs: number; readonly links?: readonly LinkTarget[] }
  /** The process dies; it starts again at the fault's end (never, without forMs). */
  | { readonly fault: 'kill'; readonly node: Target }
  /** The process stands still (SIGSTOP), its messages wait. */
  | { readonly fault: 'pause'; readonly node: Target }
  /** Kill and start at once. */
  | { readonly fault: 'restart'; readonly node: Target }
  /** Kill, and the disk is empty when it starts again. */
  | { readonly fault: 'disk-loss'; readonly node: Target }
  /** Kill while writing: of what was not durable, a prefix stays and the next record is torn. */
  | { readonly fault: 'torn-write'; readonly node: Target }
  /** Kill, and what had not been forced to the disk (fsync) is gone when it starts again. */
  | { readonly fault: 'power-loss'; readonly node: Target }
  /** Nothing more becomes durable until the fault ends. */
  | { readonly fault: 'disk-full'; readonly node: Target }
  /** Every write takes this long to become durable. */
  | { readonly fault: 'slow-disk'; readonly node: Target; readonly syncMs: number }
  | { readonly fault: 'clock-jump'; readonly node: Target; readonly byMs: number }
  /** Parts per million that the clock runs too fast (negative: slow). */
  | { readonly fault: 'clock-drift'; readonly node: Target; readonly ppm: number }
  /** Kill, and start as this version of the protocol. */
  | { readonly fault: 'version'; readonly node: Target; readonly version: number }
  | { readonly fault: 'adversary'; readonly node: Target; readonly behaviour: string }
  /** What an operator does to the node, by the target's own name for it (`promote`); it has no end. */
  | { readonly fault: 'action'; readonly node: Target; readonly name: string };

export type FaultKind = FaultAction['fault'];

/** When, and for how long. Without `forMs` the fault lasts until the heal at the end of the schedule. */
export type Fault = FaultAction & {
  readonly atMs: number;
  readonly forMs?: number;
  /** Skip it, and say so, where the target cannot do it. */
  readonly optional?: boolean;
};
