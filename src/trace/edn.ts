/**
 * Extensible Data Notation (github.com/edn-format/edn), one form of text to one Value. Strict and depth-limited. What
 * JSON-like values lack keeps its identity: keyword `":x"`; a string that starts with `:` `{$string}`; symbol `{$symbol}`, char `{$char}`,
 * ratio `{$ratio}`, integer beyond 2^53 `{$integer}`, set `{$set: sorted}`, tagged literal `{$tag, value}`, a map with
 * other keys than keywords and strings `{$map: sorted pairs}`. Lists equal vectors, 1.0 equals 1. Not code: no quote, `@`, `^`, `#"`.
 */
import type { Value } from '../core/index.ts';
import { canonicalText } from './interner.ts';
import { show } from './place.ts';

/** What is wrong, and at which offset of the text. */
export class EdnError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const SPACE = /[\s,]/;
const DELIMITER = /[\s,"()[\]{};]/;
const TOKEN = /[^\s,"()[\]{};]*/y;
const INTEGER = /^[+-]?(?:0|[1-9]\d*)N?$/;
const DOUBLE = /^[+-]?(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d+)?M?$/;
const RATIO = /^([+-]?\d+)\/(\d+)$/;
const SYMBOL = /^(?:\/|[A-Za-z*!_?$%&=<>.+|'-][\w*!?$%&=<>.+|'#:-]*(?:\/[\w*!?$%&=<>.+|'#:/-]+)?)$/;
const CHAR_NAMES: { readonly [name: string]: string } = {
  newline: '\n',
  return: '\r',
  space: ' ',
  tab: '\t',
  formfeed: '\f',
  backspace: '\b',
};
const ESCAPES: { readonly [letter: string]: string } = { t: '\t', r: '\r', n: '\n', '\\': '\\', '"': '"', b: '\b', f: '\f' };

type Pair = readonly [Value, Value];

export class EdnParser {
  readonly #text: string;
  readonly #maxDepth: number;
  #at: number;

  constructor(text: string, maxDepth: number, at = 0) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.#at = at;
  }

  /** Offset behind what was read. */
  get at(): number {
    return this.#at;
  }

  /** The next form. Throws EdnError when there is none. */
  form(): Value {
    if (!this.more()) this.#fail('the text ends where a form should be');
    return this.#form(0);
  }

  /** Skips blanks, comments and discarded forms; true when a form (or a closing bracket) follows. */
  more(): boolean {
    return this.#skip(0);
  }

  #fail(message: string, offset = this.#at): never {
    throw new EdnError(message, offset);
  }

  #skip(depth: number): boolean {
    const text = this.#text;
    while (this.#at < text.length) {
      const char = text[this.#at] as string;
      if (SPACE.test(char)) this.#at++;
      else if (char === ';') {
        const end = text.indexOf('\n', this.#at);
        this.#at = end < 0 ? text.length : end + 1;
      } else if (char === '#' && text[this.#at + 1] === '_') {
        if (depth >= this.#maxDepth) this.#fail(`nested deeper than ${this.#maxDepth}`);
        this.#at += 2;
        if (!this.#skip(depth + 1)) this.#fail('#_ has no form to discard');
        this.#form(depth + 1);
      } else return true;
    }
    return false;
  }

  #form(depth: number): Value {
    if (depth > this.#maxDepth) this.#fail(`nested deeper than ${this.#maxDepth}`);
    switch (this.#text[this.#at]) {
      case '[':
        return this.#sequence(']', depth);
      case '(':
        return this.#sequence(')', depth);
      case '{':
        return this.#map('', depth);
      case '"':
        return this.#string();
      case '#':
        return this.#dispatch(depth);
      case '\\':
        return this.#char();
      case ']':
      case ')':
      case '}':
        return this.#fail(`${this.#text[this.#at]} closes nothing`);
    }
    return this.#atom();
  }

  #sequence(close: string, depth: number): Value[] {
    const start = this.#at++;
    const items: Value[] = [];
    for (;;) {
      if (!this.#skip(depth)) this.#fail(`${this.#text[start]} is never closed`, start);
      if (this.#text[this.#at] === close) {
        this.#at++;
        return items;
      }
      items.push(this.#form(depth + 1));
    }
  }

  #map(namespace: string, depth: number): Value {
    const start = this.#at;
    const items = this.#sequence('}', depth);
    if (items.length % 2 !== 0) this.#fail('a map with a key that has no value', start);
    const pairs: Pair[] = [];
    for (let i = 0; i < items.length; i += 2) pairs.push([qualified(items[i] as Value, namespace), items[i + 1] as Value]);
    this.#distinct(
      pairs.map(([key]) => key),
      'key',
      start,
    );
    if (!pairs.every(([key]) => typeof key === 'string' && !key.startsWith('$'))) return { $map: sorted(pairs) };
    return Object.fromEntries(pairs as [string, Value][]);
  }

  #distinct(items: readonly Value[], what: string, start: number): void {
    const seen = new Set<string>();
    for (const item of items) {
      const text = canonicalText(item);
      if (seen.has(text)) this.#fail(`the ${what} ${show(item)} stands there twice`, start);
      seen.add(text);
    }
  }

  #dispatch(depth: number): Value {
    const start = this.#at++;
    const next = this.#text[this.#at];
    if (next === '{') {
      const items = this.#sequence('}', depth);
      this.#distinct(items, 'element', start);
      return { $set: sorted(items) };
    }
    if (next === '#') return this.#symbolicNumber(start);
    const token = this.#token();
    if (token.startsWith(':')) {
      if (!SYMBOL.test(token.slice(1)) || this.#text[this.#at] !== '{') this.#fail(`#${token} is no namespaced map`, start);
      return this.#map(token.slice(1), depth);
    }
    if (!SYMBOL.test(token) || !/^[A-Za-z]/.test(token)) this.#fail(`#${token === '' ? (next ?? '') : token} is not EDN`, start);
    if (!this.#skip(depth)) this.#fail(`the tag #${token} has no value`, start);
    return { $tag: token, value: this.#form(depth + 1) };
  }

  #symbolicNumber(start: number): Value {
    this.#at++;
    const token = this.#token();
    if (token === 'Inf') return Number.POSITIVE_INFINITY;
    if (token === '-Inf') return Number.NEGATIVE_INFINITY;
    return this.#fail(token === 'NaN' ? 'NaN is not a value: nothing equals it' : `##${token} is not EDN`, start);
  }

  #token(): string {
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text)?.[0] ?? '';
    this.#at += token.length;
    return token;
  }

  #atom(): Value {
    const start = this.#at;
    const token = this.#token();
    switch (token) {
      case 'nil':
        return null;
      case 'true':
        return true;
      case 'false':
        return false;
    }
    if (token.startsWith(':')) {
      if (!SYMBOL.test(token.slice(1)) && !/^\d[\w.-]*$/.test(token.slice(1))) this.#fail(`${show(token)} is no keyword`, start);
      return token;
    }
    if (/^[+-]?\d/.test(token)) return this.#number(token, start);
    if (!SYMBOL.test(token)) this.#fail(`${show(token)} is not EDN`, start);
    return { $symbol: token };
  }

  #number(token: string, start: number): Value {
    if (INTEGER.test(token)) {
      const digits = token.replace(/^\+|N$/g, '').replace(/N$/, '');
      const number = Number(digits);
      return Number.isSafeInteger(number) ? number + 0 : { $integer: digits };
    }
    const ratio = RATIO.exec(token);
    if (ratio !== null) {
      if (/^0+$/.test(ratio[2] as string)) this.#fail(`${show(token)} divides by zero`, start);
      return { $ratio: token };
    }
    if (!DOUBLE.test(token)) this.#fail(`${show(token)} is no number`, start);
    const number = Number(token.replace(/M$/, ''));
    if (!Number.isFinite(number)) this.#fail(`${show(token)} is beyond the range of doubles`, start);
    return number;
  }

  #string(): Value {
    const text = this.#text;
    const start = this.#at++;
    let value = '';
    let from = this.#at;
    for (;;) {
      const char = text[this.#at];
      if (char === undefined) this.#fail('a string is never closed', start);
      if (char === '"') break;
      if (char !== '\\') {
        this.#at++;
        continue;
      }
      value += text.slice(from, this.#at) + this.#escape();
      from = this.#at;
    }
    value += text.slice(from, this.#at++);
    return value.startsWith(':') ? { $string: value } : value;
  }

  #escape(): string {
    const start = this.#at;
    const letter = this.#text[start + 1] ?? '';
    this.#at += 2;
    const plain = ESCAPES[letter];
    if (plain !== undefined) return plain;
    const code = /^u([0-9a-fA-F]{4})|^([0-3]?[0-7]{1,2})/.exec(this.#text.slice(start + 1, start + 6));
    if (code === null) this.#fail(`\\${letter} is no escape of EDN`, start);
    this.#at = start + 1 + code[0].length;
    return String.fromCharCode(code[1] === undefined ? Number.parseInt(code[2] as string, 8) : Number.parseInt(code[1], 16));
  }

  #char(): Value {
    const start = this.#at++;
    const first = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 32);
    if (this.#at >= this.#text.length || SPACE.test(first)) this.#fail('\\ without a character', start);
    this.#at += first.length;
    const name = DELIMITER.test(first) ? first : first + this.#token();
    if (name === first) return { $char: name };
    const named = Object.hasOwn(CHAR_NAMES, name) ? CHAR_NAMES[name] : undefined;
    if (named !== undefined) return { $char: named };
    if (/^u[0-9a-fA-F]{4}$/.test(name)) return { $char: String.fromCharCode(Number.parseInt(name.slice(1), 16)) };
    if (/^o[0-3]?[0-7]{1,2}$/.test(name)) return { $char: String.fromCharCode(Number.parseInt(name.slice(1), 8)) };
    return this.#fail(`\\${name} is no character`, start);
  }
}

function qualified(key: Value, namespace: string): Value {
  if (namespace === '' || typeof key !== 'string' || !key.startsWith(':') || key.includes('/')) return key;
  return `:${namespace}/${key.slice(1)}`;
}

function sorted<T extends Value>(items: readonly T[]): T[] {
  const texts = items.map((item): readonly [string, T] => [canonicalText(item), item]);
  return texts.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)).map(([, item]) => item);
}
