/**
 * Equal values become one small integer. Numbers, strings and booleans are looked up as they are; lists, objects and
 * bytes by a canonical text (sorted keys), so that equality is `equalValues` of core.
 */
import type { Value } from '../core/index.ts';

export class Interner {
  readonly values: Value[] = [];
  readonly #plain = new Map<Value, number>();
  readonly #structured = new Map<string, number>();

  id(value: Value): number {
    if (value !== null && typeof value === 'object') return this.#structuredId(value);
    const known = this.#plain.get(value);
    if (known !== undefined) return known;
    this.#plain.set(value, this.values.length);
    return this.values.push(value === 0 ? 0 : value) - 1;
  }

  #structuredId(value: Value): number {
    const text = canonicalText(value);
    const known = this.#structured.get(text);
    if (known !== undefined) return known;
    this.#structured.set(text, this.values.length);
    return this.values.push(value) - 1;
  }
}

/** One text for each value: JSON with sorted keys; bytes as `#` and hexadecimal digits, which JSON never starts with. */
export function canonicalText(value: Value): string {
  if (value === null || typeof value !== 'object') return value === 0 ? '0' : JSON.stringify(value);
  if (value instanceof Uint8Array) {
    let text = '#';
    for (const byte of value) text += byte < 16 ? `0${byte.toString(16)}` : byte.toString(16);
    return text;
  }
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  const object = value as { readonly [key: string]: Value };
  const keys = Object.keys(object).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalText(object[key] as Value)}`).join(',')}}`;
}
