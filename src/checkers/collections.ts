/**
 * Models of collections: sets, first-in first-out queues, stacks, priority queues. States are interned sequences of interned
 * values. Elements of a set that nobody reads as a whole are objects of their own.
 */
import type { Value } from '../core/index.ts';
import { LightconeError } from '../core/index.ts';
import type { History } from '../trace/index.ts';
import { FAIL, INFO, NONE, OK } from '../trace/index.ts';
import { type Domain, memoized } from './domain.ts';
import {
  EMPTY,
  HAS,
  ILLEGAL,
  LACKS,
  listOf,
  type Machine,
  type Model,
  pick,
  READ,
  REMOVE,
  registerStep,
  TAKE,
  type Translator,
  UPDATE,
  update,
  WRITE,
} from './model.ts';

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

export const set: Model = {
  name: 'set',
  functions: ['add', 'remove', 'contains', 'read'],
  machine(domain, initial) {
    const whole = domain.history.functions.includes('read') || listOf(initial).length > 0;
    return whole ? wholeSetMachine(domain, initial) : elementMachine(domain);
  },
};

/** A take that is ok without a value, or with null, found nothing; one that may have happened took whatever was next. */
const take: Translator = (history, row, out) => {
  const status = history.status[row];
  const answer = history.result[row] as number;
  out.kind = status === OK && answer <= 0 ? EMPTY : TAKE;
  out.a = status === INFO ? NONE : answer;
  return status !== FAIL;
};

/** How a collection adds and who leaves it: `add` makes the items with one more, `next` is the place of the one that leaves. */
interface Order {
  readonly name: string;
  readonly discipline: NonNullable<Machine['discipline']>;
  readonly translators: { readonly [f: string]: Translator };
  readonly add: (domain: Domain, items: readonly number[], item: number) => readonly number[];
  readonly next: (items: readonly number[]) => number;
}

function collection({ name, discipline, translators, add, next }: Order): Model {
  return {
    name,
    functions: Object.keys(translators),
    machine(domain, initial) {
      const push = memoized(domain, (state, a) => domain.sequence(add(domain, domain.items(state), a)));
      const pop = memoized(domain, (state) => {
        const items = domain.items(state);
        return domain.sequence(items.toSpliced(next(items), 1));
      });
      const empty = domain.sequence([]);
      const items = listOf(initial).map((item) => domain.intern(item));
      const start = domain.sequence(items.reduce<readonly number[]>((before, item) => add(domain, before, item), []));
      return {
        initial: start,
        registers: false,
        ...(start === empty ? { discipline } : {}),
        perArgument: false,
        translator: pick(name, translators),
        step(state, kind, a) {
          if (kind === UPDATE) return push(state, a);
          if (kind === EMPTY) return state === empty ? state : ILLEGAL;
          if (state === empty) return ILLEGAL;
          const held = domain.items(state);
          return a === NONE || held[next(held)] === a ? pop(state, 0) : ILLEGAL;
        },
      };
    },
  };
}

export const queue: Model = collection({
  name: 'queue',
  discipline: 'fifo',
  translators: { enqueue: update(UPDATE), dequeue: take },
  add: (_domain, items, item) => [...items, item],
  next: () => 0,
});

export const stack: Model = collection({
  name: 'stack',
  discipline: 'lifo',
  translators: { push: update(UPDATE), pop: take },
  add: (_domain, items, item) => [...items, item],
  next: (items) => items.length - 1,
});

/** The number that value `id` must be: the smallest leaves first. */
export function priorityOf(domain: Domain, id: number): number {
  const value = domain.value(id);
  if (typeof value === 'number') return value;
  throw new LightconeError('LC_HISTORY_OPERATION', `a priority queue holds numbers, not ${JSON.stringify(value)}`, { value });
}

export const priorityQueue: Model = collection({
  name: 'priority-queue',
  discipline: 'priority',
  translators: { insert: update(UPDATE), enqueue: update(UPDATE), 'extract-min': take, dequeue: take },
  add(domain, items, item) {
    const priority = priorityOf(domain, item);
    const after = items.findIndex((other) => priorityOf(domain, other) > priority);
    return items.toSpliced(after < 0 ? items.length : after, 0, item);
  },
  next: () => 0,
});
