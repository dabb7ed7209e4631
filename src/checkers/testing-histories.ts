/**
 * For tests: small random histories, legal by construction (every operation takes effect at a random instant while it
 * is open), near misses by one mutation of a legal one, and arbitrary ones. Seeded.
 */
import type { Random, Value } from '../core/index.ts';
import { type Reference, references, type TestOperation, takes } from './testing.ts';

export interface Workload {
  readonly reference: Reference;
  readonly initial?: Value;
  readonly keys: readonly (Value | undefined)[];
  /** The next operation of a process; `serial` is unique in the history. `held`: what the process holds (locks). */
  readonly next: (random: Random, serial: number, held: boolean) => Pick<TestOperation, 'f' | 'argument'>;
  /** A result that a near miss may show instead. */
  readonly result: (random: Random, operation: TestOperation, serials: number) => Value;
}

interface Running {
  readonly operation: TestOperation;
  readonly fate: 'ok' | 'fail' | 'info';
  effective: boolean;
}

export interface Sizes {
  readonly operations: number;
  readonly processes: number;
  /** Out of a million operations, how many never learn their outcome, and how many fail with an error. */
  readonly infoPpm: number;
  readonly failPpm: number;
}

/** Operations whose completion shows something. */
const answering: readonly string[] = ['read', 'get', 'contains', ...takes];

/** A history that the reference explains. Operations in the order of their invocations. */
export function legalHistory(random: Random, workload: Workload, sizes: Sizes): TestOperation[] {
  const { reference } = workload;
  const states = new Map<string, Value>();
  const operations: TestOperation[] = [];
  const idle = Array.from({ length: sizes.processes }, (_, process) => process);
  const held = new Set<number>();
  let retired = sizes.processes;
  let running: Running[] = [];
  let seq = 0;
  const invoke = (): void => {
    const process = idle.splice(random.below(idle.length), 1)[0] as number;
    const key = random.pick(workload.keys);
    const body = workload.next(random, operations.length + 1, held.has(process));
    const fate = random.chance(sizes.infoPpm) ? 'info' : random.chance(sizes.failPpm) ? 'fail' : 'ok';
    const operation: TestOperation = { process, ...body, ...(key === undefined ? {} : { key }), status: fate, call: seq++, ret: -1 };
    operations.push(operation);
    running.push({ operation, fate, effective: fate === 'fail' });
  };
  const takeEffect = (run: Running): void => {
    const { operation } = run;
    const name = JSON.stringify(operation.key ?? null);
    const before = states.get(name) ?? workload.initial ?? reference.initial;
    const next = reference.apply(before, operation);
    if (next === null) return;
    run.effective = true;
    states.set(name, next.state);
    if (operation.f === 'acquire') held.add(operation.process);
    if (operation.f === 'release') held.delete(operation.process);
    if (run.fate !== 'ok') return;
    if (operation.f === 'cas' && next.result === false) operation.status = 'fail';
    else if (answering.includes(operation.f)) operation.result = next.result;
  };
  const complete = (run: Running): void => {
    const { operation } = run;
    operation.ret = seq++;
    if (run.fate === 'fail') operation.code = 'LC_NO_LEADER';
    idle.push(run.fate === 'info' ? retired++ : operation.process);
    if (run.fate !== 'info' || run.effective) running = running.filter((other) => other !== run);
  };
  for (let moves = 0; moves < sizes.operations * 12; moves++) {
    if (operations.length < sizes.operations && idle.length > 0 && random.below(2) === 0) invoke();
    else if (running.length > 0) {
      const run = random.pick(running);
      if (!run.effective && random.below(3) > 0) takeEffect(run);
      else if (run.operation.ret < 0 && (run.effective || run.fate === 'info')) complete(run);
    }
    if (operations.length === sizes.operations && running.every(({ operation }) => operation.ret >= 0)) break;
  }
  for (const { operation, fate } of running) {
    if (operation.ret >= 0) continue;
    operation.status = fate === 'fail' ? 'fail' : 'info';
    if (fate === 'fail') operation.code = 'LC_NO_LEADER';
    delete operation.result;
    operation.ret = seq++;
  }
  return operations;
}

/** One mutation: another result, another argument, two results exchanged, an interval cut short, or an unknown outcome that is known. */
export function nearMiss(random: Random, workload: Workload, legal: readonly TestOperation[]): TestOperation[] {
  const operations = legal.map((operation) => ({ ...operation }));
  const answered = operations.filter(({ result }) => result !== undefined);
  const kind = random.below(6);
  if (kind <= 2 && answered.length > 0) {
    const operation = random.pick(answered);
    operation.result = workload.result(random, operation, operations.length);
  } else if (kind === 3 && answered.length > 1) {
    const one = random.pick(answered);
    const other = random.pick(answered.filter(({ f }) => f === one.f));
    const result = one.result as Value;
    one.result = other.result as Value;
    other.result = result;
  } else if (kind === 4) {
    const operation = random.pick(operations);
    if (operation.status === 'fail') delete operation.code;
    operation.status = 'ok';
    if (answering.includes(operation.f)) operation.result ??= workload.result(random, operation, operations.length);
  } else exchangeMoments(random, operations);
  return operations.sort((x, y) => x.call - y.call);
}

/** Exchanges a completion with a later invocation of another process: two concurrent operations come one after the other, or the reverse. */
function exchangeMoments(random: Random, operations: readonly TestOperation[]): void {
  for (let attempt = 0; attempt < 8; attempt++) {
    const [one, other] = [random.pick(operations), random.pick(operations)];
    if (one.process === other.process || one === other) continue;
    const [call, ret] = [other.call, one.ret];
    const fits = (operation: TestOperation): boolean =>
      operation.call < operation.ret &&
      operations.every(
        (peer) => peer === operation || peer.process !== operation.process || peer.ret < operation.call || operation.ret < peer.call,
      );
    one.ret = call;
    other.call = ret;
    if (fits(one) && fits(other)) return;
    one.ret = ret;
    other.call = call;
  }
}

/** Anything at all with well-formed intervals: a legal one whose results and arguments are redrawn. */
export function arbitraryHistory(random: Random, workload: Workload, sizes: Sizes): TestOperation[] {
  const operations = legalHistory(random, workload, sizes);
  for (const operation of operations) {
    if (operation.result !== undefined && random.below(2) === 0) operation.result = workload.result(random, operation, operations.length);
  }
  return operations;
}

const small = (random: Random): number => 1 + random.below(3);
const anyResult = (random: Random): Value => (random.below(4) === 0 ? null : small(random));
const uniqueResult = (random: Random, _operation: TestOperation, serials: number): Value => random.below(serials + 2) || null;

/** cas waits until its comparison holds: no history has a failed one. */
function waitingCas(reference: Reference): Reference['apply'] {
  return (state, operation) => {
    const next = reference.apply(state, operation);
    return next !== null && operation.f === 'cas' && next.result === false ? null : next;
  };
}

function uniqueCas(random: Random, serial: number): Pick<TestOperation, 'f' | 'argument'> {
  const kind = random.below(5);
  if (kind < 2) return { f: 'read' };
  if (kind === 2) return { f: 'write', argument: serial };
  return { f: 'cas', argument: [random.below(serial) || null, serial] };
}

function repeatedCas(random: Random, read: string, write: string): Pick<TestOperation, 'f' | 'argument'> {
  const kind = random.below(5);
  if (kind < 2) return { f: read };
  return kind < 4 ? { f: write, argument: small(random) } : { f: 'cas', argument: [random.below(3) || null, small(random)] };
}

/** A workload, and the model whose specification its histories follow. */
export type ModelWorkload = Workload & { readonly model: string };
type Workloads = { readonly [name: string]: ModelWorkload };

const referenceOf = (model: string): Reference => references[model] as Reference;
const noKey = [undefined];

const registerWorkloads: Workloads = {
  'register, unique writes (zones)': {
    model: 'register',
    reference: referenceOf('register'),
    keys: noKey,
    next: (random, serial) => (random.below(2) === 0 ? { f: 'read' } : { f: 'write', argument: serial }),
    result: uniqueResult,
  },
  'cas-register, unique writes and successful cas (chains)': {
    model: 'cas-register',
    reference: { ...referenceOf('cas-register'), apply: waitingCas(referenceOf('cas-register')) },
    keys: noKey,
    next: (random, serial) => uniqueCas(random, serial),
    result: uniqueResult,
  },
  'cas-register, unique writes, failing cas': {
    model: 'cas-register',
    reference: referenceOf('cas-register'),
    keys: noKey,
    next: (random, serial) => uniqueCas(random, serial),
    result: uniqueResult,
  },
  'register, repeated values': {
    model: 'register',
    reference: referenceOf('register'),
    keys: noKey,
    next: (random) => (random.below(2) === 0 ? { f: 'read' } : { f: 'write', argument: small(random) }),
    result: anyResult,
  },
  'cas-register, repeated values': {
    model: 'cas-register',
    reference: referenceOf('cas-register'),
    initial: 1,
    keys: noKey,
    next: (random) => repeatedCas(random, 'read', 'write'),
    result: anyResult,
  },
  'kv, two keys': {
    model: 'kv',
    reference: referenceOf('kv'),
    keys: ['x', 'y'],
    next: (random) => (random.below(6) === 0 ? { f: 'delete' } : repeatedCas(random, 'get', 'put')),
    result: anyResult,
  },
};

const otherWorkloads: Workloads = {
  'kv, append': {
    model: 'kv',
    reference: referenceOf('kv'),
    keys: ['x'],
    next: (random, serial) => {
      const kind = random.below(8);
      if (kind < 3) return { f: 'append', argument: serial };
      return kind < 7 ? { f: 'get' } : { f: 'delete' };
    },
    result: (random, _operation, serials) => Array.from({ length: random.below(3) }, () => 1 + random.below(serials)),
  },
  counter: {
    model: 'counter',
    reference: referenceOf('counter'),
    keys: noKey,
    next: (random) => {
      const kind = random.below(6);
      if (kind < 3) return { f: 'read' };
      return kind === 3 ? { f: 'increment' } : { f: kind === 4 ? 'add' : 'decrement', argument: small(random) };
    },
    result: (random) => random.below(6) - 1,
  },
  'counter, increments only (counting)': {
    model: 'counter',
    reference: referenceOf('counter'),
    keys: noKey,
    next: (random) => ({ f: random.below(2) === 0 ? 'read' : 'increment' }),
    result: (random) => random.below(6) - 1,
  },
  'set, one element (toggles)': {
    model: 'set',
    reference: referenceOf('set'),
    keys: noKey,
    next: (random) => ({ f: random.pick(['add', 'remove', 'contains', 'contains']), argument: 1 }),
    result: (random) => random.below(2) === 0,
  },
  'register, two values (toggles)': {
    model: 'register',
    reference: referenceOf('register'),
    initial: 1,
    keys: noKey,
    next: (random) => (random.below(2) === 0 ? { f: 'read' } : { f: 'write', argument: 1 + random.below(2) }),
    result: (random) => 1 + random.below(2),
  },
  'set, by element': {
    model: 'set',
    reference: referenceOf('set'),
    keys: noKey,
    next: (random) => ({ f: random.pick(['add', 'remove', 'contains', 'contains']), argument: 1 + random.below(2) }),
    result: (random) => random.below(2) === 0,
  },
  'set, read as a whole': {
    model: 'set',
    reference: referenceOf('set'),
    keys: noKey,
    next: (random) => {
      const f = random.pick(['add', 'add', 'remove', 'contains', 'read', 'read']);
      return f === 'read' ? { f } : { f, argument: small(random) };
    },
    result: (random, { f }) => (f === 'contains' ? random.below(2) === 0 : [1, 2, 3].filter(() => random.below(2) === 0)),
  },
  queue: {
    model: 'queue',
    reference: referenceOf('queue'),
    keys: noKey,
    next: (random, serial) => (random.below(2) === 0 ? { f: 'enqueue', argument: random.below(3) === 0 ? 1 : serial } : { f: 'dequeue' }),
    result: uniqueResult,
  },
  'queue, unique values': {
    model: 'queue',
    reference: referenceOf('queue'),
    keys: noKey,
    next: (random, serial) => (random.below(2) === 0 ? { f: 'enqueue', argument: serial } : { f: 'dequeue' }),
    result: uniqueResult,
  },
  stack: {
    model: 'stack',
    reference: referenceOf('stack'),
    keys: noKey,
    next: (random, serial) => (random.below(2) === 0 ? { f: 'push', argument: random.below(3) === 0 ? 1 : serial } : { f: 'pop' }),
    result: uniqueResult,
  },
  'stack, unique values': {
    model: 'stack',
    reference: referenceOf('stack'),
    keys: noKey,
    next: (random, serial) => (random.below(2) === 0 ? { f: 'push', argument: serial } : { f: 'pop' }),
    result: uniqueResult,
  },
  'priority-queue': {
    model: 'priority-queue',
    reference: referenceOf('priority-queue'),
    keys: noKey,
    next: (random, serial) =>
      random.below(2) === 0 ? { f: 'insert', argument: random.below(3) === 0 ? 1 : serial } : { f: 'extract-min' },
    result: uniqueResult,
  },
  'priority-queue, unique values': {
    model: 'priority-queue',
    reference: referenceOf('priority-queue'),
    keys: noKey,
    // Later values are not always greater: 7 and 16 have no divisor in common.
    next: (random, serial) => (random.below(2) === 0 ? { f: 'insert', argument: (serial * 7) % 16 } : { f: 'extract-min' }),
    result: (random, _operation, serials) => (random.below(serials + 2) * 7) % 16 || null,
  },
  mutex: {
    model: 'mutex',
    reference: referenceOf('mutex'),
    keys: noKey,
    next: (random, _serial, held) => ({ f: held !== (random.below(12) === 0) ? 'release' : 'acquire' }),
    result: () => null,
  },
};

/** Workloads by name; what each one aims at is in its name. */
export const workloads: Workloads = { ...registerWorkloads, ...otherWorkloads };
