/**
 * Sequential specifications as small records of functions over interned integers. A model turns each operation into
 * a normal form (kind, a, b); the search only sees these. Four kinds (read, write, cas, differs) form the register
 * family, which the fast algorithms understand; several models reduce to it (a mutex is a register under cas).
 */
import type { Value } from '../core/index.ts';
import { LightconeError } from '../core/index.ts';
import type { History } from '../trace/index.ts';
import { FAIL, INFO, NONE, OK } from '../trace/index.ts';
import { type Domain, memoized } from './domain.ts';

/** What `step` answers when the operation cannot have happened in that state. */
export const ILLEGAL = -1;

export const READ = 0; // the state is a
export const WRITE = 1; // the state becomes a, whatever it was
export const CAS = 2; // the state is a and becomes b
export const DIFFERS = 3; // the state is not a: a comparison that failed
export const UPDATE = 4; // append, increment, enqueue, add: the model's own change by a
export const TAKE = 5; // dequeue of a; a = NONE: of whatever is first
export const EMPTY = 6; // a dequeue that found nothing
export const REMOVE = 7; // a leaves the set
export const HAS = 8; // a is in the set
export const LACKS = 9; // a is not in the set

/** Kinds that never change the state, whatever it is. */
export const observes = (kind: number): boolean => kind === READ || kind === DIFFERS || kind === EMPTY || kind === HAS || kind === LACKS;

/** The normal form of one operation; reused by the caller. */
export interface Shape {
  kind: number;
  a: number;
  b: number;
}

/** Fills `out` for a row; false when the row constrains nothing (a failed write, a read whose answer is unknown). */
export type Translator = (history: History, row: number, out: Shape) => boolean;

export interface Machine {
  readonly initial: number;
  /** All kinds are of the register family. */
  readonly registers: boolean;
  /** A first-in first-out queue that starts empty. */
  readonly fifo?: boolean;
  /** Objects of one key are told apart by the argument too (elements of a set that nobody reads as a whole). */
  readonly perArgument: boolean;
  translator(f: string): Translator;
  step(state: number, kind: number, a: number, b: number): number;
}

export interface Model {
  readonly name: string;
  /** Operations that it has, aliases included. */
  readonly functions: readonly string[];
  machine(domain: Domain, initial: Value): Machine;
}

/** The answer of a comparison that failed: `ok` with false, or `fail` without an error code (an error code means that nobody compared). */
function comparisonFailed(history: History, row: number): boolean {
  const status = history.status[row];
  if (status === OK) return history.values[history.result[row] as number] === false;
  return status === FAIL && (history.code?.[row] ?? NONE) === NONE;
}

const read: Translator = (history, row, out) => {
  out.kind = READ;
  out.a = history.result[row] as number;
  return history.status[row] === OK && out.a !== NONE;
};

/** An update takes effect when ok, may take effect when info, and did not when fail. */
const update =
  (kind: number): Translator =>
  (history, row, out) => {
    out.kind = kind;
    out.a = Math.max(0, history.argument[row] as number);
    return history.status[row] !== FAIL;
  };

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

function registerStep(state: number, kind: number, a: number, b: number): number {
  if (kind === READ) return state === a ? state : ILLEGAL;
  if (kind === WRITE) return a;
  if (kind === CAS) return state === a ? b : ILLEGAL;
  return state === a ? ILLEGAL : state;
}

const pick =
  (model: string, translators: { readonly [f: string]: Translator }) =>
  (f: string): Translator => {
    const translator = Object.hasOwn(translators, f) ? translators[f] : undefined;
    if (translator) return translator;
    const known = Object.keys(translators).join(', ');
    throw new LightconeError('LC_HISTORY_OPERATION', `the model ${model} has no operation "${f}" (it has ${known})`, { f, model });
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
      perArgument: false,
      translator: pick('kv', kvFunctions),
      step: (state, kind, a, b) => (kind === UPDATE ? append(state, a) : registerStep(state, kind, a, b)),
    };
  },
};

/** The amount as the index of an integer value; `sign` -1 for decrements. */
const amount =
  (domain: Domain, sign: number): Translator =>
  (history, row, out) => {
    const argument = history.argument[row] as number;
    const by = argument === NONE || argument === 0 ? 1 : domain.integer(argument, 'a counter');
    out.kind = UPDATE;
    out.a = domain.intern(sign * by);
    return history.status[row] !== FAIL;
  };

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
      perArgument: false,
      translator: pick('counter', { increment: up, add: up, decrement: amount(domain, -1), read, get: read }),
      step: (state, kind, a) => (kind === UPDATE ? plus(state, a) : state === a ? state : ILLEGAL),
    };
  },
};

const listOf = (value: Value): readonly Value[] => (Array.isArray(value) ? (value as readonly Value[]) : value === null ? [] : [value]);

/** What `contains` answered. */
function truth(history: History, row: number): boolean {
  const answer = history.values[history.result[row] as number] as Value;
  if (typeof answer === 'boolean') return answer;
  const sentence = `contains (position ${history.invoke[row]}) answered ${JSON.stringify(answer)}, not true or false`;
  throw new LightconeError('LC_HISTORY_OPERATION', sentence, { row });
}

const contains =
  (yes: number, no: number): Translator =>
  (history, row, out) => {
    out.a = Math.max(0, history.argument[row] as number);
    if (history.status[row] !== OK || history.result[row] === NONE) return false;
    out.kind = truth(history, row) ? yes : no;
    return true;
  };

/** A set whose elements are looked at one by one: each element is a register that holds true or false. */
function elementMachine(domain: Domain): Machine {
  const present = domain.intern(true);
  const absent = domain.intern(false);
  const put =
    (state: number): Translator =>
    (history, row, out) => {
      out.kind = WRITE;
      out.a = state;
      return history.status[row] !== FAIL;
    };
  const has: Translator = (history, row, out) => {
    out.kind = READ;
    if (history.status[row] !== OK || history.result[row] === NONE) return false;
    out.a = truth(history, row) ? present : absent;
    return true;
  };
  const translator = pick('set', { add: put(present), remove: put(absent), contains: has, read: has });
  return { initial: absent, registers: true, perArgument: true, translator, step: registerStep };
}

const sorted = (items: Iterable<number>): readonly number[] => [...new Set(items)].sort((x, y) => x - y);

function wholeSetMachine(domain: Domain, initial: Value): Machine {
  const stateOf = (value: Value): number => domain.sequence(sorted(listOf(value).map((item) => domain.intern(item))));
  const add = memoized(domain, (state, a) => domain.sequence(sorted([...domain.items(state), a])));
  const drop = memoized(domain, (state, a) => domain.sequence(domain.items(state).filter((item) => item !== a)));
  const readAll: Translator = (history, row, out) => {
    const answer = history.result[row] as number;
    out.kind = READ;
    if (history.status[row] !== OK || answer === NONE) return false;
    out.a = stateOf(history.values[answer] as Value);
    return true;
  };
  return {
    initial: stateOf(initial),
    registers: false,
    perArgument: false,
    translator: pick('set', { add: update(UPDATE), remove: update(REMOVE), contains: contains(HAS, LACKS), read: readAll }),
    step(state, kind, a) {
      if (kind === UPDATE) return add(state, a);
      if (kind === REMOVE) return drop(state, a);
      if (kind === READ) return state === a ? state : ILLEGAL;
      return domain.items(state).includes(a) === (kind === HAS) ? state : ILLEGAL;
    },
  };
}

const set: Model = {
  name: 'set',
  functions: ['add', 'remove', 'contains', 'read'],
  machine(domain, initial) {
    const whole = domain.history.functions.includes('read') || listOf(initial).length > 0;
    return whole ? wholeSetMachine(domain, initial) : elementMachine(domain);
  },
};

/** A dequeue that is ok without a value, or with null, found the queue empty; one that may have happened took whatever was first. */
const dequeue: Translator = (history, row, out) => {
  const status = history.status[row];
  const answer = history.result[row] as number;
  out.kind = status === OK && answer <= 0 ? EMPTY : TAKE;
  out.a = status === INFO ? NONE : answer;
  return status !== FAIL;
};

const queue: Model = {
  name: 'queue',
  functions: ['enqueue', 'dequeue'],
  machine(domain, initial) {
    const push = memoized(domain, (state, a) => domain.sequence([...domain.items(state), a]));
    const pop = memoized(domain, (state) => domain.sequence(domain.items(state).slice(1)));
    const empty = domain.sequence([]);
    const start = domain.sequence(listOf(initial).map((item) => domain.intern(item)));
    return {
      initial: start,
      registers: false,
      fifo: start === empty,
      perArgument: false,
      translator: pick('queue', { enqueue: update(UPDATE), dequeue }),
      step(state, kind, a) {
        if (kind === UPDATE) return push(state, a);
        if (kind === EMPTY) return state === empty ? state : ILLEGAL;
        if (state === empty) return ILLEGAL;
        return a === NONE || domain.items(state)[0] === a ? pop(state, 0) : ILLEGAL;
      },
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

export const models = { register, 'cas-register': casRegister, kv, counter, set, queue, mutex } as const satisfies Record<string, Model>;

export type ModelName = keyof typeof models;

/** The model of that name; LC_USAGE when there is none. */
export function modelNamed(name: string): Model {
  if (Object.hasOwn(models, name)) return models[name as ModelName];
  throw new LightconeError('LC_USAGE', `there is no model "${name}"; models are ${Object.keys(models).join(', ')}`, { model: name });
}
