/**
 * Whether nodes hold the same true: for each stretch of time, do they name one leader in one epoch? A node that was
 * cut off may lead an older epoch for a while; two leaders of one epoch are what a protocol must never have.
 */
import type { BeliefSegment, ReportBeliefs } from '../../../src/runner/index.ts';

export type Agreement = 'agree' | 'none' | 'differ' | 'two-leaders' | 'split-brain';

/** `mark` stands beside the colour. */
export const agreementWords: { readonly [A in Agreement]: { readonly mark: string; readonly words: string } } = {
  agree: { mark: '=', words: 'all agree' },
  none: { mark: '–', words: 'no leader known' },
  differ: { mark: '≠', words: 'nodes differ' },
  'two-leaders': { mark: '!', words: 'two leaders, of different epochs' },
  'split-brain': { mark: '‼', words: 'two leaders of one epoch' },
};

export interface Stretch {
  readonly from: number;
  to: number;
  readonly agreement: Agreement;
}

function agreementOf(held: readonly (BeliefSegment | null)[]): Agreement {
  // One that is down holds nothing true.
  const known = held.filter((segment) => segment !== null && segment[1] !== 'down') as BeliefSegment[];
  const leading = known.filter((segment) => segment[1] === 'leader');
  const epochs = new Set(leading.map((segment) => segment[3]));
  if (leading.length > epochs.size) return 'split-brain';
  if (leading.length > 1) return 'two-leaders';
  const leaders = new Set(known.map((segment) => segment[2]));
  if (leaders.size === 1 && leaders.has('')) return leading.length === 1 ? 'agree' : 'none';
  const named = new Set(known.map((segment) => `${segment[2]} ${segment[3]}`));
  return named.size <= 1 ? 'agree' : 'differ';
}

/** Of the nodes of one subject, until `to`. */
export function agreement(rows: readonly ReportBeliefs[], to: number): Stretch[] {
  const events = rows.flatMap(({ segments }, row) => segments.map((segment) => ({ row, segment })));
  events.sort((a, b) => a.segment[0] - b.segment[0]);
  const held: (BeliefSegment | null)[] = rows.map(() => null);
  const stretches: Stretch[] = [];
  events.forEach(({ row, segment }, i) => {
    held[row] = segment;
    const [from] = segment;
    const until = events[i + 1]?.segment[0] ?? to;
    if (until === from) return;
    const now = agreementOf(held);
    const last = stretches.at(-1);
    if (last !== undefined && last.agreement === now && last.to === from) last.to = until;
    else stretches.push({ from, to: until, agreement: now });
  });
  return stretches;
}

/** `leader, epoch 3`; `follower of n2, epoch 3`. */
export function beliefWords([, role, leader, epoch]: BeliefSegment): string {
  const who = role === 'leader' || leader === '' ? role : `${role} of ${leader}`;
  return [who || 'no role', ...(epoch === null ? [] : [`epoch ${epoch}`])].join(', ');
}

/** What a node held true at `x`; null before it held anything. */
export function beliefAt({ segments }: ReportBeliefs, x: number): BeliefSegment | null {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle] as BeliefSegment)[0] <= x) low = middle + 1;
    else high = middle;
  }
  return segments[low - 1] ?? null;
}
