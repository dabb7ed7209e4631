/**
 * The models by name: registers, key-value stores, counters and mutexes here, collections in collections.ts. What a model is
 * stands in model.ts.
 */
import type { Value } from '../core/index.ts';
import { equalValues, LightconeError } from '../core/index.ts';
import type { History } from '../trace/index.ts';
import { FAIL, NONE, OK } from '../trace/index.ts';
import { priorityQueue, queue, set, stack } from './collections.ts';
import { type Domain, memoized } from './domain.ts';
import { CAS, DIFFERS, ILLEGAL, type Model, pick, read, registerStep, type Translator, UPDATE, update, WRITE } from './model.ts';

/** The answer of a comparison that failed: `ok` with false, or `fail` without an error code (an error code means that nobody compared). */
function comparisonFailed(history: History, row: number): boolean {
  const status = history.status[row];
  if (status === OK) return history.values[history.result[row] as number] === false;
  return status === FAIL && (history.code?.[row] ?? NONE) === NONE;
}

const remove: Translator = (history, row, out) => {
  out.kind = WRITE;
  out.a = 0;
  return history.status[row] !== FAIL;
};

const cas: Translator = (history, row, out) => {
  out.a = Math.max(0, history.expected[row] as number);
  out.b = Math.max(0, history.argument[row] as number);
  out.kind = comparisonFailed(history, row) ? DIFFERS : CAS;
  return out.kind === DIFFERS || history.status[row] !== FAIL;
};

function registerModel(name: string, translators: { readonly [f: string]: Translator }): Model {
  return {
    name,
    functions: Object.keys(translators),
    machine: (domain, initial) => ({
      initial: domain.find(initial),
      registers: true,
      perArgument: false,
      translator: pick(name, translators),
      step: registerStep,
    }),
  };
}

const register = registerModel('register', { read, write: update(WRITE) });
const casRegister = registerModel('cas-register', { read, write: update(WRITE), cas });

const kvFunctions = { get: read, put: update(WRITE), delete: remove, cas, append: update(UPDATE), read, write: update(WRITE) };

/** append concatenates texts, and adds an element to a list; a missing key starts as the empty text or list. */
function appended(before: Value, item: Value, lists: boolean): Value {
  if (typeof before === 'string' && typeof item === 'string') return before + item;
  if (Array.isArray(before)) return [...(before as readonly Value[]), item];
  if (before === null && typeof item === 'string' && !lists) return item;
  return before === null ? [item] : [before, item];
}

/** Whether appending can make `whole` of `start`. */
function begins(whole: Value, start: Value): boolean {
  if (start === null) return true;
  if (typeof start === 'string' && typeof whole === 'string') return whole.startsWith(start);
  const head: readonly Value[] = Array.isArray(start) ? (start as readonly Value[]) : [start];
  return Array.isArray(whole) && head.every((item, i) => i < whole.length && equalValues(item, whole[i] as Value));
}

function memoizedTruth(domain: Domain, holds: (state: number, a: number) => boolean): (state: number, a: number) => boolean {
  const memo = memoized(domain, (state, a) => Number(holds(state, a)));
  return (state, a) => memo(state, a) === 1;
}

const kv: Model = {
  name: 'kv',
  functions: Object.keys(kvFunctions),
  machine(domain, initial) {
    const appends = domain.history.functions.includes('append');
    const lists = appends && domain.history.values.some((value) => Array.isArray(value));
    const append = memoized(domain, (state, a) => domain.intern(appended(domain.value(state), domain.value(a), lists)));
    return {
      initial: domain.find(initial),
      registers: !appends,
      ...(appends ? { grows: memoizedTruth(domain, (state, a) => begins(domain.value(a), domain.value(state))) } : {}),
      perArgument: false,
      translator: pick('kv', kvFunctions),
      step: (state, kind, a, b) => (kind === UPDATE ? append(state, a) : registerStep(state, kind, a, b)),
    };
  },
};

/** The amount as the index of an integer value; `sign` -1 for decrements. */
function amount(domain: Domain, sign: number): Translator {
  const known = new Map<number, number>();
  return (history, row, out) => {
    const argument = history.argument[row] as number;
    let by = known.get(argument);
    if (by === undefined) {
      by = domain.intern(sign * (argument === NONE || argument === 0 ? 1 : domain.integer(argument, 'a counter')));
      known.set(argument, by);
    }
    out.kind = UPDATE;
    out.a = by;
    return history.status[row] !== FAIL;
  };
}

const counter: Model = {
  name: 'counter',
  functions: ['increment', 'decrement', 'add', 'read', 'get'],
  machine(domain, initial) {
    const start = initial === null ? 0 : initial;
    const plus = memoized(domain, (state, a) => domain.intern((domain.value(state) as number) + (domain.value(a) as number)));
    const machine = domain.intern(start);
    domain.integer(machine, 'the initial value of a counter');
    const up = amount(domain, 1);
    return {
      initial: machine,
      registers: false,
      counts: true,
      perArgument: false,
      translator: pick('counter', { increment: up, add: up, decrement: amount(domain, -1), read, get: read }),
      step: (state, kind, a) => (kind === UPDATE ? plus(state, a) : state === a ? state : ILLEGAL),
    };
  },
};

/** Held by nobody is state 0, held by process p is p + 1: acquire and release are compare-and-set. */
const mutex: Model = {
  name: 'mutex',
  functions: ['acquire', 'release'],
  machine: () => {
    const move =
      (acquire: boolean): Translator =>
      (history, row, out) => {
        const held = (history.process[row] as number) + 1;
        out.kind = CAS;
        out.a = acquire ? 0 : held;
        out.b = acquire ? held : 0;
        return history.status[row] !== FAIL;
      };
    const translator = pick('mutex', { acquire: move(true), release: move(false) });
    return { initial: 0, registers: true, perArgument: false, translator, step: registerStep };
  },
};

export const models = {
  register,
  'cas-register': casRegister,
  kv,
  counter,
  set,
  queue,
  stack,
  'priority-queue': priorityQueue,
  mutex,
} as const satisfies Record<string, Model>;

export type ModelName = keyof typeof models;

/** The model of that name; LC_USAGE when there is none. */
export function modelNamed(name: string): Model {
  if (Object.hasOwn(models, name)) return models[name as ModelName];
  throw new LightconeError('LC_USAGE', `there is no model "${name}"; models are ${Object.keys(models).join(', ')}`, { model: name });
}
