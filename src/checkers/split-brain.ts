/**
 * Split brain: one epoch has at most one leader, and a deposed leader acknowledges nothing more. Claims are beliefs: a
 * node that takes itself for leader, from then until it believes otherwise. Two claims of one epoch are a violation;
 * two claims of different epochs at one time are only a warning (the older one may not know yet), unless the older one
 * still acknowledges an update that was asked for after the newer claim.
 */
import type { Value } from '../core/index.ts';
import { type BeliefRecord, NONE, OK, type TraceView } from '../trace/index.ts';
import { Meter } from './budget.ts';
import type { Anomaly, Budget, Checker, CheckResult, Counterexample } from './checker.ts';
import { showGap, Teller } from './story.ts';
import { skipped } from './versions.ts';

/** A node takes itself for the leader of an epoch, from position `from` to position `until`. */
export interface Claim {
  readonly node: string;
  readonly subject: string;
  readonly epoch: number;
  readonly from: number;
  until: number;
  readonly fromNs: number | undefined;
  /** False when another clock than the recorder's stamped it: then its place among the operations is not certain. */
  readonly ordered: boolean;
}

const OBSERVERS = new Set(['read', 'get', 'contains', 'peek', 'size']);
const LISTED_MAX = 100;

/** Whether the value of a leader belief is this node: its name, or the number in it. */
export function isNode(value: Value, node: string): boolean {
  if (value === node) return true;
  const digits = /(\d+)$/.exec(node);
  return typeof value === 'number' && digits !== null && Number(digits[1]) === value;
}

interface NodeView {
  epoch: number;
  claim: Claim | null;
}

/** All claims of leadership, in order. Beliefs of other nodes about who leads are hearsay and not used. */
export function claimsOf(beliefs: readonly BeliefRecord[]): readonly Claim[] {
  const views = new Map<string, NodeView>();
  const claims: Claim[] = [];
  for (const belief of beliefs) {
    const { node, subject, kind, value, seq } = belief;
    const ordered = belief.clock === undefined;
    if (kind !== 'leader' && kind !== 'role' && kind !== 'epoch') continue;
    const name = JSON.stringify([node, subject]);
    const view = views.get(name) ?? { epoch: 0, claim: null };
    views.set(name, view);
    const epoch = kind === 'epoch' && typeof value === 'number' ? value : (belief.epoch ?? 0);
    if (epoch > view.epoch) view.epoch = epoch;
    const leads = kind === 'epoch' ? view.claim?.epoch === view.epoch : kind === 'role' ? value === 'leader' : isNode(value, node);
    if (leads && view.claim?.epoch === view.epoch) continue;
    if (view.claim !== null) view.claim.until = seq;
    view.claim = leads
      ? {
          node,
          subject,
          epoch: view.epoch,
          from: seq,
          until: Number.POSITIVE_INFINITY,
          fromNs: ordered ? belief.timeNs : undefined,
          ordered,
        }
      : null;
    if (view.claim !== null) claims.push(view.claim);
  }
  return claims;
}

interface Acknowledgement {
  readonly row: number;
  readonly claim: Claim;
}

export const splitBrain: Checker = { name: 'split-brain', needs: ['belief'], needsTime: false, check };

function check(view: TraceView, budget: Budget): CheckResult {
  if (!view.present.has('belief')) return skipped('split brain is decided from beliefs, and the trace has none');
  const meter = new Meter(budget);
  const claims = claimsOf(view.beliefs);
  if (claims.length === 0 && !view.beliefs.some(({ kind }) => kind === 'leader' || kind === 'role'))
    return skipped('split brain is decided from beliefs about leader or role, and the trace has none');
  const subjects = new Set(claims.map(({ subject }) => subject));
  const doubles = doubleEpochs(claims);
  const overlaps = overlappingClaims(claims, meter);
  // With several groups of leaders nobody can tell which group served an operation; with foreign clocks, not when.
  const attributable = subjects.size === 1 && claims.every(({ ordered }) => ordered);
  const acknowledgements = attributable ? acknowledgedUnder(view, claims) : [];
  const unsafe = unsafeAcknowledgements(view, claims, acknowledgements, meter);
  const anomalies = [
    ...doubles.map((pair) => doubleAnomaly(pair)),
    ...unsafe.map(({ row, by, newer }) => unsafeAnomaly(view, row, by, newer)),
    ...overlaps.slice(0, LISTED_MAX).map(([one, other]): Anomaly => {
      const message = `warning: ${one.node} (epoch ${one.epoch}) and ${other.node} (epoch ${other.epoch}) took themselves for leader at the same time${moment(other)}`;
      return { kind: 'two-claimants', message, operations: [] };
    }),
  ];
  const stats = {
    claims: claims.length,
    epochs: new Set(claims.map(({ subject, epoch }) => JSON.stringify([subject, epoch]))).size,
    leaders: new Set(claims.map(({ node }) => node)).size,
    maxLeadersPerEpoch: doubles.reduce((max, pair) => Math.max(max, pair.length), Math.min(1, claims.length)),
    concurrentClaims: overlaps.length,
    uncertainClaims: claims.filter(({ ordered }) => !ordered).length,
    acknowledgements: acknowledgements.length,
    unsafeAcknowledgements: unsafe.length,
  };
  const counterexample = explain(view, doubles, unsafe);
  if (counterexample !== null) return { verdict: 'violation', anomalies, counterexample, stats };
  if (meter.exhausted !== null)
    return { verdict: 'unknown', anomalies, counterexample: null, reason: `${meter.exhausted}; no epoch had two leaders`, stats };
  return { verdict: 'pass', anomalies, counterexample: null, stats };
}

const moment = (claim: Claim): string =>
  claim.fromNs === undefined ? ` from position ${claim.from}` : ` from ${Number((claim.fromNs / 1e9).toFixed(6))} s`;

/** For each epoch with several leaders, the first claim of each. Epoch 0 means that the protocol has none. */
function doubleEpochs(claims: readonly Claim[]): readonly (readonly Claim[])[] {
  const epochs = new Map<string, Map<string, Claim>>();
  for (const claim of claims) {
    if (claim.epoch === 0) continue;
    const name = JSON.stringify([claim.subject, claim.epoch]);
    const nodes = epochs.get(name) ?? new Map<string, Claim>();
    epochs.set(name, nodes);
    if (!nodes.has(claim.node)) nodes.set(claim.node, claim);
  }
  return [...epochs.values()].filter(({ size }) => size > 1).map((nodes) => [...nodes.values()]);
}

/** Pairs of claims by different nodes, of different epochs (or without any), that hold at the same time. */
function overlappingClaims(claims: readonly Claim[], meter: Meter): readonly (readonly [Claim, Claim])[] {
  const pairs: (readonly [Claim, Claim])[] = [];
  let open: Claim[] = [];
  for (const claim of claims) {
    open = open.filter(({ until }) => until > claim.from);
    if (!meter.spend(open.length + 1)) break;
    for (const other of open) {
      const differ = other.epoch !== claim.epoch || claim.epoch === 0;
      if (other.node !== claim.node && other.subject === claim.subject && differ) pairs.push([other, claim]);
    }
    open.push(claim);
  }
  return pairs;
}

/** Updates that a node acknowledged while it took itself for leader, in the order of the acknowledgements. */
function acknowledgedUnder(view: TraceView, claims: readonly Claim[]): readonly Acknowledgement[] {
  const { history } = view;
  const byNode = new Map<string, Claim[]>();
  for (const claim of claims) byNode.set(claim.node, [...(byNode.get(claim.node) ?? []), claim]);
  const found: Acknowledgement[] = [];
  for (let row = 0; row < history.count; row++) {
    const node = history.node[row] as number;
    if (history.status[row] !== OK || node === NONE || OBSERVERS.has(history.functions[history.f[row] as number] as string)) continue;
    const at = history.complete[row] as number;
    const own = byNode.get(history.nodes[node] as string) ?? [];
    let low = 0;
    for (let high = own.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((own[middle] as Claim).from < at) low = middle + 1;
      else high = middle;
    }
    const claim = own[low - 1];
    if (claim !== undefined && at < claim.until) found.push({ row, claim });
  }
  return found.sort((x, y) => (history.complete[x.row] as number) - (history.complete[y.row] as number));
}

interface Unsafe {
  readonly row: number;
  readonly by: Claim;
  /** The claim that deposed it, or the other leader of the same epoch with what that one acknowledged. */
  readonly newer: Claim;
}

/** Acknowledged by a deposed leader though asked for after the newer claim, or by the second leader of one epoch. */
function unsafeAcknowledgements(
  view: TraceView,
  claims: readonly Claim[],
  acknowledgements: readonly Acknowledgement[],
  meter: Meter,
): readonly Unsafe[] {
  const { history } = view;
  const unsafe: Unsafe[] = [];
  const firstOfEpoch = new Map<number, Claim>();
  // Claims come in the order of `from`: prefixes with the largest epoch, and the largest of another node.
  const leading: { readonly best: Claim; readonly other: Claim | null }[] = [];
  let best: Claim | null = null;
  let other: Claim | null = null;
  for (const claim of claims) {
    if (best === null || claim.epoch > best.epoch) {
      if (best !== null && best.node !== claim.node) other = best;
      best = claim;
    } else if (claim.node !== best.node && (other === null || claim.epoch > other.epoch)) other = claim;
    leading.push({ best, other });
  }
  for (const { row, claim } of acknowledgements) {
    if (!meter.spend(1)) break;
    if (claim.epoch === 0) continue;
    const first = firstOfEpoch.get(claim.epoch);
    if (first === undefined) firstOfEpoch.set(claim.epoch, claim);
    else if (first.node !== claim.node) {
      unsafe.push({ row, by: claim, newer: first });
      continue;
    }
    const asked = history.invoke[row] as number;
    let low = 0;
    for (let high = claims.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((claims[middle] as Claim).from < asked) low = middle + 1;
      else high = middle;
    }
    const before = leading[low - 1];
    const newer = before === undefined ? null : before.best.node === claim.node ? before.other : before.best;
    if (newer !== null && newer.epoch > claim.epoch) unsafe.push({ row, by: claim, newer });
  }
  return unsafe;
}

function doubleAnomaly(claims: readonly Claim[]): Anomaly {
  const who = claims.map((claim) => `${claim.node}${moment(claim)}`).join(', ');
  const [first] = claims;
  return { kind: 'split-brain', message: `${claims.length} leaders in epoch ${first?.epoch} of ${first?.subject}: ${who}`, operations: [] };
}

function unsafeAnomaly(view: TraceView, row: number, by: Claim, newer: Claim): Anomaly {
  return { kind: 'unsafe-acknowledgement', message: unsafeSentence(view, row, by, newer), operations: [row] };
}

function unsafeSentence(view: TraceView, row: number, by: Claim, newer: Claim): string {
  const teller = new Teller(view.history, view.timed);
  const what = `${by.node}, leader of epoch ${by.epoch}, acknowledged ${teller.action(row)} to ${teller.process(row)} at ${teller.end(row)}`;
  if (newer.epoch === by.epoch) return `${what}, though ${newer.node} had acknowledged in the same epoch`;
  const ns = (view.history.invokeNs[row] as number) - (newer.fromNs ?? Number.NaN);
  const after = Number.isNaN(ns) ? 'after' : `${showGap(ns)} after`;
  return `${what}; it was asked for ${after} ${newer.node} became leader of epoch ${newer.epoch}`;
}

/** Two claims of one epoch contradict each other without any operation; otherwise one acknowledgement is enough. */
function explain(view: TraceView, doubles: readonly (readonly Claim[])[], unsafe: readonly Unsafe[]): Counterexample | null {
  const [double] = doubles;
  if (double) {
    const lines = double.map((claim) => `${claim.node} took itself for leader of epoch ${claim.epoch}${moment(claim)}`);
    return { operations: [], story: [...lines, `one epoch has at most one leader, epoch ${double[0]?.epoch} had ${double.length}`] };
  }
  const [first] = unsafe;
  if (!first) return null;
  const { row, by, newer } = first;
  const lines = [by, newer].map((claim) => `${claim.node} took itself for leader of epoch ${claim.epoch}${moment(claim)}`);
  return { operations: [row], story: [...lines, new Teller(view.history, view.timed).line(row), unsafeSentence(view, row, by, newer)] };
}
