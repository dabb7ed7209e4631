/** Why a minimal set of operations cannot all be true, in words: one line an operation, the contradiction last. */
import { NEVER } from '../trace/index.ts';
import { CAS, observes, READ, WRITE } from './model.ts';
import type { Part } from './part.ts';
import type { Teller } from './story.ts';

export interface Told {
  /** The contradiction in one sentence. */
  readonly sentence: string;
  readonly story: readonly string[];
}

/** `members` are indices of `part` whose weakening would remove the contradiction. */
export function tellContradiction(teller: Teller, part: Part, members: readonly number[], minimal: boolean): Told {
  const rows = members.map((index) => part.row[index] as number).sort((x, y) => x - y);
  const sentence = part.machine.registers ? registerSentence(teller, part, members) : null;
  const last = sentence ?? generalSentence(teller, part, members);
  const lines = rows.map((row) => teller.line(row));
  const note = minimal ? [] : ['(this set may not be minimal: the budget ended before every operation was tried)'];
  return { sentence: last, story: [...lines, ...note, last] };
}

const sees = (kind: number): boolean => kind === READ || kind === CAS;
const makes = (part: Part, index: number): number => (part.kind[index] === CAS ? part.b[index] : part.a[index]) as number;

function registerSentence(teller: Teller, part: Part, members: readonly number[]): string | null {
  const row = (index: number): number => part.row[index] as number;
  const observers = members.filter((index) => sees(part.kind[index] as number));
  const last = observers.at(-1);
  if (last === undefined) return null;
  const value = part.a[last] as number;
  if (members.length === 1) return thinAir(teller, part, last);
  const makers = members.filter((index) => index !== last && !observes(part.kind[index] as number) && makes(part, index) === value);
  const early = makers.find((index) => (part.call[index] as number) > (part.ret[last] as number));
  if (early !== undefined && members.length === 2) {
    return `${teller.server(row(last))} ${teller.action(row(last))} by ${teller.end(row(last))}, before ${teller.process(row(early))} began to ${teller.action(row(early))} at ${teller.begin(row(early))}`;
  }
  // The last acknowledged change to something else before the value was seen.
  let stale = -1;
  for (const index of members) {
    if (index === last || part.kind[index] !== WRITE || makes(part, index) === value) continue;
    if (
      (part.ret[index] as number) < (part.call[last] as number) &&
      (stale < 0 || (part.ret[index] as number) > (part.ret[stale] as number))
    )
      stale = index;
  }
  return stale < 0 ? null : teller.tooLate(row(last), row(stale));
}

function thinAir(teller: Teller, part: Part, index: number): string {
  const row = part.row[index] as number;
  return `${teller.server(row)} ${teller.action(row)} at ${teller.begin(row)}, but nobody had written that value`;
}

function generalSentence(teller: Teller, part: Part, members: readonly number[]): string {
  const rows = members.map((index) => part.row[index] as number).sort((x, y) => x - y);
  const actions = rows.slice(0, 6).map((row) => `${teller.process(row)} ${teller.action(row)}`);
  const more = rows.length > 6 ? ` and ${rows.length - 6} more` : '';
  const pending = members.some((index) => part.ret[index] === NEVER) ? ' (of those without an answer, each may have happened or not)' : '';
  return `no order that keeps real time explains ${actions.join('; ')}${more}${pending}`;
}
