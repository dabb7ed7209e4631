/**
 * The three outcomes, and who may say which: `fail` only where the operation certainly had no effect, `info` for all
 * else that went wrong. A read changes nothing, so a read without an answer has failed.
 */
import type { Value } from '../core/index.ts';
import type { Completion, Operation } from '../workloads/index.ts';

export const ok = (value?: Value, revision?: number): Completion => ({
  outcome: 'ok',
  ...(value === undefined ? {} : { value }),
  ...(revision === undefined ? {} : { revision }),
});

/** Without a code it is an answer: the comparison did not hold. */
export const failed = (code?: string): Completion => ({ outcome: 'fail', ...(code === undefined ? {} : { code }) });
export const unknown = (code: string): Completion => ({ outcome: 'info', code });

/** An exchange that did not come to an answer. `sent`: at least a byte of the request may have reached the system. */
export class Broken extends Error {
  override readonly name = 'Broken';
  readonly code: string;
  readonly sent: boolean;

  constructor(code: string, sent: boolean) {
    super(code);
    this.code = code;
    this.sent = sent;
  }
}

/** The system answered with an error. `definite`: what was asked did not happen and will not. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;
  readonly definite: boolean;

  constructor(code: string, definite: boolean, message = code) {
    super(message);
    this.code = code;
    this.definite = definite;
  }
}

/** A completion for whatever went wrong; what we did not foresee is thrown on, because it is a bug of ours. */
export function completionOf(error: unknown, readOnly: boolean): Completion {
  if (error instanceof Broken) return readOnly || !error.sent ? failed(error.code) : unknown(error.code);
  if (error instanceof Refused) return readOnly || error.definite ? failed(error.code) : unknown(error.code);
  throw error;
}

const READS = new Set(['read', 'get', 'contains', 'poll']);

/** True when the operation cannot change anything. */
export function isReadOnly({ f, value }: Operation): boolean {
  if (f !== 'txn') return READS.has(f);
  return Array.isArray(value) && value.every((step) => Array.isArray(step) && step[0] === 'r');
}

/** The system's own word, in capitals: `etcdserver: no leader` is `NO_LEADER`. */
export function codeOf(message: string): string {
  const words = message.replace(/^\w+: /, '').split(/[^A-Za-z0-9]+/);
  return (
    words
      .filter((word) => word !== '')
      .slice(0, 5)
      .join('_')
      .toUpperCase() || 'ERROR'
  );
}

/** What a function does with its operation; throws Broken and Refused. */
export type Perform = (operation: Operation) => Promise<Completion>;

/** Carries out an operation by the table of its workload; whatever the system does, the answer is a completion. */
export async function perform(functions: { readonly [f: string]: Perform }, operation: Operation): Promise<Completion> {
  const run = Object.hasOwn(functions, operation.f) ? functions[operation.f] : undefined;
  if (run === undefined) return failed('UNSUPPORTED');
  try {
    return await run(operation);
  } catch (error) {
    return completionOf(error, isReadOnly(operation));
  }
}
