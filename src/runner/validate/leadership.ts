/**
 * Who claimed to lead, when and in which epoch, read from the beliefs of a trace. A claim is what a node says of itself
 * (`role` = leader); two claims in one epoch are a broken election, two in different epochs are only news on its way.
 */
import type { TraceView } from '../../trace/index.ts';

export interface Claim {
  readonly node: string;
  readonly epoch: number;
  readonly fromMs: number;
  /** Infinity while it still claims at the end. */
  readonly untilMs: number;
}

/** Every leadership claim of the trace, in the order in which they began. */
export function leadershipClaims(trace: TraceView): Claim[] {
  const open = new Map<string, { epoch: number; fromMs: number }>();
  const claims: Claim[] = [];
  const close = (node: string, untilMs: number): void => {
    const claim = open.get(node);
    if (claim === undefined) return;
    claims.push({ node, ...claim, untilMs });
    open.delete(node);
  };
  for (const belief of trace.beliefs) {
    if (belief.kind !== 'role') continue;
    const atMs = (belief.timeNs ?? 0) / 1e6;
    const epoch = belief.epoch ?? 0;
    if (belief.value !== 'leader') close(belief.node, atMs);
    else if (open.get(belief.node)?.epoch !== epoch) {
      close(belief.node, atMs);
      open.set(belief.node, { epoch, fromMs: atMs });
    }
  }
  for (const node of [...open.keys()]) close(node, Number.POSITIVE_INFINITY);
  return claims.sort((a, b) => a.fromMs - b.fromMs);
}

/** The claims that were made or still stood within [fromMs, untilMs]. */
export function claimsWithin(claims: readonly Claim[], fromMs: number, untilMs: number): Claim[] {
  return claims.filter((claim) => claim.fromMs <= untilMs && claim.untilMs >= fromMs);
}

/** For each epoch the nodes that claimed it. */
export function leadersByEpoch(claims: readonly Claim[]): Map<number, Set<string>> {
  const epochs = new Map<number, Set<string>>();
  for (const { node, epoch } of claims) {
    const nodes = epochs.get(epoch) ?? new Set();
    nodes.add(node);
    epochs.set(epoch, nodes);
  }
  return epochs;
}

/** The largest number of leaders that any one epoch had: 0 nobody led, 1 as it must be, more is split brain. */
export function leadersPerEpoch(claims: readonly Claim[]): number {
  return Math.max(0, ...[...leadersByEpoch(claims).values()].map((nodes) => nodes.size));
}
