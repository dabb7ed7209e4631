/** Checks as a scenario names them, with their thresholds, and the checkers that they stand for. */
import {
  type Budget,
  bankWith,
  type Checker,
  type CheckResult,
  checkers,
  convergenceWithin,
  electionsWithin,
  isolationAt,
  isolationLevelNamed,
  modelNamed,
  stalenessWithin,
} from '../checkers/index.ts';
import { LightconeError, type Value } from '../core/index.ts';
import type { CheckSpec } from '../scenario/index.ts';
import type { TraceView } from '../trace/index.ts';

/** Thresholds that each check takes, by name; the other checkers take none. */
const thresholds: { readonly [check: string]: readonly string[] } = {
  linearizability: ['model'],
  convergence: ['thresholdMs'],
  elections: ['maxEpochGrowth', 'maxLeaderChanges'],
  staleness: ['maxMs', 'maxVersions'],
  isolation: ['level'],
  bank: ['total'],
  durability: ['everywhere'],
};

const isText = (value: Value): boolean => typeof value === 'string';
const isBound = (value: Value): boolean => typeof value === 'number' && value >= 0;
/** What a threshold must be, where it is no number. */
const kinds: { readonly [threshold: string]: (value: Value) => boolean } = {
  model: isText,
  level: isText,
  everywhere: (value) => typeof value === 'boolean',
};

/** `invariants` is the simulator's own: a protocol's inside, which no real system shows. */
const names: readonly string[] = [...Object.keys(checkers), 'durability', 'invariants'];

/** Throws LC_SCENARIO on a check or threshold that is not there. */
export function validateSpec(spec: CheckSpec, path: string): void {
  const known = thresholds[spec.check] ?? [];
  if (!names.includes(spec.check)) {
    throw new LightconeError('LC_SCENARIO', `there is no check ${JSON.stringify(spec.check)}; there are: ${names.join(', ')}`, {
      check: spec.check,
      path: `${path}.check`,
    });
  }
  for (const [name, value] of Object.entries(spec)) {
    if (name === 'check') continue;
    if (!known.includes(name)) {
      const those = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
      throw new LightconeError('LC_SCENARIO', `the check ${spec.check} has no threshold ${JSON.stringify(name)}; ${those}`, {
        check: spec.check,
        name,
        path: `${path}.${name}`,
      });
    }
    const fits = (kinds[name] ?? isBound)(value);
    if (!fits)
      throw new LightconeError('LC_SCENARIO', `the threshold ${name} of ${spec.check} cannot be ${JSON.stringify(value)}`, {
        check: spec.check,
        name,
        value,
        path: `${path}.${name}`,
      });
    if (name === 'model') modelNamed(value as string);
    if (name === 'level') isolationLevelNamed(value as string);
  }
}

const given = (spec: CheckSpec, names: readonly string[]): { [name: string]: Value } =>
  Object.fromEntries(names.flatMap((name) => (spec[name] === undefined ? [] : [[name, spec[name]]])));

function checkerOf(spec: CheckSpec): Checker {
  if (spec.check === 'convergence') return convergenceWithin(given(spec, ['thresholdMs']));
  if (spec.check === 'elections') return electionsWithin(given(spec, ['maxEpochGrowth', 'maxLeaderChanges']));
  if (spec.check === 'staleness') return stalenessWithin(given(spec, ['maxMs', 'maxVersions']));
  if (spec.check === 'isolation' && typeof spec.level === 'string') return isolationAt(spec.level);
  if (spec.check === 'bank') return bankWith(given(spec, ['total']));
  return checkers[spec.check as keyof typeof checkers];
}

/** Too slow a convergence is an anomaly that the verdict does not show: a named threshold makes it one. */
function judged(spec: CheckSpec, result: CheckResult): CheckResult {
  const slow = result.anomalies.some(({ kind }) => kind === 'slow-convergence');
  return slow && spec.thresholdMs !== undefined && result.verdict === 'pass' ? { ...result, verdict: 'violation' } : result;
}

/** What the named check says of the trace. */
export function checkTrace(spec: CheckSpec, trace: TraceView, budget: Budget): CheckResult {
  const view = typeof spec.model === 'string' ? { ...trace, header: { ...trace.header, model: spec.model } } : trace;
  return judged(spec, checkerOf(spec).check(view, budget));
}
