/**
 * Fast path for the lines that make up most of a trace: an `op` record as TraceWriter writes it, with plain values
 * (integers, strings without escapes, null, lists of these). Anything unusual gives null: JSON.parse and the full check decide.
 * A differential test holds both to the same records.
 */
import type { Value } from '../core/index.ts';
import type { OperationRecord } from './records.ts';

const START = '{"type":"op","seq":';
const MAX_PROCESS = 2147483647;
const QUOTE = 34;
const COMMA = 44;

type Building = { -readonly [K in keyof OperationRecord]: OperationRecord[K] };

export class OperationLineParser {
  #text = '';
  #at = 0;
  #failed = false;

  /** The record, or null when the line is not of the usual form (which says nothing about its being right). */
  parse(text: string): OperationRecord | null {
    if (!text.startsWith(START)) return null;
    this.#text = text;
    this.#at = START.length;
    this.#failed = false;
    const seq = this.#count();
    const timeNs = this.#take(',"timeNs":') ? this.#count() : undefined;
    const phase = this.#phase();
    if (!this.#take(',"process":')) return null;
    const process = this.#count();
    if (process > MAX_PROCESS || !this.#take(',"f":')) return null;
    const f = this.#string();
    if (f === '') return null;
    const key = this.#take(',"key":') ? this.#value() : undefined;
    const node = this.#take(',"node":') ? this.#string() : undefined;
    const value = this.#take(',"value":') ? this.#value() : undefined;
    const revision = this.#take(',"revision":') ? this.#count() : undefined;
    if (this.#failed || !this.#take('}') || this.#at !== text.length) return null;
    const record: Building = { type: 'op', seq, phase, process, f };
    if (timeNs !== undefined) record.timeNs = timeNs;
    if (key !== undefined) record.key = key;
    if (node !== undefined) record.node = node;
    if (value !== undefined) record.value = value;
    if (revision !== undefined) record.revision = revision;
    return record;
  }

  #take(expected: string): boolean {
    // A loop: String.startsWith is several times slower on such short texts.
    const text = this.#text;
    const from = this.#at;
    for (let i = 0; i < expected.length; i++) if (text.charCodeAt(from + i) !== expected.charCodeAt(i)) return false;
    this.#at = from + expected.length;
    return true;
  }

  #fail(): void {
    this.#failed = true;
  }

  #phase(): OperationRecord['phase'] {
    if (this.#take(',"phase":"invoke"')) return 'invoke';
    if (this.#take(',"phase":"ok"')) return 'ok';
    if (this.#take(',"phase":"fail"')) return 'fail';
    if (!this.#take(',"phase":"info"')) this.#fail();
    return 'info';
  }

  /** At most 15 digits, so that every sum on the way is exact. */
  #count(): number {
    const text = this.#text;
    const start = this.#at;
    let number = 0;
    let at = start;
    for (; ; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      number = number * 10 + digit;
    }
    const digits = at - start;
    if (digits === 0 || digits > 15 || (digits > 1 && text.charCodeAt(start) === 48)) this.#fail();
    this.#at = at;
    return number;
  }

  #string(): string {
    const text = this.#text;
    if (text.charCodeAt(this.#at) !== QUOTE) {
      this.#fail();
      return '';
    }
    const start = this.#at + 1;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === 92 || code < 32) this.#fail();
    }
    if (at === text.length) this.#fail();
    this.#at = at + 1;
    return text.slice(start, at);
  }

  #value(): Value {
    const code = this.#text.charCodeAt(this.#at);
    if (code === QUOTE) return this.#string();
    if (code === 91) return this.#list();
    if (this.#take('null')) return null;
    if (code !== 45) return this.#count();
    this.#at++;
    const number = this.#count();
    if (number === 0) this.#fail();
    return -number;
  }

  /** Of plain items only: no list inside a list. */
  #list(): Value {
    const items: Value[] = [];
    do {
      this.#at++;
      if (this.#text.charCodeAt(this.#at) === 91) this.#fail();
      else items.push(this.#value());
    } while (!this.#failed && this.#text.charCodeAt(this.#at) === COMMA);
    if (!this.#take(']')) this.#fail();
    return items;
  }
}
