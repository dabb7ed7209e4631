/** One object of a Jepsen or Elle history in JSON becomes one half operation: the same names as in EDN, keywords as plain texts. */
import type { Value } from '../core/index.ts';
import type { JepsenOperation } from './jepsen.ts';
import { NotAValue, readJson } from './json-value.ts';
import { excerpt, type ReadLimits, refuse } from './place.ts';

/** Throws LC_TRACE_SYNTAX with the line on which the object starts. */
export function parseJepsenJson(text: string, line: number, source: string, limits: ReadLimits): JepsenOperation {
  let object: Value;
  try {
    object = readJson(JSON.parse(text), text, limits.maxDepth);
  } catch (error) {
    if (error instanceof NotAValue) refuse('LC_TRACE_SYNTAX', source, line, `${excerpt(text)} ${error.message}`);
    refuse('LC_TRACE_SYNTAX', source, line, `not JSON: ${excerpt(text)}`);
  }
  if (object === null || typeof object !== 'object' || Array.isArray(object) || object instanceof Uint8Array)
    refuse('LC_TRACE_SYNTAX', source, line, `expected an object such as {"process":0,"type":"invoke",...}, not ${excerpt(text)}`);
  const { process, type, f, value, key, time, index, error } = object as { readonly [name: string]: Value };
  const named = typeof process === 'string' && !process.startsWith(':') ? `:${process}` : process;
  return { process: named, type, f, value, key, timeNs: time, index, error };
}
