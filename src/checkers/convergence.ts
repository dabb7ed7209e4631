/**
 * Convergence: once faults have healed and updates have been answered, all nodes come to agree. Evidence: the nodes'
 * beliefs about their digest (or, without digests, their position), of those that still answer, and each node's last reads of each key. The time
 * counts from the last heal or the last answer to an update, whichever is later, to the moment from which all evidence agrees.
 */
import { equalValues, type Value } from '../core/index.ts';
import { FAIL, INFO, NONE, OK, type TraceView } from '../trace/index.ts';
import { Meter } from './budget.ts';
import type { Anomaly, Budget, Checker, CheckResult, Counterexample } from './checker.ts';
import { showGap, showValue, Teller } from './story.ts';
import { skipped } from './versions.ts';

const READS = new Set(['read', 'get', 'contains', 'size', 'peek']);
const LISTED_MAX = 100;

export interface ConvergenceBounds {
  /** Slower convergence than this is an anomaly (`slow-convergence`); not a violation, as the nodes did converge. */
  readonly thresholdMs?: number;
}

/** A checker that also reports convergence slower than a threshold. */
export function convergenceWithin(bounds: ConvergenceBounds): Checker {
  return { name: 'convergence', needs: [], needsTime: false, check: (view, budget) => check(view, budget, bounds) };
}

export const convergence: Checker = convergenceWithin({});

interface Moment {
  readonly seq: number;
  readonly ns: number;
}

const START: Moment = { seq: -1, ns: 0 };
const later = (one: Moment, other: Moment): Moment => (other.seq > one.seq ? other : one);

/** Two pieces of evidence that do not agree. */
interface Dispute {
  readonly message: string;
  readonly story: readonly string[];
  readonly operations: readonly number[];
  readonly key: number;
}

interface Finding {
  readonly sources: number;
  /** From when on this evidence agrees. */
  readonly agreed: Moment;
  readonly disputes: readonly Dispute[];
}

function check(view: TraceView, budget: Budget, bounds: ConvergenceBounds): CheckResult {
  const meter = new Meter(budget);
  const quiet = quietSince(view);
  if (!meter.spend(view.history.count + view.beliefs.length)) {
    const reason = `${meter.exhausted}; nothing was decided`;
    return { verdict: 'unknown', anomalies: [], counterexample: null, reason, stats: {} };
  }
  const beliefs = beliefEvidence(view);
  const reads = readEvidence(view, quiet);
  const sources = Math.max(beliefs.sources, reads.sources);
  if (sources < 2)
    return skipped(
      'convergence needs digest or position beliefs of two nodes, or reads by two nodes after the last update and the last heal',
    );
  const disputes = [...beliefs.disputes, ...reads.disputes];
  const agreed = later(later(beliefs.agreed, reads.agreed), quiet);
  const timeMs = (agreed.ns - quiet.ns) / 1e6;
  const timed = disputes.length === 0 && Number.isFinite(timeMs);
  const stats = {
    nodesByBelief: beliefs.sources,
    nodesByReads: reads.sources,
    disputes: disputes.length,
    quietSince: quiet.seq,
    ...(disputes.length === 0 ? { agreedAt: agreed.seq } : {}),
    ...(timed ? { convergenceMs: timeMs } : {}),
  };
  const anomalies: Anomaly[] = disputes.slice(0, LISTED_MAX).map(({ message, operations, key }) => ({
    kind: 'never-converged',
    message,
    operations,
    ...(key < 0 ? {} : { key }),
  }));
  const [first] = disputes;
  if (first) {
    const counterexample: Counterexample = { operations: first.operations, story: first.story };
    return { verdict: 'violation', anomalies, counterexample, stats };
  }
  if (bounds.thresholdMs !== undefined && timed && timeMs > bounds.thresholdMs) {
    const message = `the nodes agreed ${showGap(timeMs * 1e6)} after the last heal and update, the threshold is ${bounds.thresholdMs} ms`;
    anomalies.push({ kind: 'slow-convergence', message, operations: [] });
  }
  return { verdict: 'pass', anomalies, counterexample: null, stats };
}

/** The last moment at which something disturbed: a fault began or ended, an update was acknowledged, or one of unknown outcome was asked for. */
function quietSince(view: TraceView): Moment {
  const { history } = view;
  let quiet = START;
  for (const fault of view.faults) quiet = later(quiet, { seq: fault.seq, ns: fault.timeNs ?? Number.NaN });
  for (let row = 0; row < history.count; row++) {
    if (history.status[row] === FAIL || READS.has(history.functions[history.f[row] as number] as string)) continue;
    const unknown = history.status[row] === INFO;
    const seq = (unknown ? history.invoke[row] : history.complete[row]) as number;
    quiet = later(quiet, { seq, ns: (unknown ? history.invokeNs[row] : history.completeNs[row]) as number });
  }
  return quiet;
}

const STOPS = new Set(['kill', 'pause', 'disk-loss', 'torn-write', 'power-loss']);

/** Nodes that a fault stopped and that never came back: nobody expects them to agree. */
function stoppedNodes(view: TraceView): ReadonlySet<string> {
  const stopped = new Set<string>();
  for (const { phase, fault, detail } of view.faults) {
    if (!STOPS.has(fault)) continue;
    for (const name of namesIn(detail)) {
      if (phase === 'start') stopped.add(name);
      else stopped.delete(name);
    }
  }
  return stopped;
}

/** Nodes that were asked in vain last: what they said before is not what they have at the end. */
function silentNodes(view: TraceView): ReadonlySet<string> {
  const silent = new Set<string>();
  for (const { node, kind, value } of view.beliefs) {
    if (kind !== 'x-answers') continue;
    if (value === false) silent.add(node);
    else silent.delete(node);
  }
  return silent;
}

function namesIn(detail: Value): readonly string[] {
  if (typeof detail === 'string') return [detail];
  if (detail === null || typeof detail !== 'object' || detail instanceof Uint8Array) return [];
  return Object.values(detail).flatMap((item) => namesIn(item as Value));
}

/** The nodes' last digests (or positions), per subject; agreed from the last change of any of them. */
function beliefEvidence(view: TraceView): Finding {
  const kind = view.beliefs.some((belief) => belief.kind === 'digest') ? 'digest' : 'position';
  const unheard = new Set([...stoppedNodes(view), ...silentNodes(view)]);
  const last = new Map<string, Map<string, { value: Value; since: Moment }>>();
  for (const { node, subject, kind: what, value, seq, timeNs } of view.beliefs) {
    if (what !== kind || unheard.has(node)) continue;
    const nodes = last.get(subject) ?? new Map<string, { value: Value; since: Moment }>();
    last.set(subject, nodes);
    const before = nodes.get(node);
    if (before === undefined || !equalValues(before.value, value)) nodes.set(node, { value, since: { seq, ns: timeNs ?? Number.NaN } });
  }
  let agreed = START;
  let sources = 0;
  const disputes: Dispute[] = [];
  for (const [subject, nodes] of last) {
    if (nodes.size < 2) continue;
    sources = Math.max(sources, nodes.size);
    const [[name, first], ...others] = [...nodes] as [
      [string, { value: Value; since: Moment }],
      ...[string, { value: Value; since: Moment }][],
    ];
    const other = others.find(([, { value }]) => !equalValues(value, first.value));
    for (const { since } of nodes.values()) agreed = later(agreed, since);
    if (other === undefined) continue;
    const message = `${name} ended with ${kind} ${showValue(first.value)} of ${subject}, ${other[0]} with ${showValue(other[1].value)}`;
    disputes.push({ message, story: [message], operations: [], key: NONE });
  }
  return { sources, agreed, disputes };
}

interface NodeReads {
  last: number;
  /** The first of the unbroken run of equal answers that `last` ends. */
  since: number;
}

/** Each node's last reads of each key: asked for after everything was quiet, they must show one value. */
function readEvidence(view: TraceView, quiet: Moment): Finding {
  const { history } = view;
  const keys = new Map<string, Map<number, NodeReads>>();
  const stopped = stoppedNodes(view);
  for (let row = 0; row < history.count; row++) {
    const f = history.functions[history.f[row] as number] as string;
    const node = history.node[row] as number;
    if (!READS.has(f) || history.status[row] !== OK || history.result[row] === NONE || node === NONE) continue;
    if ((history.invoke[row] as number) <= quiet.seq || stopped.has(history.nodes[node] as string)) continue;
    // `contains` answers about its argument, reads about the key.
    const name = `${history.key[row]},${f === 'contains' ? history.argument[row] : ''}`;
    const nodes = keys.get(name) ?? new Map<number, NodeReads>();
    keys.set(name, nodes);
    const before = nodes.get(node);
    if (before === undefined) nodes.set(node, { last: row, since: row });
    else {
      if (history.result[before.last] !== history.result[row]) before.since = row;
      before.last = row;
    }
  }
  let agreed = START;
  let sources = 0;
  const disputes: Dispute[] = [];
  const teller = new Teller(history, view.timed);
  for (const nodes of keys.values()) {
    if (nodes.size < 2) continue;
    sources = Math.max(sources, nodes.size);
    const [first, ...others] = [...nodes.values()] as [NodeReads, ...NodeReads[]];
    const other = others.find(({ last }) => history.result[last] !== history.result[first.last]);
    for (const { since } of nodes.values())
      agreed = later(agreed, { seq: history.complete[since] as number, ns: history.completeNs[since] as number });
    if (other === undefined) continue;
    const operations = [first.last, other.last].sort((x, y) => x - y);
    const sentence = `after the last update and heal ${operations.map((row) => `${teller.server(row)} still answered ${teller.action(row)} at ${teller.begin(row)}`).join(', ')}`;
    const key = history.key[first.last] as number;
    disputes.push({ message: sentence, story: [...operations.map((row) => teller.line(row)), sentence], operations, key });
  }
  return { sources, agreed, disputes };
}
