/**
 * Locks: nobody holds a lock while somebody else surely does. Sure is the time from the answer of `acquire` to the call of
 * `release` (without release: to the last call of that process). Fencing tokens (what acquire answered) must grow, and a
 * write `[token, value]` must not be accepted after one with a greater token was (Kleppmann 2016). Each key is a lock.
 */
import type { Value } from '../../core/index.ts';
import { OK, type TraceView } from '../../trace/index.ts';
import { Meter } from '../budget.ts';
import type { Budget, Checker, CheckResult } from '../checker.ts';
import { Teller } from '../story.ts';
import { skipped } from '../versions.ts';
import { answerOf, argumentOf, type Breach, conclude, rowsOf } from './rows.ts';

export const lock: Checker = { name: 'lock', needs: ['op'], needsTime: false, check };

interface Hold {
  readonly row: number;
  readonly from: number;
  readonly until: number;
}

/** An operation with a token. */
interface Fenced {
  readonly row: number;
  readonly token: number;
}

const tokenOf = (value: Value | undefined): number | null => {
  if (typeof value === 'number') return value;
  if (Array.isArray(value)) return typeof value[0] === 'number' ? value[0] : null;
  const token = value !== null && typeof value === 'object' ? (value as { readonly [name: string]: Value }).token : undefined;
  return typeof token === 'number' ? token : null;
};

function check(view: TraceView, budget: Budget): CheckResult {
  const { history } = view;
  if (!history.functions.includes('acquire')) return skipped('locks have acquire and release');
  const meter = new Meter(budget);
  const teller = new Teller(history, view.timed);
  const breaches: Breach[] = [];
  const holds = holdsOf(view);
  let locks = 0;
  for (const all of byKey(view, [...holds.keys()]).values()) {
    locks++;
    const list = all.map((row) => holds.get(row) as Hold);
    if (!meter.spend(list.length)) break;
    breaches.push(...overlaps(list, teller));
  }
  const acquires = fenced(view, rowsOf(history, ['acquire']), (row) => answerOf(history, row));
  const writes = fenced(view, rowsOf(history, ['write', 'put']), (row) => argumentOf(history, row));
  for (const [all, what] of [
    [acquires, 'acquire'],
    [writes, 'write'],
  ] as const) {
    const byRow = new Map(all.map((one) => [one.row, one]));
    for (const rows of byKey(view, [...byRow.keys()]).values()) {
      if (!meter.spend(rows.length)) break;
      breaches.push(
        ...tokens(
          view,
          rows.map((row) => byRow.get(row) as Fenced),
          teller,
          what,
        ),
      );
    }
  }
  const count = (kind: string): number => breaches.filter((breach) => breach.kind === kind).length;
  const stats = {
    locks,
    holds: holds.size,
    tokens: acquires.length,
    overlaps: count('two-holders'),
    tokensNotGrowing: count('token-not-growing'),
    staleWrites: count('stale-token-accepted'),
  };
  return conclude(view, breaches, stats, { open: meter.exhausted });
}

/** The sure hold of each acknowledged acquire. */
function holdsOf(view: TraceView): ReadonlyMap<number, Hold> {
  const { history } = view;
  const [acquire, release] = [history.functions.indexOf('acquire'), history.functions.indexOf('release')];
  const open = new Map<string, { row: number; last: number }>();
  const holds = new Map<number, Hold>();
  const close = (name: string, until: number): void => {
    const held = open.get(name);
    if (held === undefined) return;
    const from = history.complete[held.row] as number;
    if (until > from) holds.set(held.row, { row: held.row, from, until });
    open.delete(name);
  };
  for (let row = 0; row < history.count; row++) {
    const name = `${history.process[row]},${history.key[row]}`;
    const began = history.invoke[row] as number;
    const held = open.get(name);
    if (held !== undefined) held.last = began;
    if (history.f[row] === release) close(name, began);
    // An acquire of what the process holds already: nobody knows what that means, and the first hold ends.
    if (history.f[row] !== acquire || history.status[row] !== OK) continue;
    if (held !== undefined) close(name, began);
    open.set(name, { row, last: -1 });
  }
  for (const [name, { last }] of [...open]) close(name, last);
  return holds;
}

function byKey(view: TraceView, rows: readonly number[]): ReadonlyMap<number, readonly number[]> {
  const groups = new Map<number, number[]>();
  for (const row of rows) {
    const key = view.history.key[row] as number;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

function overlaps(holds: readonly Hold[], teller: Teller): readonly Breach[] {
  const breaches: Breach[] = [];
  let longest: Hold | null = null;
  for (const hold of [...holds].sort((x, y) => x.from - y.from)) {
    if (longest !== null && longest.until > hold.from) {
      const message = `${teller.process(hold.row)} got the lock at ${teller.end(hold.row)}, while ${teller.process(longest.row)} held it, from ${teller.end(longest.row)} on`;
      breaches.push({ kind: 'two-holders', message, operations: [longest.row, hold.row] });
    }
    if (longest === null || hold.until > longest.until) longest = hold;
  }
  return breaches;
}

function fenced(view: TraceView, rows: readonly number[], sourceOf: (row: number) => Value | undefined): readonly Fenced[] {
  return rows.flatMap((row) => {
    const token = view.history.status[row] === OK ? tokenOf(sourceOf(row)) : null;
    return token === null ? [] : [{ row, token }];
  });
}

/** What began after something with a greater token (acquire: or an equal one) had been answered. */
function tokens(view: TraceView, all: readonly Fenced[], teller: Teller, what: 'acquire' | 'write'): readonly Breach[] {
  const { history } = view;
  const breaches: Breach[] = [];
  const byEnd = [...all].sort((x, y) => (history.complete[x.row] as number) - (history.complete[y.row] as number));
  let ended = 0;
  let greatest: Fenced | null = null;
  for (const one of all) {
    for (
      let next = byEnd[ended];
      next !== undefined && (history.complete[next.row] as number) < (history.invoke[one.row] as number);
      next = byEnd[++ended]
    )
      if (greatest === null || next.token > greatest.token) greatest = next;
    if (greatest === null || greatest.token < one.token || (what === 'write' && greatest.token === one.token)) continue;
    const kind = what === 'acquire' ? 'token-not-growing' : 'stale-token-accepted';
    const message = `${teller.process(one.row)} ${what === 'acquire' ? 'got' : 'wrote with'} token ${one.token} at ${teller.end(one.row)}, after token ${greatest.token} had been ${what === 'acquire' ? `given to ${teller.process(greatest.row)}` : 'accepted'}`;
    breaches.push({ kind, message, operations: [greatest.row, one.row] });
  }
  if (what === 'write') return breaches;
  const told = new Set(breaches.map(({ operations }) => operations[1]));
  const given = new Map<number, number>();
  for (const { row, token } of all) {
    const before = given.get(token);
    if (before === undefined) given.set(token, row);
    else if (!told.has(row))
      breaches.push({
        kind: 'token-not-growing',
        message: `token ${token} was given twice, to ${teller.process(before)} and ${teller.process(row)}`,
        operations: [before, row],
      });
  }
  return breaches;
}
