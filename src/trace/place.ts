/**
 * Where in the input something is wrong, and the limits that guard memory. Every refusal of this room names the
 * source (as the caller calls it), the line and the offending value, in one sentence.
 */
import { type ErrorCode, type ErrorData, LightconeError } from '../core/index.ts';

export interface ReadLimits {
  /** Characters of one line (JSON Lines, log) or of one top-level form (EDN). */
  readonly maxLineChars: number;
  /** How deep lists and objects may nest. At most 64: the codec's limit. */
  readonly maxDepth: number;
  /** Records (lines or forms) of one input. */
  readonly maxRecords: number;
  /** Records that one view keeps of each kind except `op`. */
  readonly maxKept: number;
}

export const defaultLimits: ReadLimits = { maxLineChars: 16 * 1024 * 1024, maxDepth: 60, maxRecords: 2_000_000_000, maxKept: 5_000_000 };

/** Throws the refusal `source:line: sentence`; line 0 means that the records came from memory. */
export function refuse(code: ErrorCode, source: string, line: number, sentence: string, data: ErrorData = {}): never {
  const where = line > 0 ? `${source}:${line}` : source;
  throw new LightconeError(code, `${where}: ${sentence}`, { source, line, ...data });
}

const SHOWN_CHARS = 60;

/** An offending value as one short printable piece of text. */
export function show(value: unknown): string {
  let text: string;
  if (typeof value === 'bigint' || value === undefined || typeof value === 'function' || typeof value === 'symbol') text = String(value);
  else if (typeof value === 'number') text = String(value);
  else if (typeof value === 'string') text = JSON.stringify(value.slice(0, SHOWN_CHARS + 1));
  else text = showStructure(value, 0);
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}...` : text;
}

function showStructure(value: unknown, depth: number): string {
  if (value === null || typeof value !== 'object') return typeof value === 'string' ? show(value) : String(value);
  if (depth > 3) return '...';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `[${value.slice(0, 8).map((item) => showStructure(item, depth + 1))}${value.length > 8 ? ',...' : ''}]`;
  const entries = Object.entries(value).slice(0, 8);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${showStructure(item, depth + 1)}`)}}`;
}

/** A piece of raw input, shortened, quoted. */
export function excerpt(text: string): string {
  const shown = JSON.stringify(text.slice(0, SHOWN_CHARS));
  return text.length > SHOWN_CHARS ? `${shown}...` : shown;
}
