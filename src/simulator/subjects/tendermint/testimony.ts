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

const kinds: readonly StatementType[] = ['proposal', 'prevote', 'precommit'];

/** What was said at one height. By signer: a node has a small number. */
interface Height {
  /** By round and type (`round * 3 + place of the type`). */
  readonly said: Map<number, (Statement | undefined)[]>;
  readonly locks: (Lock | undefined)[];
  /** The highest round in which each has said anything. */
  readonly rounds: (number | undefined)[];
}

const place = (round: number, type: StatementType): number => round * kinds.length + kinds.indexOf(type);

export class Testimony {
  readonly #heights = new Map<number, Height>();
  /** By height. */
  readonly #sets = new Map<number, ValidatorSet>();
  readonly #lies: (id: NodeId) => boolean;
  readonly #isServer: (id: NodeId) => boolean;

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
    return this.#heights.get(height)?.said.get(place(round, type))?.[signer] ?? null;
  }

  /** Writes down what is about to be signed; what was said instead before, if it was something else. */
  says(statement: Statement): Statement | null {
    const { height, round, type, signer, value } = statement;
    let here = this.#heights.get(height);
    if (here === undefined) {
      here = { said: new Map(), locks: [], rounds: [] };
      this.#heights.set(height, here);
    }
    const at = place(round, type);
    let there = here.said.get(at);
    if (there === undefined) {
      there = [];
      here.said.set(at, there);
    }
    const before = there[signer];
    if (before !== undefined) return before.value === value && before.validRound === statement.validRound ? null : before;
    there[signer] = statement;
    here.rounds[signer] = Math.max(here.rounds[signer] ?? -1, round);
    if (type === 'precommit' && value !== null && round > (here.locks[signer]?.round ?? -1)) here.locks[signer] = { round, value };
    return null;
  }

  lock(signer: NodeId, height: number): Lock | null {
    return this.#heights.get(height)?.locks[signer] ?? null;
  }

  newestRound(signer: NodeId, height: number): number {
    return this.#heights.get(height)?.rounds[signer] ?? -1;
  }

  /** Can there be 2f+1 such votes: of honest validators who cast them, and of all liars? `value` undefined: for whatever. */
  isPossible(height: number, round: number, type: VoteType, value?: string | null): boolean {
    const set = this.validators(height);
    if (set === null) return true;
    const said = this.#heights.get(height)?.said.get(place(round, type));
    let power = 0;
    for (const member of set.members) {
      const vote = said?.[member.id];
      if (this.#lies(member.id) || (vote !== undefined && (value === undefined || vote.value === value))) power += member.power;
    }
    return isQuorum(power, totalPower(set));
  }
}
