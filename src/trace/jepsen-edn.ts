/** One top-level form of a Jepsen EDN history becomes one half operation. */
import type { Value } from '../core/index.ts';
import { EdnError, EdnParser } from './edn.ts';
import type { JepsenOperation } from './jepsen.ts';
import { excerpt, type ReadLimits, refuse, show } from './place.ts';

/** Throws LC_TRACE_SYNTAX with the line inside the form. */
export function parseJepsenForm(text: string, line: number, source: string, limits: ReadLimits): JepsenOperation {
  const parser = new EdnParser(text, limits.maxDepth);
  let form: Value;
  try {
    form = parser.form();
    if (parser.more()) throw new EdnError('something follows the form', parser.at);
  } catch (error) {
    if (!(error instanceof EdnError)) throw error;
    const before = text.slice(0, error.offset);
    refuse('LC_TRACE_SYNTAX', source, line + before.split('\n').length - 1, `${error.message}, in ${excerpt(text)}`);
  }
  const map = asMap(form);
  if (map === null) refuse('LC_TRACE_SYNTAX', source, line, `expected a map such as {:process 0, :type :invoke, ...}, not ${show(form)}`);
  return {
    process: map[':process'],
    type: map[':type'],
    f: map[':f'],
    value: map[':value'],
    key: map[':key'],
    timeNs: map[':time'],
    index: map[':index'],
    error: map[':error'],
  };
}

/** A map, or a record written as a tagged map (`#jepsen.history.Op{...}`). */
function asMap(form: Value): { readonly [key: string]: Value } | null {
  if (form === null || typeof form !== 'object' || Array.isArray(form) || form instanceof Uint8Array) return null;
  const map = form as { readonly [key: string]: Value };
  if (Object.hasOwn(map, '$tag')) return asMap(map.value as Value);
  return Object.keys(map).some((key) => key.startsWith('$')) ? null : map;
}
