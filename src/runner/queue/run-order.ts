/** A run as it travels: what a worker is asked to do. Everything that comes over the network is looked at before it is used. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { LightconeError } from '../../core/index.ts';
import { parseScenario, type Scenario } from '../../scenario/index.ts';

export interface RunOrder {
  readonly order: 1;
  /** Version of lightcone that asks: a worker of another one would judge differently. */
  readonly lightcone: string;
  readonly campaign: string;
  /** Of the campaign's process: what it asks anew is no repetition of what it asked before. */
  readonly session: string;
  /** `run-0003`. */
  readonly name: string;
  readonly system: string;
  /** SHA-256 of the system's module; null for a system that comes along. */
  readonly module: string | null;
  readonly budget: string | null;
  /** Send the files of a run that did not pass. */
  readonly keeps: boolean;
  readonly scenario: Scenario;
}

const plainName = /^[\w-]{1,80}$/;
const plainBudget = /^[\w=.,]{1,80}$/;

/** Throws LC_CODEC for what is no order, LC_SCENARIO ... for what is no scenario. */
export function readOrder(bytes: Uint8Array): RunOrder {
  const refuse = (what: string): never => {
    throw new LightconeError('LC_CODEC', `an order of the queue that cannot be read: ${what}`, { what });
  };
  let value: { readonly [field: string]: unknown };
  try {
    value = JSON.parse(new TextDecoder().decode(bytes)) as typeof value;
  } catch {
    return refuse('no JSON');
  }
  if (value === null || typeof value !== 'object' || value.order !== 1) return refuse('not of this version');
  const text = (field: string, pattern: RegExp): string => {
    const found = value[field];
    return typeof found === 'string' && pattern.test(found) ? found : refuse(`\`${field}\``);
  };
  const orNull = (field: string, pattern: RegExp): string | null => (value[field] === null ? null : text(field, pattern));
  return {
    order: 1,
    lightcone: text('lightcone', /^[\w.+-]{1,40}$/),
    campaign: text('campaign', plainName),
    session: text('session', plainName),
    name: text('name', plainName),
    system: text('system', /^[^\0\r\n]{1,1000}$/),
    module: orNull('module', /^[0-9a-f]{64}$/),
    budget: orNull('budget', plainBudget),
    keeps: value.keeps === true,
    scenario: parseScenario(value.scenario, 'an order of the queue'),
  };
}

/** `./my-system.ts` and `my-system.ts` are one module, wherever each machine has its project. */
export const sameModule = (path: string): string => posix.normalize(path.replaceAll('\\', '/'));

/** The token of a system in subjects: its name, or for a module what its path comes to. */
export function systemToken(system: string, isModule: boolean): string {
  if (!isModule) return system;
  return `module-${createHash('sha256').update(sameModule(system)).digest('hex').slice(0, 16)}`;
}

/** Throws LC_FILE. */
export function moduleHash(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LightconeError('LC_FILE', `${path} cannot be read: ${code ?? 'unknown reason'}`, { path }, error);
  }
}
