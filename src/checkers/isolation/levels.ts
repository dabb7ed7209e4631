/**
 * Isolation levels and the anomalies that each forbids: a lattice after Adya 1999 (PL-1 to PL-3, PL-2+, PL-SI), Cerone,
 * Bernardi & Gotsman 2015 (read atomic, causal, parallel snapshot) and Elle's table. A level forbids what every weaker one does.
 * `strong-session-` adds the order of each process, `strict-` and `strong-` real time.
 */
import { LightconeError } from '../../core/index.ts';

export const isolationLevels = [
  'read-uncommitted',
  'read-committed',
  'read-atomic',
  'causal',
  'consistent-view',
  'parallel-snapshot-isolation',
  'repeatable-read',
  'snapshot-isolation',
  'serializable',
  'strong-session-snapshot-isolation',
  'strong-session-serializable',
  'strong-snapshot-isolation',
  'strict-serializable',
] as const;

export type IsolationLevel = (typeof isolationLevels)[number];

interface Level {
  /** The next weaker levels. */
  readonly above: readonly IsolationLevel[];
  /** What it forbids beyond them. */
  readonly forbids: readonly string[];
}

const lattice: { readonly [level in IsolationLevel]: Level } = {
  'read-uncommitted': { above: [], forbids: ['G0', 'duplicate-elements', 'garbage-read'] },
  'read-committed': { above: ['read-uncommitted'], forbids: ['G1a', 'G1b', 'G1c', 'dirty-update', 'incompatible-order'] },
  'read-atomic': { above: ['read-committed'], forbids: ['internal', 'fractured-read'] },
  causal: { above: ['read-atomic'], forbids: ['G0-process', 'G1c-process', 'causal-violation'] },
  'consistent-view': { above: ['read-committed'], forbids: ['G-single', 'lost-update'] },
  'parallel-snapshot-isolation': { above: ['causal', 'consistent-view'], forbids: ['G-single-process'] },
  'repeatable-read': {
    above: ['consistent-view'],
    forbids: ['internal', 'fractured-read', 'G-nonadjacent', 'G2-item'],
  },
  'snapshot-isolation': { above: ['read-atomic', 'consistent-view'], forbids: ['G-nonadjacent'] },
  serializable: { above: ['snapshot-isolation', 'repeatable-read'], forbids: [] },
  'strong-session-snapshot-isolation': {
    above: ['snapshot-isolation', 'parallel-snapshot-isolation'],
    forbids: ['G-nonadjacent-process'],
  },
  'strong-session-serializable': { above: ['serializable', 'strong-session-snapshot-isolation'], forbids: ['G2-item-process'] },
  'strong-snapshot-isolation': {
    above: ['strong-session-snapshot-isolation'],
    forbids: ['G0-realtime', 'G1c-realtime', 'G-single-realtime', 'G-nonadjacent-realtime'],
  },
  'strict-serializable': { above: ['strong-snapshot-isolation', 'strong-session-serializable'], forbids: ['G2-item-realtime'] },
};

/** The level of that name; LC_USAGE when there is none. */
export function isolationLevelNamed(name: string): IsolationLevel {
  const level = isolationLevels.find((known) => known === name);
  if (level !== undefined) return level;
  throw new LightconeError('LC_USAGE', `there is no isolation level "${name}"; levels are ${isolationLevels.join(', ')}`, { level: name });
}

/** The level and all weaker ones. */
function atMost(level: IsolationLevel, into = new Set<IsolationLevel>()): ReadonlySet<IsolationLevel> {
  into.add(level);
  for (const weaker of lattice[level].above) atMost(weaker, into);
  return into;
}

/** Every anomaly that the level forbids. */
export function forbiddenAt(level: IsolationLevel): ReadonlySet<string> {
  return new Set([...atMost(level)].flatMap((weaker) => lattice[weaker].forbids));
}

/** The weakest levels that these anomalies rule out: all that are at least as strong are ruled out with them. */
export function weakestRuledOut(anomalies: ReadonlySet<string>): readonly IsolationLevel[] {
  const out = isolationLevels.filter((level) => [...forbiddenAt(level)].some((kind) => anomalies.has(kind)));
  return out.filter((level) => !out.some((weaker) => weaker !== level && atMost(level).has(weaker)));
}

/** The strongest levels that these anomalies do not rule out. */
export function strongestLeft(anomalies: ReadonlySet<string>): readonly IsolationLevel[] {
  const left = isolationLevels.filter((level) => ![...forbiddenAt(level)].some((kind) => anomalies.has(kind)));
  return left.filter((level) => !left.some((stronger) => stronger !== level && atMost(stronger).has(level)));
}

/** Whether `level` is at least as strong as `other`. */
export const impliesLevel = (level: IsolationLevel, other: IsolationLevel): boolean => atMost(level).has(other);
