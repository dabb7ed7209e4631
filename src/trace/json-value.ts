/**
 * Values in JSON. What JSON lacks is an object with one marked key: bytes `{"$bytes":"<hexadecimal>"}`, the infinities
 * `{"$double":"Infinity"}`. An object whose only key looks like a mark (with any number of `$`) gets one more `$`, so that every
 * value survives. Keys are written sorted: one value, one text.
 */
import { LightconeError, type Value } from '../core/index.ts';

const MARK = /^\$+(?:bytes|double)$/;
const HEX = /^(?:[0-9a-f]{2})*$/;

/** The JSON text of a value. */
export function writeJson(value: Value): string {
  if (typeof value === 'number') return Number.isFinite(value) ? (value === 0 ? '0' : String(value)) : writeInfinity(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (value instanceof Uint8Array) {
    let hex = '';
    for (const byte of value) hex += byte < 16 ? `0${byte.toString(16)}` : byte.toString(16);
    return `{"$bytes":"${hex}"}`;
  }
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  const object = value as { readonly [key: string]: Value };
  const keys = Object.keys(object).sort();
  if (keys.length === 1 && MARK.test(keys[0] as string)) return `{"$${keys[0]}":${writeJson(object[keys[0] as string] as Value)}}`;
  return `{${keys.map((key) => `${JSON.stringify(key)}:${writeJson(object[key] as Value)}`).join(',')}}`;
}

function writeInfinity(value: number): string {
  if (Number.isNaN(value)) throw new LightconeError('LC_TRACE_SYNTAX', 'NaN is not a value: nothing equals it');
  return `{"$double":"${value}"}`;
}

/** What is wrong with a parsed JSON value, as the end of a sentence. */
export class NotAValue extends Error {}

/** A value from what JSON.parse made of `text`. Throws NotAValue for numbers that do not fit and for too deep nesting. */
export function readJson(parsed: unknown, text: string, maxDepth: number): Value {
  switch (typeof parsed) {
    case 'number':
      if (!Number.isSafeInteger(parsed)) checkNumber(parsed, text);
      return parsed;
    case 'string':
    case 'boolean':
      return parsed;
  }
  if (parsed === null) return null;
  if (maxDepth === 0) throw new NotAValue('is nested too deep');
  if (Array.isArray(parsed)) {
    for (let i = 0; i < parsed.length; i++) {
      const item: unknown = parsed[i];
      if (typeof item === 'number' ? !Number.isSafeInteger(item) : typeof item === 'object') parsed[i] = readJson(item, text, maxDepth - 1);
    }
    return parsed as readonly Value[];
  }
  return readObject(parsed as { [key: string]: unknown }, text, maxDepth);
}

function readObject(object: { [key: string]: unknown }, text: string, maxDepth: number): Value {
  const keys = Object.keys(object);
  const only = keys.length === 1 ? (keys[0] as string) : '';
  if (MARK.test(only)) {
    if (only === '$double') return readInfinity(object[only]);
    if (only !== '$bytes') return { [only.slice(1)]: readJson(object[only], text, maxDepth - 1) };
    return readBytes(object[only]);
  }
  for (const key of keys) {
    const item = object[key];
    if (typeof item !== 'object' && typeof item !== 'number') continue;
    const value = readJson(item, text, maxDepth - 1);
    if (value !== item) Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return object as { readonly [key: string]: Value };
}

function readBytes(hex: unknown): Uint8Array {
  if (typeof hex !== 'string' || !HEX.test(hex)) throw new NotAValue('has "$bytes" that are not pairs of lower-case hexadecimal digits');
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

function readInfinity(text: unknown): number {
  if (text !== 'Infinity' && text !== '-Infinity') throw new NotAValue('has a "$double" that is neither "Infinity" nor "-Infinity"');
  return Number(text);
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Two integers that differ only beyond 2^53 would become one value, and a violation a pass: such a literal is refused. */
function checkNumber(number: number, text: string): void {
  if (!Number.isFinite(number)) throw new NotAValue('has a number beyond the range of doubles');
  if (!Number.isInteger(number)) return;
  for (const [literal] of text.matchAll(STRING_OR_NUMBER)) {
    if (literal.startsWith('"') || /[.eE]/.test(literal)) continue;
    const read = Number(literal);
    if (!Number.isSafeInteger(read) && String(read) !== literal)
      throw new NotAValue(`has the integer ${literal.slice(0, 40)}, which a double cannot hold: write it as a string`);
  }
}
