/**
 * What makes a verdict honest: did each fault demonstrably bite, was anything acknowledged at all, was everything read
 * at the end? A run that was never in danger has passed nothing.
 */
import type { CheckResult } from '../../checkers/index.ts';
import { equalValues, type Value } from '../../core/index.ts';
import type { Scenario } from '../../scenario/index.ts';
import { type FaultRecord, INFO, NONE, OK, type TraceView } from '../../trace/index.ts';
import type { RunFacts } from './run-on-system.ts';

export interface FaultBite {
  readonly fault: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly bit: boolean;
  /** What shows it, or what was looked for in vain. */
  readonly why: string;
  /** The schedule says that it may come to nothing, as long as another fault bites. */
  readonly optional?: true;
}

/** Errors take a moment to reach a client, and a little longer than the fault to end. */
const SLACK_MS = 250;
/** Faults that leave no other trace than slowness. */
const SLOW_FACTOR = 1.5;

/** Faults of links that no probe can show: what they met is counted. */
const countedFaults = new Set(['loss', 'bandwidth', 'slow-close', 'half-open']);

/** What the nemesis writes down of a fault, as far as it is asked here (CarriedOut of nemesis). */
interface Detail {
  readonly atMs?: number;
  readonly carriedOut?: {
    readonly beganMs?: number;
    readonly verified?: boolean | null;
    readonly met?: number;
    readonly connections?: number;
    readonly why?: string;
    readonly wrong?: readonly string[];
  };
}

/** One entry for each resolved fault, and one for each fault of the schedule that was not carried out. */
export function bitesOf(
  { faults }: Scenario,
  { startMs, workedMs }: Pick<RunFacts, 'startMs' | 'workedMs'>,
  view: TraceView,
): readonly FaultBite[] {
  const bites: FaultBite[] = [];
  /** Faults of one kind and moment are told once each, whichever of them they came from. */
  const told = new Set<FaultRecord>();
  for (const planned of faults) {
    const begun = view.faults.filter(
      ({ phase, fault, detail }) => phase === 'start' && fault === planned.fault && (detail as Detail).atMs === planned.atMs,
    );
    const optional = planned.optional === true ? { optional: true as const } : {};
    for (const start of begun) {
      if (!told.has(start)) bites.push({ ...biteOf(start, startMs, workedMs, view), ...optional });
      told.add(start);
    }
    if (begun.length > 0 || planned.optional === true) continue;
    const why = planned.atMs >= workedMs ? 'the run was over before it began' : 'its target was nobody at that moment';
    bites.push({ fault: planned.fault, startMs: planned.atMs, endMs: planned.atMs, bit: false, why });
  }
  return bites;
}

function biteOf(start: FaultRecord, startMs: number, workedMs: number, view: TraceView): FaultBite {
  const { carriedOut = {} } = start.detail as Detail;
  const beganMs = carriedOut.beganMs ?? (start.timeNs ?? 0) / 1e6 - startMs;
  const end = view.faults.find(
    ({ phase, seq, fault, detail }) => phase === 'end' && seq > start.seq && fault === start.fault && sameFault(detail, start.detail),
  );
  const endMs = end === undefined ? workedMs : ((end.detail as Detail).carriedOut?.beganMs ?? (end.timeNs ?? 0) / 1e6 - startMs);
  const said = (bit: boolean, why: string): FaultBite => ({ fault: start.fault, startMs: beganMs, endMs, bit, why });
  if (carriedOut.verified === false)
    return said(false, carriedOut.why ?? `a probe found it not in force (${carriedOut.wrong?.join(', ') ?? ''})`);
  const from = startMs + beganMs;
  const to = startMs + endMs + SLACK_MS;
  const { met = 0, connections } = (end?.detail as Detail | undefined)?.carriedOut ?? {};
  // A probe shows that the link is cut. Nobody is hurt by that who goes another way.
  const unused = connections === 0;
  const seen: string[] = carriedOut.verified === true && !unused ? ['seen by a probe'] : [];
  if (met > 0 && countedFaults.has(start.fault)) seen.push(`it met ${met} pieces or connections`);
  const { errors, slow } = errorsWithin(view, from, to);
  if (errors > 0) seen.push(`${errors} operations failed or stayed open`);
  const silent = beliefsWithin(view, from, to, (kind, value) => kind === 'x-answers' && value === false);
  if (silent.size > 0) seen.push(`${[...silent].join(', ')} did not answer`);
  const led = beliefsWithin(view, from, to, (kind, value) => kind === 'role' && value === 'leader');
  if (led.size > 0) seen.push(`${[...led].join(', ')} took the lead`);
  if (slow >= SLOW_FACTOR) seen.push(`operations took ${slow.toFixed(1)} times as long`);
  if (seen.length > 0) return said(true, seen.join('; '));
  if (unused) return said(false, 'its links were as it says, but the system opened no connection over them');
  return said(false, 'no probe, no client and no node noticed anything');
}

/** Equal but for what was looked at. */
function sameFault(one: Value, other: Value): boolean {
  const bare = (detail: Value): Value => ({ ...(detail as { readonly [name: string]: Value }), carriedOut: null });
  return equalValues(bare(one), bare(other));
}

/** Operations that went wrong in the window, and how much longer the median of the others took than outside. */
function errorsWithin({ history }: TraceView, fromMs: number, toMs: number): { errors: number; slow: number } {
  const [from, to] = [fromMs * 1e6, toMs * 1e6];
  let errors = 0;
  const inside: number[] = [];
  const outside: number[] = [];
  for (let row = 0; row < history.count; row++) {
    const began = history.invokeNs[row] as number;
    const ended = history.completeNs[row] as number;
    const within = began <= to && (Number.isNaN(ended) ? began >= from : ended >= from);
    const status = history.status[row];
    if (status === OK) (within ? inside : outside).push(ended - began);
    else if (within && (status === INFO || (history.code?.[row] ?? NONE) !== NONE)) errors++;
  }
  const middle = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
  const slow = middle(inside) / middle(outside);
  return { errors, slow: Number.isNaN(slow) ? 0 : slow };
}

function beliefsWithin(view: TraceView, fromMs: number, toMs: number, which: (kind: string, value: unknown) => boolean): Set<string> {
  const nodes = new Set<string>();
  for (const { node, kind, value, timeNs = 0 } of view.beliefs)
    if (timeNs >= fromMs * 1e6 && timeNs <= toMs * 1e6 && which(kind, value)) nodes.add(node);
  return nodes;
}

/** Kinds whose verdict is made of what is read at the end. */
const judgedAtTheEnd = new Set(['set', 'set-full', 'replication', 'queue', 'counter', 'watch']);

/** As a check of its own, so that every report shows it: pass where the run was a test, else unknown with the reasons. */
export function evidence(scenario: Scenario, facts: RunFacts, view: TraceView, bites: readonly FaultBite[]): CheckResult {
  const reasons: string[] = [];
  let acknowledged = 0;
  for (let row = 0; row < view.history.count; row++) if (view.history.status[row] === OK) acknowledged++;
  if (facts.interrupted) reasons.push('the run was interrupted');
  if (acknowledged === 0) reasons.push('not one operation was acknowledged');
  // Of faults that may come to nothing, one must have bitten.
  const tame = bites.filter(({ bit, optional }) => !bit && (optional !== true || bites.every((other) => !other.bit)));
  for (const { fault, startMs, why } of tame.slice(0, 3))
    reasons.push(`the fault ${fault} at ${(startMs / 1000).toFixed(1)} s did not demonstrably bite: ${why}`);
  if (tame.length > 3) reasons.push(`nor did ${tame.length - 3} more`);
  if (facts.recovered === false) reasons.push(`after the heal not all nodes served again: ${facts.recoveryNote ?? ''}`);
  if (!facts.finalReads.complete && !facts.interrupted && judgedAtTheEnd.has(scenario.workload.kind))
    reasons.push('the final reads did not end in time');
  return {
    verdict: reasons.length === 0 ? 'pass' : 'unknown',
    anomalies: [],
    counterexample: null,
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
    stats: { acknowledged, faults: bites.length, bit: bites.filter(({ bit }) => bit).length, leaderChanges: facts.leaderChanges },
  };
}
