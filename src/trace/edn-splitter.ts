/**
 * Text chunks become the top-level forms of an EDN history: maps one after another, or the maps inside one vector or
 * list. Finds only where forms begin and end (brackets, strings, chars, comments, tags, `#_`); the parser judges their inside.
 */
import { excerpt, refuse } from './place.ts';

const BETWEEN = 0;
const IN_FORM = 1;
/** A tag, `#_` or a bare atom at the top level. */
const IN_TOKEN = 2;
const SLASHED = 92;
const QUOTE = 34;
const SEMICOLON = 59;
const NEWLINE = 10;

export class EdnSplitter {
  readonly #source: string;
  readonly #maxChars: number;
  readonly #form: (text: string, line: number) => void;
  #state = BETWEEN;
  #depth = 0;
  #inString = false;
  #inComment = false;
  #escaped = false;
  #line = 1;
  #pieceLine = 1;
  /** Text of the unfinished piece from earlier chunks. */
  #pending = '';
  /** Tags that belong to the next form. */
  #tags: string[] = [];
  /** How many of the next forms `#_` discards. */
  #discards = 0;
  #outer: 'none' | 'open' | 'closed' = 'none';
  #forms = 0;

  /** `form` gets the text of each form and the line on which it starts. */
  constructor(source: string, maxChars: number, form: (text: string, line: number) => void) {
    this.#source = source;
    this.#maxChars = maxChars;
    this.#form = form;
  }

  feed(text: string): void {
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (this.#state === IN_TOKEN && endsToken(code)) {
        this.#token(this.#pending + text.slice(start, i));
        this.#state = BETWEEN;
      }
      if (this.#state === BETWEEN) {
        if (this.#begins(code)) start = i;
      } else if (this.#state === IN_FORM && this.#ends(code)) {
        this.#bracketed(this.#pending + text.slice(start, i + 1));
        this.#state = BETWEEN;
      }
      if (code === NEWLINE) this.#line++;
    }
    if (this.#state === BETWEEN) return;
    this.#pending += text.slice(start);
    if (this.#pending.length > this.#maxChars)
      refuse('LC_TRACE_LINE_TOO_LONG', this.#source, this.#pieceLine, `a form of more than ${this.#maxChars} characters`);
  }

  end(): void {
    if (this.#state === IN_TOKEN) this.#token(this.#pending);
    else if (this.#state === IN_FORM)
      refuse('LC_TRACE_SYNTAX', this.#source, this.#pieceLine, `the input ends inside the form ${excerpt(this.#pending)}`);
    if (this.#discards > 0 || this.#tags.length > 0)
      refuse('LC_TRACE_SYNTAX', this.#source, this.#line, `the input ends after ${this.#tags[0] ?? '#_'}, which needs a form`);
    if (this.#outer === 'open') refuse('LC_TRACE_SYNTAX', this.#source, this.#line, 'the input ends, but its first [ is never closed');
  }

  /** One character between forms; true when a piece begins with it. */
  #begins(code: number): boolean {
    if (this.#inComment) {
      if (code === NEWLINE) this.#inComment = false;
      return false;
    }
    if (isBlank(code)) return false;
    if (code === SEMICOLON) {
      this.#inComment = true;
      return false;
    }
    if (this.#outerBracket(code)) return false;
    if (code === SLASHED || code === 93 || code === 41 || code === 125) this.#unexpected(String.fromCharCode(code));
    this.#pieceLine = this.#line;
    this.#pending = '';
    this.#inString = code === QUOTE;
    this.#depth = opens(code) ? 1 : 0;
    this.#state = this.#inString || this.#depth > 0 ? IN_FORM : IN_TOKEN;
    return true;
  }

  /** True for the bracket that opens or closes the vector or list around all forms. */
  #outerBracket(code: number): boolean {
    if (this.#tags.length > 0 || this.#discards > 0) return false;
    if ((code === 91 || code === 40) && this.#outer === 'none' && this.#forms === 0) this.#outer = 'open';
    else if ((code === 93 || code === 41) && this.#outer === 'open') this.#outer = 'closed';
    else return false;
    return true;
  }

  /** One character inside a bracketed form or string; true when it ends it. */
  #ends(code: number): boolean {
    if (this.#inComment) {
      if (code === NEWLINE) this.#inComment = false;
      return false;
    }
    if (this.#escaped) {
      this.#escaped = false;
      return false;
    }
    if (code === SLASHED) {
      this.#escaped = true;
      return false;
    }
    if (this.#inString) {
      if (code !== QUOTE) return false;
      this.#inString = false;
      return this.#depth === 0;
    }
    if (code === QUOTE) this.#inString = true;
    else if (code === SEMICOLON) this.#inComment = true;
    else if (opens(code)) this.#depth++;
    else if (code === 125 || code === 93 || code === 41) return --this.#depth === 0;
    return false;
  }

  #token(text: string): void {
    let rest = text;
    while (rest.startsWith('#_')) {
      if (this.#tags.length > 0) this.#unexpected(rest);
      this.#discards++;
      rest = rest.slice(2);
    }
    if (rest === '') return;
    if (rest.startsWith('#')) this.#tags.push(rest);
    else if (this.#discards > 0) this.#discard();
    else this.#unexpected(rest);
  }

  #bracketed(text: string): void {
    if (this.#discards > 0) {
      this.#discard();
      return;
    }
    if (this.#outer === 'closed') this.#unexpected(text);
    const tagged = this.#tags.length === 0 ? text : this.#tags.join(' ') + text;
    if (tagged.length > this.#maxChars)
      refuse('LC_TRACE_LINE_TOO_LONG', this.#source, this.#pieceLine, `a form of more than ${this.#maxChars} characters`);
    this.#tags = [];
    this.#forms++;
    this.#form(tagged, this.#pieceLine);
  }

  #discard(): void {
    this.#discards--;
    this.#tags = [];
  }

  #unexpected(what: string): never {
    refuse('LC_TRACE_SYNTAX', this.#source, this.#line, `expected a map such as {:process 0, :type :invoke, ...}, not ${excerpt(what)}`);
  }
}

function isBlank(code: number): boolean {
  return code <= 32 || code === 44 || code === 0xa0;
}

function opens(code: number): boolean {
  return code === 123 || code === 91 || code === 40;
}

function endsToken(code: number): boolean {
  return isBlank(code) || opens(code) || code === 125 || code === 93 || code === 41 || code === QUOTE || code === SEMICOLON;
}
