/**
 * What a sequential specification is: a small record of functions over interned integers. A model turns each operation
 * into a normal form (kind, a, b); the search only sees these. Four kinds (read, write, cas, differs) form the register
 * family, which the fast algorithms understand; several models reduce to it (a mutex is a register under cas).
 */
import type { Value } from '../core/index.ts';
import { LightconeError } from '../core/index.ts';
import type { History } from '../trace/index.ts';
import { FAIL, NONE, OK } from '../trace/index.ts';
import type { Domain } from './domain.ts';

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
  /** A collection that starts empty, by who leaves it first; absent: something else, or it starts with elements. */
  readonly discipline?: 'fifo' | 'lifo' | 'priority';
  /** A number that starts at `initial` and that every UPDATE changes by its amount `a`. */
  readonly counts?: boolean;
  /** Whether the state can become the value `a` by UPDATEs alone; absent: not known. */
  readonly grows?: (state: number, a: number) => boolean;
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

export const read: Translator = (history, row, out) => {
  out.kind = READ;
  out.a = history.result[row] as number;
  return history.status[row] === OK && out.a !== NONE;
};

/** An update takes effect when ok, may take effect when info, and did not when fail. */
export const update =
  (kind: number): Translator =>
  (history, row, out) => {
    out.kind = kind;
    out.a = Math.max(0, history.argument[row] as number);
    return history.status[row] !== FAIL;
  };

/** Finds the translator of an operation; LC_HISTORY_OPERATION when the model has no such operation. */
export const pick =
  (model: string, translators: { readonly [f: string]: Translator }) =>
  (f: string): Translator => {
    const translator = Object.hasOwn(translators, f) ? translators[f] : undefined;
    if (translator) return translator;
    const known = Object.keys(translators).join(', ');
    throw new LightconeError('LC_HISTORY_OPERATION', `the model ${model} has no operation "${f}" (it has ${known})`, { f, model });
  };

export const listOf = (value: Value): readonly Value[] =>
  Array.isArray(value) ? (value as readonly Value[]) : value === null ? [] : [value];

/** One step of the register family. */
export function registerStep(state: number, kind: number, a: number, b: number): number {
  if (kind === READ) return state === a ? state : ILLEGAL;
  if (kind === WRITE) return a;
  if (kind === CAS) return state === a ? b : ILLEGAL;
  return state === a ? ILLEGAL : state;
}
