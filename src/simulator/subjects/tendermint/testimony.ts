/**
 * What honest validators have said, by the write-ahead logs on their disks: what every tally of an honest node can be
 * checked against. Liars may have said anything. Powers in force are folded from decided blocks by the rule of the
 * specification, not as nodes do it.
 */
import type { NodeId } from '../../../core/index.ts';
import {
  type Block,
  changed,
  firstSet,
  isQuorum,
  type PowerChange,
  powerChanges,
  proposerOf,
  rotated,
  type Statement,
  type StatementType,
  totalPower,
  type ValidatorSet,
  type VoteType,
} from '../../../protocols/tendermint/index.ts';

/** The newest lock of a validator in a height: its last precommit for a value. */
export interface Lock {
  readonly round: number;
  readonly value: string;
}

const place = (height: number, round: number, type: StatementType): string => `${height}/${round}/${type}`;

export class Testimony {
  readonly #said = new Map<string, Map<NodeId, Statement>>();
  readonly #locks = new Map<string, Lock>();
  /** By height. */
  readonly #sets = new Map<number, ValidatorSet>();
  readonly #lies: (id: NodeId) => boolean;
  readonly #isServer: (id: NodeId) => boolean;
  /** The highest round in which each has said anything, by height and signer. */
  readonly #rounds = new Map<string, number>();

  constructor(powers: readonly PowerChange[], lies: (id: NodeId) => boolean, isServer: (id: NodeId) => boolean) {
    const first = firstSet(powers);
    this.#sets.set(1, first);
    this.#sets.set(2, rotated(first, 1));
    this.#lies = lies;
    this.#isServer = isServer;
  }

  /** The validators of a height; null while the blocks that decide about them are not known. */
  validators(height: number): ValidatorSet | null {
    return this.#sets.get(height) ?? null;
  }

  proposer(height: number, round: number): NodeId {
    const set = this.validators(height);
    return set === null ? 0 : proposerOf(set, round);
  }

  /** A block was decided: what it asks for is in force two heights later. */
  decided({ height, commands }: Block): void {
    const before = this.#sets.get(height + 1);
    if (before === undefined || this.#sets.has(height + 2)) return;
    let set = before;
    for (const { admin, op } of commands) {
      const changes = admin ? powerChanges(op) : null;
      if (changes?.every(({ id }) => this.#isServer(id)) === true) set = changed(set, changes) ?? set;
    }
    this.#sets.set(height + 2, rotated(set, 1));
  }

  /** What `signer` has said there before; null: nothing. */
  saidBy(signer: NodeId, height: number, round: number, type: StatementType): Statement | null {
    return this.#said.get(place(height, round, type))?.get(signer) ?? null;
  }

  /** Writes down what is about to be signed; what was said instead before, if it was something else. */
  says(statement: Statement): Statement | null {
    const { height, round, type, signer, value } = statement;
    const at = place(height, round, type);
    let there = this.#said.get(at);
    if (there === undefined) {
      there = new Map();
      this.#said.set(at, there);
    }
    const before = there.get(signer);
    if (before !== undefined) return before.value === value && before.validRound === statement.validRound ? null : before;
    there.set(signer, statement);
    const mine = `${height}/${signer}`;
    this.#rounds.set(mine, Math.max(this.#rounds.get(mine) ?? -1, round));
    if (type === 'precommit' && value !== null && round > (this.#locks.get(mine)?.round ?? -1)) this.#locks.set(mine, { round, value });
    return null;
  }

  lock(signer: NodeId, height: number): Lock | null {
    return this.#locks.get(`${height}/${signer}`) ?? null;
  }

  newestRound(signer: NodeId, height: number): number {
    return this.#rounds.get(`${height}/${signer}`) ?? -1;
  }

  /** Can there be 2f+1 such votes: of honest validators who cast them, and of all liars? `value` undefined: for whatever. */
  isPossible(height: number, round: number, type: VoteType, value?: string | null): boolean {
    const set = this.validators(height);
    if (set === null) return true;
    const said = this.#said.get(place(height, round, type));
    let power = 0;
    for (const member of set.members) {
      const vote = said?.get(member.id);
      if (this.#lies(member.id) || (vote !== undefined && (value === undefined || vote.value === value))) power += member.power;
    }
    return isQuorum(power, totalPower(set));
  }
}
