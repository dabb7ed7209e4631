/**
 * Whether the values of a Jepsen history are `[key value]` (jepsen.independent): EDN and JSON write such a pair like any other vector,
 * so invocations whose own value has a known form decide: a read asks with nothing, a cas with two values.
 */
import type { Value } from '../core/index.ts';

/** Operations that are invoked without a value. */
const asking = new Set(['read', 'get', 'read-init', 'dequeue', 'pop', 'extract-min', 'drain', 'acquire', 'release', 'generate']);

/** What one invocation tells: keyed or not; null: nothing. */
export function tellsKeyed(f: string, value: Value): boolean | null {
  if (!Array.isArray(value)) return false;
  const pair = value as readonly Value[];
  if (pair.length !== 2) return false;
  const [, inner] = pair as readonly [Value, Value];
  if (asking.has(f)) return inner === null ? true : null;
  if (f === 'cas') return Array.isArray(inner) && inner.length === 2;
  // Adya's G2: [key [a b]], of which one is nothing.
  if (f === 'insert') return Array.isArray(inner) && inner.length === 2 && inner.includes(null);
  return null;
}
