/** For tests: staleness and session guarantees by their definitions, over all pairs and triples of operations. */
import { equalValues, type Value } from '../core/index.ts';
import type { TestOperation } from './testing.ts';

type Weak = (index: number) => boolean;

interface Bounds {
  readonly maxMs: number;
  readonly maxVersions: number;
}

const isRead = ({ f, status, result }: TestOperation): boolean => f === 'read' && status === 'ok' && result !== undefined;
const isWrite = ({ f, status }: TestOperation): boolean => f === 'write' && status !== 'fail';
const sameKey = (one: TestOperation, other: TestOperation): boolean => equalValues(one.key ?? null, other.key ?? null);

/** Whether no read is staler than the bounds; positions count as milliseconds. A weakened write may have happened at any time. */
export function freshEnough(operations: readonly TestOperation[], bounds: Bounds, weak: Weak): boolean {
  return operations.every((read, r) => {
    if (!isRead(read) || weak(r)) return true;
    const result = read.result as Value;
    const writers = operations
      .map((operation, index) => ({ operation, index }))
      .filter(({ operation }) => isWrite(operation) && sameKey(operation, read));
    const origins = writers.filter(({ operation }) => equalValues(operation.argument as Value, result));
    if (origins.length === 0 && result !== null) return true;
    if (origins.some(({ operation, index }) => weak(index) || operation.status === 'info')) return true;
    const newer = writers.filter(
      ({ operation, index }) =>
        operation.status === 'ok' &&
        !weak(index) &&
        operation.ret < read.call &&
        origins.every((origin) => origin.operation.ret < operation.call),
    );
    return newer.length <= bounds.maxVersions && newer.every(({ operation }) => read.call - operation.ret <= bounds.maxMs);
  });
}

/** Whether every session guarantee holds. Null where a value was written twice. `byRevision`: what the trace offers, whatever is weakened. */
export function sessionsHold(operations: readonly TestOperation[], byRevision: boolean, weak: Weak): boolean | null {
  const indexed = operations.map((operation, index) => ({ operation, index }));
  const writes = indexed.filter(({ operation }) => isWrite(operation));
  const repeats = writes.some(({ operation, index }) =>
    writes.some((other) => other.index < index && equalValues(other.operation.argument as Value, operation.argument as Value)),
  );
  if (repeats) return null;
  const versionOf = (value: Value): number | 'initial' | 'nobody' => {
    if (value === null) return 'initial';
    return writes.find(({ operation }) => equalValues(operation.argument as Value, value))?.index ?? 'nobody';
  };
  const older = (a: number | 'initial' | 'nobody', b: number | 'initial' | 'nobody'): boolean => {
    if (a === 'initial') return b !== 'initial';
    if (typeof a !== 'number' || typeof b !== 'number' || weak(a) || weak(b)) return false;
    const [first, second] = [operations[a] as TestOperation, operations[b] as TestOperation];
    if (first.status === 'info') return false;
    if (!byRevision) return first.ret < second.call;
    return second.status === 'ok' && (first.revision as number) < (second.revision as number);
  };
  for (const one of indexed) {
    for (const two of indexed) {
      const [a, b] = [one.operation, two.operation];
      if (a.process !== b.process || one.index >= two.index || a.status !== 'ok' || b.status !== 'ok' || weak(one.index) || weak(two.index))
        continue;
      const first = isRead(a) ? versionOf(a.result as Value) : isWrite(a) ? one.index : 'nobody';
      const second = isRead(b) ? versionOf(b.result as Value) : isWrite(b) ? two.index : 'nobody';
      if (isRead(a) && first === 'initial') continue;
      // In all four guarantees what came later in the session must not be older than what came before.
      if ((isRead(a) || isWrite(a)) && (isRead(b) || isWrite(b)) && older(second, first)) return false;
    }
  }
  return true;
}
