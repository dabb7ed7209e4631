/** What an exploration found, and what it may use up. */

export interface ExploreBounds {
  /** Distinct states at most. */
  readonly states?: number;
  /** Steps from an initial state at most. */
  readonly depth?: number;
  /** Bytes of the state table at most; 1 GiB unless given. */
  readonly bytes?: number;
  /** Ends the exploration, as if a bound had been met, once it is true; asked every thousand states or so. */
  expired?(): boolean;
}

/** Which bound was met before everything was seen. */
export type Truncation = 'states' | 'depth' | 'bytes' | 'expired' | 'first violation' | 'sampling';

export interface PathStep {
  /** The action's label; `init` for the first. */
  readonly action: string;
  /** The state after it, rendered. */
  readonly state: string;
}

export interface Finding {
  readonly property: string;
  /** `deadlock` when a state has no next states and the caller forbade that. */
  readonly kind: 'always' | 'sometimes' | 'terminal' | 'deadlock';
  /** From an initial state to the one that breaks (or, as a witness, fulfils) the property. */
  readonly path: readonly PathStep[];
  /** Action codes of the path, for replaying it. */
  readonly actions: readonly number[];
  /** The state's words. */
  readonly state: readonly number[];
}

export interface Exploration {
  readonly model: string;
  readonly strategy: 'breadth-first' | 'depth-first' | 'random' | 'priorities';
  /**
   * `pass`: every reachable state was seen and no property is broken. `violation`: one is broken. `unknown`: none is
   * broken in what was seen, which was not everything (`truncated` says why), or a `sometimes` property has no witness
   * in it.
   */
  readonly verdict: 'pass' | 'violation' | 'unknown';
  /** null: all reachable states were seen. States are compared in full, so none was taken for another. */
  readonly truncated: Truncation | null;
  readonly violations: readonly Finding[];
  /** One for each `sometimes` property that was fulfilled. */
  readonly witnesses: readonly Finding[];
  /** `sometimes` properties without a witness: a violation when everything was seen. */
  readonly unwitnessed: readonly string[];
  /** States produced, initial ones and duplicates included. */
  readonly generated: number;
  /** Distinct states (with symmetry: distinct orbits). */
  readonly unique: number;
  /** States without next states. */
  readonly terminal: number;
  /** Longest distance from an initial state (depth-first and random: longest path walked). */
  readonly depth: number;
  /** Most states found and not yet expanded at one time. */
  readonly maxQueue: number;
  /** Bytes of the state table at its end. */
  readonly bytes: number;
  /** Bounds in words, for reports. */
  readonly bounds: string;
}

/** The verdict that follows from what was found. */
export function verdictOf(
  truncated: Truncation | null,
  violations: readonly Finding[],
  unwitnessed: readonly string[],
): Exploration['verdict'] {
  if (violations.length > 0) return 'violation';
  if (truncated !== null) return 'unknown';
  return unwitnessed.length > 0 ? 'violation' : 'pass';
}

export function boundsInWords(bounds: ExploreBounds): string {
  const parts: string[] = [];
  if (bounds.states !== undefined) parts.push(`${bounds.states} states`);
  if (bounds.depth !== undefined) parts.push(`depth ${bounds.depth}`);
  if (bounds.bytes !== undefined) parts.push(`${bounds.bytes} bytes`);
  return parts.length === 0 ? 'none but memory' : parts.join(', ');
}
