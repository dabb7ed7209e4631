/**
 * Who agrees, and by which quorums (Howard, Malkhi, Spiegelman, "Flexible Paxos", 2016): every quorum of phase 1 must meet
 * every quorum of phase 2, and no more than that. Configurations follow one another at stop-signs (Ng et al., OmniPaxos, 2023, 6).
 */
import { LightconeError, type NodeId, type Schema, schema, type Value } from '../../core/index.ts';

export interface Configuration {
  /** The first slot that it agrees on: 1, or the one after the stop-sign of the configuration before. Names it. */
  readonly era: number;
  /** Ascending. */
  readonly members: readonly NodeId[];
  /** So many promises let a proposer begin ... */
  readonly phase1: number;
  /** ... and so many acceptances choose. */
  readonly phase2: number;
  /** The ballot in which the stop-sign was chosen: lower ones may have left values of the old configuration behind. */
  readonly floor: number;
}

/** What a stop-sign holds: the next configuration, whose era follows from its slot. */
export interface Reconfiguration {
  readonly members: readonly NodeId[];
  readonly phase1: number;
  readonly phase2: number;
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);

/** Why these cannot be members with such quorums, or null. */
export function quorumProblem({ members, phase1, phase2 }: Reconfiguration): string | null {
  const n = members.length;
  if (n === 0) return 'no members';
  for (const [i, id] of members.entries()) {
    if (!isCount(id) || id < 1) return `member ${id}`;
    if (i > 0 && id <= (members[i - 1] as number)) return `members ${members.join(', ')}: ids ascend, each once`;
  }
  for (const [name, size] of [
    ['phase-1', phase1],
    ['phase-2', phase2],
  ] as const)
    if (!isCount(size) || size < 1 || size > n) return `a ${name} quorum of ${size} among ${n} members`;
  if (phase1 + phase2 <= n)
    return `quorums of ${phase1} and ${phase2} among ${n} members: they must meet, so together they are more than ${n}`;
  return null;
}

/** Majorities, of whichever size is not given: the smallest that meet the other one. */
export function quorumsFor(members: readonly NodeId[], phase1?: number, phase2?: number): Reconfiguration {
  const n = members.length;
  const majority = Math.floor(n / 2) + 1;
  const first = phase1 ?? (phase2 === undefined ? majority : n - phase2 + 1);
  return { members, phase1: first, phase2: phase2 ?? (phase1 === undefined ? majority : n - phase1 + 1) };
}

/** The group at its very start. @throws LC_USAGE for quorums that do not meet */
export function firstConfiguration(members: readonly NodeId[], phase1?: number, phase2?: number): Configuration {
  const made = quorumsFor(members, phase1, phase2);
  const problem = quorumProblem(made);
  if (problem !== null) throw new LightconeError('LC_USAGE', `Paxos cannot run with ${problem}.`, { ...made });
  return { era: 1, ...made, floor: 0 };
}

/** What an operator asked for, or null when it is none: `{ members, phase1?, phase2? }`. */
export function parseReconfiguration(op: { readonly [key: string]: Value }): Reconfiguration | null {
  const { members, phase1, phase2 } = op;
  if (!Array.isArray(members) || !members.every(isCount)) return null;
  if ((phase1 !== undefined && !isCount(phase1)) || (phase2 !== undefined && !isCount(phase2))) return null;
  return quorumsFor(
    [...(members as number[])].sort((a, b) => a - b),
    phase1 as number | undefined,
    phase2 as number | undefined,
  );
}

export const configurationSchema: Schema<Configuration> = schema.struct<Configuration>({
  era: schema.uint,
  members: schema.list(schema.uint),
  phase1: schema.uint,
  phase2: schema.uint,
  floor: schema.uint,
});

/** What it believes its group to be, as a value. */
export const configurationValue = ({ era, members, phase1, phase2 }: Configuration): Value => ({ era, members, phase1, phase2 });

/**
 * The quorum's value among the first `count` of `values`, which this function sorts in place: the largest that at least
 * `size` of them reach. Allocates nothing: it runs for every acceptance.
 */
export function quorumValue(values: number[], count: number, size: number): number {
  for (let i = 1; i < count; i++) {
    const value = values[i] as number;
    let j = i - 1;
    for (; j >= 0 && (values[j] as number) > value; j--) values[j + 1] = values[j] as number;
    values[j + 1] = value;
  }
  return size > count ? 0 : (values[count - size] as number);
}
