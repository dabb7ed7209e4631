/** The text format of data-driven cases: `cmd arg key=value key=(v1,v2)`, input lines, `----`, expected output up to a blank line. */

export interface Argument {
  readonly key: string;
  readonly values: readonly string[];
}

export interface Case {
  /** 1-based line of the command. */
  readonly line: number;
  readonly command: string;
  readonly args: readonly Argument[];
  readonly input: string;
  readonly expected: string;
}

export function parseCases(text: string): Case[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const cases: Case[] = [];
  let at = 0;
  while (at < lines.length) {
    let head = (lines[at] as string).trim();
    const line = at + 1;
    at++;
    if (head === '' || head.startsWith('#')) continue;
    while (head.endsWith('\\') && at < lines.length) {
      head = `${head.slice(0, -1).trim()} ${(lines[at] as string).trim()}`;
      at++;
    }
    const input: string[] = [];
    while (at < lines.length && (lines[at] as string).trim() !== '----') input.push(lines[at++] as string);
    at++;
    // A second separator: the expected output may have blank lines and ends with two more.
    const fenced = lines[at] === '----';
    if (fenced) at++;
    const expected: string[] = [];
    while (at < lines.length) {
      const next = lines[at] as string;
      if (fenced ? next === '----' && lines[at + 1] === '----' : next.trim() === '') break;
      expected.push(next);
      at++;
    }
    if (fenced) at += 2;
    const { command, args } = parseHead(head, line);
    cases.push({ line, command, args, input: input.join('\n').trim(), expected: expected.join('\n') });
  }
  return cases;
}

function parseHead(head: string, line: number): { command: string; args: Argument[] } {
  const tokens = head.match(/[^\s=()]+=\([^)]*\)|[^\s=()]+=[^\s()]+|[^\s=()]+=|\S+/g) ?? [];
  const [command, ...rest] = tokens;
  if (command === undefined) throw new Error(`line ${line}: no command in "${head}"`);
  const args = rest.map((token): Argument => {
    const equals = token.indexOf('=');
    if (equals < 0) return { key: token, values: [] };
    const value = token.slice(equals + 1);
    const inner = value.startsWith('(') && value.endsWith(')') ? value.slice(1, -1) : value;
    const values = inner === '' ? [] : inner.split(',').map((item) => item.trim());
    return { key: token.slice(0, equals), values };
  });
  return { command, args };
}

/** The values of `key`, or none. */
export function valuesOf(args: readonly Argument[], key: string): readonly string[] {
  return args.filter((arg) => arg.key === key).flatMap((arg) => arg.values);
}

export const isTrue = (values: readonly string[]): boolean => values[0] === 'true';
