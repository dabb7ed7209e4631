/**
 * Elections: how far the epoch grew and how often the lead changed hands, from what nodes believe. A node that does not
 * hear its leader stands for election again and again; each time the epoch grows, and once it is heard again the
 * leader, whom everybody else followed, must step down (Ongaro's thesis, 9.6, asks for pre-vote against it). Without bounds it measures.
 */
import type { BeliefRecord, TraceView } from '../trace/index.ts';
import { Meter } from './budget.ts';
import type { Anomaly, Budget, Checker, CheckResult } from './checker.ts';
import { claimsOf } from './split-brain.ts';
import { skipped } from './versions.ts';

export interface ElectionBounds {
  /** Violated when the highest epoch of a group grows by more than this, counted from the nodes' first beliefs. */
  readonly maxEpochGrowth?: number;
  /** Violated when the lead of a group changes hands more often than this. */
  readonly maxLeaderChanges?: number;
}

/** A checker of these bounds. Without bounds it measures, and passes. */
export function electionsWithin(bounds: ElectionBounds): Checker {
  return { name: 'elections', needs: ['belief'], needsTime: false, check: (view, budget) => check(view, budget, bounds) };
}

export const elections: Checker = electionsWithin({});

interface Group {
  readonly first: Map<string, number>;
  /** Beliefs by which the group's highest epoch grew. */
  readonly growth: BeliefRecord[];
  highest: number;
}

const epochOf = ({ kind, value, epoch }: BeliefRecord): number | undefined =>
  kind === 'epoch' && typeof value === 'number' ? value : epoch;

/** A node's first belief is where it stands, not growth: nodes are first asked one after another. */
function groupsOf(beliefs: readonly BeliefRecord[], meter: Meter): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const belief of beliefs) {
    if (!meter.spend(1)) break;
    const epoch = epochOf(belief);
    if (epoch === undefined) continue;
    const group = groups.get(belief.subject) ?? { first: new Map<string, number>(), growth: [], highest: 0 };
    groups.set(belief.subject, group);
    const isFirst = !group.first.has(belief.node);
    if (isFirst) group.first.set(belief.node, epoch);
    if (epoch <= group.highest) continue;
    group.highest = epoch;
    if (!isFirst) group.growth.push(belief);
  }
  return groups;
}

/** By group: each time that another node took the lead than the one before. */
function changesOf(view: TraceView): ReadonlyMap<string, number> {
  const changes = new Map<string, number>();
  const leads = new Map<string, string>();
  for (const { subject, node } of claimsOf(view.beliefs)) {
    const before = leads.get(subject);
    if (before !== undefined && before !== node) changes.set(subject, (changes.get(subject) ?? 0) + 1);
    leads.set(subject, node);
  }
  return changes;
}

const moment = ({ timeNs, seq }: BeliefRecord): string => (timeNs === undefined ? `position ${seq}` : `${(timeNs / 1e9).toFixed(3)} s`);

function check(view: TraceView, budget: Budget, bounds: ElectionBounds): CheckResult {
  const meter = new Meter(budget);
  const groups = groupsOf(view.beliefs, meter);
  if (groups.size === 0) return skipped('elections are counted from beliefs about epochs, and the trace has none');
  const { maxEpochGrowth = Number.POSITIVE_INFINITY, maxLeaderChanges = Number.POSITIVE_INFINITY } = bounds;
  const changes = changesOf(view);
  const anomalies: Anomaly[] = [];
  const story: string[] = [];
  let [epochGrowth, leaderChanges] = [0, 0];
  for (const [subject, { first, growth, highest }] of groups) {
    const from = Math.max(...first.values());
    const grown = Math.max(0, highest - from);
    const changed = changes.get(subject) ?? 0;
    epochGrowth = Math.max(epochGrowth, grown);
    leaderChanges = Math.max(leaderChanges, changed);
    const whose = groups.size > 1 ? ` of ${subject}` : '';
    const say = (kind: string, message: string): number => anomalies.push({ kind, message, operations: [] });
    if (grown > maxEpochGrowth)
      say('epoch-growth', `the epoch${whose} grew by ${grown}, from ${from} to ${highest}; at most ${maxEpochGrowth} is allowed`);
    if (changed > maxLeaderChanges)
      say('leader-changes', `the lead${whose} changed hands ${changed} times; at most ${maxLeaderChanges} is allowed`);
    if (anomalies.length > 0 && story.length === 0)
      story.push(...growth.map((belief) => `${belief.node} came to epoch ${epochOf(belief)} by ${moment(belief)}`));
  }
  const stats = { groups: groups.size, epochGrowth, leaderChanges };
  const [worst] = anomalies;
  if (worst !== undefined)
    return { verdict: 'violation', anomalies, counterexample: { operations: [], story: [...story, worst.message] }, stats };
  if (meter.exhausted === null) return { verdict: 'pass', anomalies, counterexample: null, stats };
  return { verdict: 'unknown', anomalies, counterexample: null, reason: `${meter.exhausted}; no bound was exceeded until then`, stats };
}
