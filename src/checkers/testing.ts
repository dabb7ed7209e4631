/**
 * For tests: histories written by hand, sequential specifications in plain values, and the exhaustive oracle. Nothing
 * here shares code with the algorithms that it judges.
 */
import { equalValues, type Value } from '../core/index.ts';
import { buildView, type Header, type OperationRecord, type TraceRecord, type TraceView } from '../trace/index.ts';

/** One operation; `call` and `ret` are positions in the order of all half operations, distinct. */
export interface TestOperation {
  process: number;
  f: string;
  key?: Value;
  /** cas: `[expected, new]`. */
  argument?: Value;
  status: 'ok' | 'fail' | 'info';
  result?: Value;
  call: number;
  ret: number;
  node?: string;
  revision?: number;
  /** On fail: an error, so nothing was compared. */
  code?: string;
}

/** Positions become milliseconds. */
const POSITION_NS = 1_000_000;

export interface ViewParts {
  readonly header?: Partial<Header>;
  /** Other records, with `seq` among the operations' positions. */
  readonly records?: readonly TraceRecord[];
  readonly untimed?: boolean;
}

/** A view of hand-written operations; row i of the history is the i-th by `call`. */
export function viewOf(operations: readonly TestOperation[], parts: ViewParts = {}): TraceView {
  const records: (OperationRecord | Exclude<TraceRecord, Header>)[] = [];
  for (const operation of operations) {
    const { process, f, key, argument, status, result, call, ret, node, revision, code } = operation;
    const time = (seq: number): { timeNs?: number } => (parts.untimed ? {} : { timeNs: seq * POSITION_NS });
    const same = { type: 'op', process, f, ...(key === undefined ? {} : { key }) } as const;
    records.push({ ...same, phase: 'invoke', seq: call, ...time(call), ...(argument === undefined ? {} : { value: argument }) });
    const end = { ...same, phase: status, seq: ret, ...time(ret) } as const;
    const seen = {
      ...(result === undefined || status !== 'ok' ? {} : { value: result }),
      ...(node === undefined ? {} : { node }),
      ...(revision === undefined ? {} : { revision }),
      ...(code === undefined ? {} : { code }),
    };
    records.push({ ...end, ...seen });
  }
  for (const record of parts.records ?? []) if (record.type !== 'header') records.push(record);
  records.sort((x, y) => x.seq - y.seq);
  return buildView([{ type: 'header', trace: 1, ...parts.header }, ...records]);
}

/** A sequential specification in plain values. `apply` answers null when the operation must wait (a lock that is held). */
export interface Reference {
  readonly initial: Value;
  apply(state: Value, operation: TestOperation): { readonly state: Value; readonly result: Value } | null;
}

const list = (state: Value): readonly Value[] => state as readonly Value[];

function applyRegister(state: Value, { f, argument }: TestOperation): { state: Value; result: Value } {
  if (f === 'read' || f === 'get') return { state, result: state };
  if (f === 'delete') return { state: null, result: null };
  if (f === 'append')
    return { state: [...(state === null ? [] : Array.isArray(state) ? list(state) : [state]), argument as Value], result: null };
  if (f !== 'cas') return { state: argument as Value, result: null };
  const [expected, next] = argument as readonly [Value, Value];
  return equalValues(state, expected) ? { state: next, result: true } : { state, result: false };
}

const register: Reference = { initial: null, apply: applyRegister };

export const references: { readonly [model: string]: Reference } = {
  register,
  'cas-register': register,
  kv: register,
  counter: {
    initial: 0,
    apply(state, { f, argument }) {
      if (f === 'read') return { state, result: state };
      const by = argument === undefined ? 1 : (argument as number);
      return { state: (state as number) + (f === 'decrement' ? -by : by), result: null };
    },
  },
  set: {
    initial: [],
    apply(state, { f, argument }) {
      const without = list(state).filter((item) => item !== argument);
      if (f === 'read') return { state, result: state };
      if (f === 'contains') return { state, result: without.length < list(state).length };
      const next = f === 'add' ? [...without, argument as Value].sort((x, y) => Number(x) - Number(y)) : without;
      return { state: next, result: null };
    },
  },
  queue: {
    initial: [],
    apply(state, { f, argument }) {
      if (f === 'enqueue') return { state: [...list(state), argument as Value], result: null };
      return list(state).length === 0 ? { state, result: null } : { state: list(state).slice(1), result: list(state)[0] as Value };
    },
  },
  stack: {
    initial: [],
    apply(state, { f, argument }) {
      if (f === 'push') return { state: [...list(state), argument as Value], result: null };
      return list(state).length === 0 ? { state, result: null } : { state: list(state).slice(0, -1), result: list(state).at(-1) as Value };
    },
  },
  'priority-queue': {
    initial: [],
    apply(state, { f, argument }) {
      if (f === 'insert') return { state: [...list(state), argument as Value], result: null };
      if (list(state).length === 0) return { state, result: null };
      const least = Math.min(...(list(state) as readonly number[]));
      const at = list(state).indexOf(least);
      return { state: list(state).filter((_, i) => i !== at), result: least };
    },
  },
  mutex: {
    initial: null,
    apply(state, { f, process }) {
      if (f === 'acquire') return state === null ? { state: process, result: null } : null;
      return state === process ? { state: null, result: null } : null;
    },
  },
};

/** Operations that take something out of a collection. */
export const takes: readonly string[] = ['dequeue', 'pop', 'extract-min'];

/** What an operation is for weakening: it only looks, it changes something, or it says nothing at all. */
export function role(operation: TestOperation): 'read' | 'update' | 'nothing' {
  const { f, status, result } = operation;
  if (f === 'read' || f === 'get' || f === 'contains') return status === 'ok' && result !== undefined ? 'read' : 'nothing';
  if (f === 'cas' && (status === 'fail' ? operation.code === undefined : result === false)) return 'read';
  if (status === 'fail') return 'nothing';
  return takes.includes(f) && status === 'ok' && (result ?? null) === null ? 'read' : 'update';
}

/** Whether the answer that the specification gives is the one that was recorded. */
function explains(operation: TestOperation, result: Value, known: boolean): boolean {
  const { f, status } = operation;
  if (f === 'cas') return result === (role(operation) === 'update');
  if (!known) return true;
  if (takes.includes(f)) return equalValues(result, operation.result ?? null);
  return role(operation) !== 'read' || status !== 'ok' || equalValues(result, operation.result as Value);
}

/** One operation on its way through the oracle. */
interface Candidate {
  readonly operation: TestOperation;
  readonly call: number;
  readonly ret: number;
  readonly known: boolean;
}

/**
 * Whether some order explains everything: tries all permutations that keep real time, with and without each operation
 * that may not have happened. `weak(i)`: operation i is weakened: a read is dropped, an update may take effect at any
 * time at all, or never, and its answer is forgotten.
 */
export function linearizable(
  operations: readonly TestOperation[],
  reference: Reference,
  initial: Value = reference.initial,
  weak: (index: number) => boolean = () => false,
): boolean {
  const candidates: Candidate[] = [];
  operations.forEach((operation, index) => {
    const what = role(operation);
    if (what === 'nothing' || (what === 'read' && weak(index))) return;
    const optional = weak(index) || operation.status === 'info';
    const ret = optional ? Number.POSITIVE_INFINITY : operation.ret;
    candidates.push({ operation, call: weak(index) ? -1 : operation.call, ret, known: !optional });
  });
  const keys = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const name = JSON.stringify(candidate.operation.key ?? null);
    keys.set(name, [...(keys.get(name) ?? []), candidate]);
  }
  // Without locality: all keys in one search would be the definition; linearizability is local, which a test confirms.
  return [...keys.values()].every((group) => explainable(group, reference, initial));
}

function explainable(left: readonly Candidate[], reference: Reference, state: Value): boolean {
  const deadline = left.reduce((min, { ret }) => Math.min(min, ret), Number.POSITIVE_INFINITY);
  if (deadline === Number.POSITIVE_INFINITY) return true;
  return left.some((candidate) => {
    if (candidate.call > deadline) return false;
    const next = reference.apply(state, candidate.operation);
    if (next === null || !explains(candidate.operation, next.result, candidate.known)) return false;
    return explainable(
      left.filter((other) => other !== candidate),
      reference,
      next.state,
    );
  });
}
