/**
 * What a node may hold true about itself or its group. A belief is a claim of one node at one moment, never the
 * truth; checkers and detectors compare the claims.
 */
export const beliefKinds = {
  leader: 'the node it takes for leader in `epoch`, or null',
  epoch: 'the newest epoch (term, view, ballot, round) that it has seen',
  role: 'leader, follower, candidate, pre-candidate, learner, witness, coordinator, participant ...',
  members: 'who belongs to the group, and how',
  position: 'how far it has applied the agreed order',
  digest: 'a hash of its state at its position',
  decision: 'what it takes to be decided (commit, abort, a value)',
} as const;

/** A registered kind, or a protocol's own with an `x-` prefix. */
export type BeliefKind = keyof typeof beliefKinds | `x-${string}`;

/**
 * The name under which a composition tells the belief of one of its modules. The root's beliefs keep their kind: they
 * are the node's own. `x-raft/leader` is whom module `raft` takes for leader.
 */
export function moduleBelief(module: string, kind: BeliefKind): BeliefKind {
  return /^x-[^/]+\//.test(kind) ? `x-${module}/${kind.slice(2)}` : `x-${module}/${kind}`;
}

/** The path of modules (`''`: the root) and the kind behind a belief that a composition told. */
export function beliefSource(kind: BeliefKind): { readonly module: string; readonly kind: BeliefKind } {
  const at = kind.lastIndexOf('/');
  if (!kind.startsWith('x-') || at < 0) return { module: '', kind };
  return { module: kind.slice(2, at), kind: kind.slice(at + 1) as BeliefKind };
}
