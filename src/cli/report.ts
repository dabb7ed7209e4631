/** Small forms of output that verbs share: figures in words, annotations and summaries for GitHub. */
import { appendFileSync } from 'node:fs';
import type { Io } from './verb.ts';

/** `leadersElected` as `leaders elected`; a unit at the end stays behind the value. */
function named(name: string, value: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const [, body = words, unit] = /^(.*) (ms|seconds)$/.exec(words) ?? [];
  return unit === undefined ? `${words} ${value}` : `${body} ${value} ${unit === 'seconds' ? 's' : unit}`;
}

/** Rounded to what a reader needs. */
export const figure = (value: number): string =>
  (Number.isInteger(value) || Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4))).toLocaleString('en-US', {
    maximumSignificantDigits: 15,
  });

export const counted = (count: number, what: string): string => `${figure(count)} ${what}${count === 1 ? '' : 's'}`;

/** The plain fields of a result, in words; lists and tables are left to `--json`. */
export function fieldsInWords(fields: { readonly [name: string]: unknown }): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'number') parts.push(named(name, figure(value)));
    else if (typeof value === 'boolean') parts.push(named(name, value ? 'yes' : 'no'));
    else if (typeof value === 'string') parts.push(named(name, value));
  }
  return parts.join(', ');
}

/** An annotation on the change, where GitHub's CI runs us; on standard error, so that JSON stays JSON. */
export function annotate(io: Io, title: string, message: string): void {
  if (io.environment.GITHUB_ACTIONS !== 'true') return;
  const escaped = message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  io.err(`::error title=${title}::${escaped}`);
}

/** GitHub shows this file on the page of the job, as Markdown; what was found does not depend on it. */
export function summarise(io: Io, markdown: string): void {
  const path = io.environment.GITHUB_STEP_SUMMARY;
  if (path === undefined || path === '') return;
  try {
    appendFileSync(path, `${markdown.trimEnd()}\n\n`);
  } catch (error) {
    io.err(`the job's summary cannot be written to ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}

/** Text for people as it stands; its own backticks do not end it. */
export const verbatim = (text: string): string => `\`\`\`\`text\n${text}\n\`\`\`\``;

/** Wraps at word boundaries. */
export function wrapped(text: string, indent: string, width = 110): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + word.length + 1 > width) {
      lines.push(line);
      line = indent;
    }
    line += line.length > indent.length ? ` ${word}` : word;
  }
  return [...lines, line].join('\n');
}
