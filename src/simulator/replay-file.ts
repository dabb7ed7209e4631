/**
 * A run to repeat: version, subject, plan (config, schedule and seed). JSON in, the same bytes of history out. The
 * faults are those that began, with names in place of symbols.
 */
import { LightconeError } from '../core/index.ts';
import { defineScenario } from '../scenario/index.ts';
import type { Plan } from './plan.ts';
import type { RunResult, Violation } from './simulate.ts';

export const REPLAY_VERSION = 1;

export interface ReplayFile {
  readonly replay: typeof REPLAY_VERSION;
  /** Name of the subject, and of its mutant where it is one. */
  readonly subject: string;
  readonly mutant?: string;
  readonly plan: Plan;
  /** What came of it, to be compared. */
  readonly violation: Violation | null;
  readonly hash: string;
}

/** What repeats `result`, which `plan` gave. */
export function replayOf(subject: string, plan: Plan, result: RunResult, mutant?: string): ReplayFile {
  return {
    replay: REPLAY_VERSION,
    subject,
    ...(mutant === undefined ? {} : { mutant }),
    plan: { ...plan, faults: result.resolved },
    violation: result.violation,
    hash: result.hash,
  };
}

type Shape = { readonly [name: string]: 'integer' | 'string' | 'boolean' | 'object' | 'array' | Shape };

const link: Shape = {
  minUs: 'integer',
  maxUs: 'integer',
  tailPpm: 'integer',
  tailUs: 'integer',
  lossPpm: 'integer',
  duplicatePpm: 'integer',
  reorderPpm: 'integer',
};
const planShape: Shape = {
  seed: 'integer',
  nodes: 'integer',
  clients: 'integer',
  durationMs: 'integer',
  settings: 'object',
  links: link,
  clientLinks: link,
  disk: { syncMinUs: 'integer', syncMaxUs: 'integer' },
  clockOffsetUs: 'integer',
  clockDriftPpm: 'integer',
  workload: {
    keys: 'integer',
    thinkMinUs: 'integer',
    thinkMaxUs: 'integer',
    readPpm: 'integer',
    casPpm: 'integer',
    staleReads: 'boolean',
    adminPpm: 'integer',
    operations: 'integer',
    placement: 'string',
    keyOrder: 'string',
  },
  faults: 'array',
  encoded: 'boolean',
};

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkShape(value: unknown, shape: Shape, path: string, source: string): void {
  const refuse = (at: string, wanted: string, found: unknown): never => {
    throw new LightconeError('LC_SCENARIO', `${source}: ${at} must be ${wanted}, not ${JSON.stringify(found) ?? 'absent'}`, { path: at });
  };
  if (!isObject(value)) return refuse(path, 'an object', value);
  for (const [name, wanted] of Object.entries(shape)) {
    const at = `${path}.${name}`;
    const found = value[name];
    if (typeof wanted === 'object') checkShape(found, wanted, at, source);
    else if (wanted === 'integer') Number.isSafeInteger(found) || refuse(at, 'an integer', found);
    else if (wanted === 'array') Array.isArray(found) || refuse(at, 'a list', found);
    else if (wanted === 'object') isObject(found) || refuse(at, 'an object', found);
    else if (typeof found !== wanted) refuse(at, `a ${wanted}`, found);
  }
}

/** @throws LC_SCENARIO (and its kin) naming what is wrong; `source` stands first in the sentence */
export function parseReplay(value: unknown, source = 'replay file'): ReplayFile {
  if (!isObject(value) || value.replay !== REPLAY_VERSION) {
    const found = isObject(value) ? JSON.stringify(value.replay) : typeof value;
    throw new LightconeError('LC_SCENARIO', `${source}: \`replay\` must be ${REPLAY_VERSION}, not ${found}`);
  }
  checkShape(value, { subject: 'string', plan: planShape, hash: 'string' }, 'replay', source);
  const file = value as unknown as ReplayFile;
  const { nodes, clients, faults, seed } = file.plan;
  const range = (name: string, number: number, least: number, most: number): void => {
    if (number < least || number > most)
      throw new LightconeError('LC_SCENARIO', `${source}: plan.${name} must be ${least} to ${most}, not ${number}`, { [name]: number });
  };
  range('nodes', nodes, 1, 1000);
  range('clients', clients, 0, 1000);
  range('workload.keys', file.plan.workload.keys, 1, 1_000_000);
  // Faults are a scenario's faults: checked by the same rules, in the same words.
  defineScenario({ name: source, target: file.subject, nodes, faults, seed, workload: { kind: 'kv', clients: 1, operations: 1 } });
  return file;
}
