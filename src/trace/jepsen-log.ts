/**
 * Jepsen's console log and its history.txt: one half operation a line, `process :type :f value [error]`, separated by
 * tabs (or blanks), after the logger's prefix (`INFO  jepsen.util - `) or bare. Other lines must be recognisable as log
 * lines (a level; a stack trace after one): anything else is refused, so that a damaged operation is not lost.
 */
import type { Value } from '../core/index.ts';
import { EdnError, EdnParser } from './edn.ts';
import type { JepsenOperation } from './jepsen.ts';
import { excerpt, type ReadLimits, refuse } from './place.ts';

const LEVEL =
  /^(?:\[?\d[\dT:.,\-/ ]*(?:Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?\]?[\s{}A-Za-z]*?\s)?\[?(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE|FATAL)\]?[\s:]/;
const LOGGER = /\bjepsen\.util(?::| -)?\s+/;
const OPERATION = /^(\d+|:[\w-]+)[\t ]+(:[\w-]+)[\t ]+(:[^\s,"()[\]{};]+)(?:[\t ]+(.*))?$/s;
/** Anywhere in a line: an operation by another logger. */
const EMBEDDED = /\s(?:\d+|:[\w-]+)\t:(?:invoke|ok|fail|info)\t/;
const ALMOST = /^(?:-?\d+|:[\w-]+)[\t ]+:/;
const STACK_TRACE = /^(?:\s+at\s|\s*\.\.\. \d+ (?:more|common frames omitted)|Caused by: |\s*[\w.$]+(?:Exception|Error|Throwable)(?::|$))/;

export class JepsenLogParser {
  readonly #source: string;
  readonly #limits: ReadLimits;
  #afterLogLine = false;

  constructor(source: string, limits: ReadLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  /** null for a line that is no operation. Throws LC_TRACE_SYNTAX. */
  parse(text: string, line: number): JepsenOperation | null {
    if (text.trim() === '') return null;
    const message = this.#message(text);
    const operation = OPERATION.exec(message);
    if (operation !== null) {
      this.#afterLogLine = true;
      return this.#operation(operation, line);
    }
    const isLogLine = LEVEL.test(text);
    if (ALMOST.test(message) || !(isLogLine || (this.#afterLogLine && STACK_TRACE.test(text))))
      refuse('LC_TRACE_SYNTAX', this.#source, line, `neither an operation (process :type :f value) nor a log line: ${excerpt(text)}`);
    this.#afterLogLine = true;
    return null;
  }

  #message(text: string): string {
    const logger = LOGGER.exec(text);
    if (logger !== null) return text.slice(logger.index + logger[0].length);
    const embedded = LEVEL.test(text) ? EMBEDDED.exec(text) : null;
    return embedded === null ? text : text.slice(embedded.index + 1);
  }

  #operation(parts: RegExpExecArray, line: number): JepsenOperation {
    const [, process, type, f, rest] = parts as unknown as [string, string, string, string, string | undefined];
    const [value, error] = process.startsWith(':') ? [rest ?? null, undefined] : this.#value(rest ?? '', line);
    return { process: process.startsWith(':') ? process : Number(process), type, f, value, error };
  }

  /** The value, one EDN form, and the error text behind it. */
  #value(rest: string, line: number): readonly [Value, string | undefined] {
    const parser = new EdnParser(rest, this.#limits.maxDepth);
    try {
      const value = parser.form();
      const error = rest.slice(parser.at).trim();
      if (error !== '' && !/\s/.test(rest.charAt(parser.at))) throw new EdnError(`${excerpt(error)} follows the value`, parser.at);
      return [value, error === '' ? undefined : error];
    } catch (error) {
      if (!(error instanceof EdnError)) throw error;
      refuse('LC_TRACE_SYNTAX', this.#source, line, `${error.message}, in the value ${excerpt(rest)}`);
    }
  }
}
