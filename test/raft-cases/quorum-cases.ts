/** Commands `committed` and `vote`: a voter's index or vote by its place among cfg and then cfgj, `_` where there is none. */

import { jointIndex, jointVote, majorityIndex, majorityVote, NO_LIMIT } from '../../src/protocols/raft/index.ts';
import { type Case, valuesOf } from '../../src/protocols/raft/testing.ts';

const INFINITE = '∞';
const resultNames = { won: 'VoteWon', lost: 'VoteLost', pending: 'VotePending' } as const;

export function runQuorumCase({ command, args }: Case): string {
  const ids = valuesOf(args, 'cfg').map(Number);
  const joint = args.some(({ key }) => key === 'cfgj');
  const otherIds = valuesOf(args, 'cfgj')
    .filter((value) => value !== 'zero')
    .map(Number);
  const voters = [...new Set([...ids, ...otherIds])].sort((a, b) => a - b);
  const given = valuesOf(args, command === 'vote' ? 'votes' : 'idx');
  if (given.length !== voters.length)
    return `error: mismatched input (explicit or _) for voters ${goList(voters)}: ${goList(goInput(command, given))}`;
  const places = new Map<number, string>();
  for (const id of [...ids, ...otherIds]) if (!places.has(id) && places.size < given.length) places.set(id, given[places.size] as string);
  if (command === 'vote') return voteCase(ids, otherIds, joint, places);
  if (command === 'committed') return committedCase(ids, otherIds, joint, places);
  return 'unknown command';
}

const goList = (items: readonly (number | string)[]): string => `[${items.join(' ')}]`;

function goInput(command: string, given: readonly string[]): string[] {
  return given.map((value) => (value === '_' ? '0' : command === 'vote' ? (value === 'y' ? '2' : '1') : value));
}

function voteCase(ids: readonly number[], otherIds: readonly number[], joint: boolean, places: ReadonlyMap<number, string>): string {
  const votes = (id: number): boolean | undefined => {
    const vote = places.get(id);
    return vote === undefined || vote === '_' ? undefined : vote === 'y';
  };
  if (!joint) return resultNames[majorityVote(unique(ids), votes)];
  const result = jointVote(unique(ids), unique(otherIds), votes);
  const mirrored = jointVote(unique(otherIds), unique(ids), votes);
  return mirrored === result ? resultNames[result] : `${resultNames[mirrored]} <-- via symmetry\n${resultNames[result]}`;
}

const unique = (ids: readonly number[]): number[] => [...new Set(ids)];
const show = (index: number): string => (index === NO_LIMIT ? INFINITE : String(index));

function committedCase(ids: readonly number[], otherIds: readonly number[], joint: boolean, places: ReadonlyMap<number, string>): string {
  const indexes = new Map<number, number>();
  for (const [id, value] of places) if (value !== '_') indexes.set(id, Number(value));
  const acked = (id: number): number => indexes.get(id) ?? 0;
  const own = unique(ids);
  const others = unique(otherIds);
  const lines: string[] = [];
  if (joint) {
    lines.push(...describe(unique([...own, ...others]), indexes));
    const index = jointIndex(own, others, acked);
    const mirrored = jointIndex(others, own, acked);
    if (mirrored !== index) lines.push(`${show(mirrored)} <-- via symmetry`);
    lines.push(show(index));
    return joined(lines);
  }
  lines.push(...describe(own, indexes));
  const index = majorityIndex(own, acked);
  const counted = byCounting(own, acked);
  if (counted !== index) lines.push(`${show(counted)} <-- via alternative computation`);
  if (jointIndex(own, [], acked) !== index) lines.push(`${show(jointIndex(own, [], acked))} <-- via zero-joint quorum`);
  if (jointIndex(own, own, acked) !== index) lines.push(`${show(jointIndex(own, own, acked))} <-- via self-joint quorum`);
  for (const id of own) {
    const at = acked(id);
    if (index <= at || at === 0) continue;
    for (const lowered of [at - 1, 0]) {
      const result = majorityIndex(own, (other) => (other === id ? lowered : acked(other)));
      if (result !== index) lines.push(`${show(result)} <-- overlaying ${id}->${lowered}`);
    }
  }
  lines.push(show(index));
  return joined(lines);
}

/** The text for an empty quorum has no line end of its own. */
function joined(lines: readonly string[]): string {
  return lines.join('\n').replace(`${EMPTY}\n`, EMPTY);
}

const EMPTY = '<empty majority quorum>';

/** The largest acknowledged index that more than half have reached: the definition, spelled out. */
function byCounting(ids: readonly number[], acked: (id: number) => number): number {
  if (ids.length === 0) return NO_LIMIT;
  let best = 0;
  for (const id of ids) {
    const index = acked(id);
    if (index > best && ids.filter((other) => acked(other) >= index).length > Math.floor(ids.length / 2)) best = index;
  }
  return best;
}

/** A bar for each voter, the longer the more voters are behind it. */
function describe(ids: readonly number[], indexes: ReadonlyMap<number, number>): string[] {
  if (ids.length === 0) return [EMPTY];
  const n = ids.length;
  const rows = ids.map((id) => ({ id, index: indexes.get(id) ?? 0, known: indexes.has(id), bar: 0 }));
  rows.sort((a, b) => a.index - b.index || a.id - b.id);
  for (let i = 1; i < n; i++) {
    const row = rows[i] as (typeof rows)[0];
    const before = rows[i - 1] as (typeof rows)[0];
    row.bar = before.index < row.index ? i : before.bar;
  }
  rows.sort((a, b) => a.id - b.id);
  const bars = rows.map(({ id, index, known, bar }) => {
    const graph = known ? `${'x'.repeat(bar)}>${' '.repeat(n - bar)}` : `?${' '.repeat(n)}`;
    return `${graph} ${String(index).padStart(5)}    (id=${id.toString(16)})`;
  });
  return [`${' '.repeat(n)}    idx`, ...bars];
}
