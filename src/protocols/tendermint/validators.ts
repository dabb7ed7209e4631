/**
 * Who votes with how much power, and whose turn it is to propose. The rotation is CometBFT's proposer priority: each
 * turn every validator gains its power, the one with the most priority proposes and pays the total; priorities are
 * centred around zero and their spread is scaled to twice the total (CometBFT, spec/consensus/proposer-selection).
 */
import { type NodeId, type Schema, schema } from '../../core/index.ts';

export interface Validator {
  readonly id: NodeId;
  /** More than 0. */
  readonly power: number;
  readonly priority: number;
}

export interface ValidatorSet {
  /** Ascending by id. */
  readonly members: readonly Validator[];
  /** Whose turn it is in round 0. */
  readonly proposer: NodeId;
}

/** A new power; 0: the validator leaves. */
export interface PowerChange {
  readonly id: NodeId;
  readonly power: number;
}

/** All power together at most: products of it stay exact. */
export const MOST_POWER = 1_000_000_000_000;
/** The spread of priorities at most, in totals of power. */
const WINDOW = 2;

export const validatorSetSchema: Schema<ValidatorSet> = schema.struct<ValidatorSet>({
  members: schema.list(schema.struct<Validator>({ id: schema.uint, power: schema.uint, priority: schema.int })),
  proposer: schema.uint,
});

export function totalPower({ members }: ValidatorSet): number {
  let total = 0;
  for (let i = 0; i < members.length; i++) total += (members[i] as Validator).power;
  return total;
}

/** 0 for those who are no validators. */
export function powerOf(set: ValidatorSet, id: NodeId): number {
  for (const member of set.members) if (member.id === id) return member.power;
  return 0;
}

/** More than two thirds of `total`. */
export const isQuorum = (power: number, total: number): boolean => 3 * power > 2 * total;

/** More than a third of `total`: at least one of them is honest. */
export const hasHonest = (power: number, total: number): boolean => 3 * power > total;

/** Priorities closer together than `WINDOW` totals: who was out of turn for long does not propose for ever after. */
function rescaled(members: readonly Validator[], total: number): readonly Validator[] {
  const priorities = members.map(({ priority }) => priority);
  const spread = Math.max(...priorities) - Math.min(...priorities);
  const most = WINDOW * total;
  if (spread <= most) return members;
  const ratio = Math.floor((spread + most - 1) / most);
  return members.map((member) => ({ ...member, priority: Math.trunc(member.priority / ratio) }));
}

/** Priorities around zero, so that they never run away. */
function centred(members: readonly Validator[]): readonly Validator[] {
  const average = Math.floor(members.reduce((sum, { priority }) => sum + priority, 0) / members.length);
  return members.map((member) => ({ ...member, priority: member.priority - average }));
}

/** One turn: all gain their power, the first pays for its turn. Ties go to the lower id. */
function turned(members: readonly Validator[], total: number): ValidatorSet {
  const gained = members.map((member) => ({ ...member, priority: member.priority + member.power }));
  let first = gained[0] as Validator;
  for (const member of gained) if (member.priority > first.priority) first = member;
  const paid = gained.map((member) => (member === first ? { ...member, priority: member.priority - total } : member));
  return { members: paid, proposer: first.id };
}

/** The set `turns` turns later (at least one). */
export function rotated(set: ValidatorSet, turns: number): ValidatorSet {
  const total = totalPower(set);
  let next: ValidatorSet = { ...set, members: centred(rescaled(set.members, total)) };
  for (let turn = 0; turn < turns; turn++) next = turned(next.members, total);
  return next;
}

/** Rotations made before: rounds ask for their proposer again and again. A cache: no answer depends on it. */
const proposers = new WeakMap<ValidatorSet, Map<number, NodeId>>();

const turns = new WeakMap<ValidatorSet, ValidatorSet>();

/** `rotated(set, 1)`, made once: every node of a simulated group asks for it. */
export function turnAfter(set: ValidatorSet): ValidatorSet {
  let next = turns.get(set);
  if (next === undefined) {
    next = rotated(set, 1);
    turns.set(set, next);
  }
  return next;
}

/** Who proposes in `round` of the height that `set` stands for. */
export function proposerOf(set: ValidatorSet, round: number): NodeId {
  if (round === 0) return set.proposer;
  let known = proposers.get(set);
  if (known === undefined) {
    known = new Map();
    proposers.set(set, known);
  }
  let proposer = known.get(round);
  if (proposer === undefined) {
    proposer = rotated(set, round).proposer;
    known.set(round, proposer);
  }
  return proposer;
}

/**
 * The set after `changes`, without a turn. Who joins starts last (at -1.125 totals), so that leaving and joining again
 * buys no turn. Null when the changes leave nobody, are too powerful, or name somebody twice.
 */
export function changed(set: ValidatorSet, changes: readonly PowerChange[]): ValidatorSet | null {
  const next = new Map(set.members.map((member) => [member.id, member]));
  const named = new Set<NodeId>();
  for (const { id, power } of changes) {
    if (named.has(id) || id < 1 || power < 0 || power > MOST_POWER) return null;
    named.add(id);
    const before = next.get(id);
    if (power === 0) continue;
    next.set(id, { id, power, priority: before?.priority ?? Number.NEGATIVE_INFINITY });
  }
  // As in CometBFT the price of joining counts those who leave at the same time.
  const price = [...next.values()].reduce((sum, { power }) => sum + power, 0);
  for (const { id, power } of changes) if (power === 0) next.delete(id);
  const members = [...next.values()].sort((a, b) => a.id - b.id);
  const total = members.reduce((sum, { power }) => sum + power, 0);
  if (members.length === 0 || total > MOST_POWER) return null;
  const joined = members.map((member) =>
    member.priority === Number.NEGATIVE_INFINITY ? { ...member, priority: -(price + Math.floor(price / 8)) } : member,
  );
  return { members: centred(rescaled(joined, total)), proposer: set.proposer };
}

/** The first set of all. Throws nothing: `powers` come from a configuration that was checked. */
export function firstSet(powers: readonly PowerChange[]): ValidatorSet {
  if (powers.length === 0) return { members: [], proposer: 0 };
  const members = [...powers]
    .filter(({ power }) => power > 0)
    .sort((a, b) => a.id - b.id)
    .map(({ id, power }) => ({ id, power, priority: 0 }));
  return rotated({ members, proposer: 0 }, 1);
}

/** The same validators with the same powers and priorities, and the same turn. */
export function sameSet(a: ValidatorSet, b: ValidatorSet): boolean {
  if (a === b) return true;
  if (a.proposer !== b.proposer || a.members.length !== b.members.length) return false;
  return a.members.every((member, i) => {
    const other = b.members[i] as Validator;
    return member.id === other.id && member.power === other.power && member.priority === other.priority;
  });
}
