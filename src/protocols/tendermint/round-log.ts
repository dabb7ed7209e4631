/**
 * The vote keeper: what a node knows of one round. A validator that says two things counts for both in the tallies of
 * each (the paper's log of all messages), but takes room for a second one only where others say it too.
 */
import type { NodeId, Writer } from '../../core/index.ts';
import type { Block } from './block.ts';
import { blockSchema } from './block.ts';
import { type Statement, statementSchema, type VoteType } from './statement.ts';

export interface Proposed {
  readonly statement: Statement;
  readonly block: Block;
}

/** Votes for one value, in the order of arrival. */
interface Tally {
  readonly value: string | null;
  readonly votes: Statement[];
}

const nobody: readonly Statement[] = [];

export class RoundLog {
  readonly round: number;
  // Read them as you like; `add`, `propose` and `forget` change them, and what is kept beside them.
  readonly #proposals: Proposed[] = [];
  readonly #prevotes: Statement[] = [];
  readonly #precommits: Statement[] = [];
  readonly #prevotesFor: Tally[] = [];
  readonly #precommitsFor: Tally[] = [];
  #signers: readonly NodeId[] | null = null;
  /** Upon-rules that fire "for the first time": lines 34, 47; 36 by value. */
  prevoteTimed = false;
  precommitTimed = false;
  readonly polkas: string[] = [];

  constructor(round: number) {
    this.round = round;
  }

  get proposals(): readonly Proposed[] {
    return this.#proposals;
  }

  get prevotes(): readonly Statement[] {
    return this.#prevotes;
  }

  get precommits(): readonly Statement[] {
    return this.#precommits;
  }

  votes(type: VoteType): readonly Statement[] {
    return type === 'prevote' ? this.#prevotes : this.#precommits;
  }

  /** Those of `votes(type)` that are for `value`. It grows with them: who keeps it copies it. */
  votesFor(type: VoteType, value: string | null): readonly Statement[] {
    const tallies = type === 'prevote' ? this.#prevotesFor : this.#precommitsFor;
    for (let i = 0; i < tallies.length; i++) if ((tallies[i] as Tally).value === value) return (tallies[i] as Tally).votes;
    return nobody;
  }

  /** By value, in the order in which each was first heard of. */
  tallies(type: VoteType): readonly Tally[] {
    return type === 'prevote' ? this.#prevotesFor : this.#precommitsFor;
  }

  proposalOf(value: string): Proposed | null {
    for (const proposed of this.#proposals) if (proposed.statement.value === value) return proposed;
    return null;
  }

  /** What `signer` said first of this type; null: nothing yet. */
  firstOf(type: Statement['type'], signer: NodeId): Statement | null {
    if (type === 'proposal') {
      for (const { statement } of this.#proposals) if (statement.signer === signer) return statement;
    } else for (const vote of this.votes(type)) if (vote.signer === signer) return vote;
    return null;
  }

  /** Everybody heard of in this round. */
  signers(): readonly NodeId[] {
    if (this.#signers !== null) return this.#signers;
    const all = new Set<NodeId>();
    for (const { statement } of this.#proposals) all.add(statement.signer);
    for (const { signer } of this.#prevotes) all.add(signer);
    for (const { signer } of this.#precommits) all.add(signer);
    this.#signers = [...all];
    return this.#signers;
  }

  /** How much is known of this round. */
  get size(): number {
    return this.#proposals.length + this.#prevotes.length + this.#precommits.length;
  }

  isEmpty(): boolean {
    return this.size === 0;
  }

  propose(proposed: Proposed): void {
    this.#proposals.push(proposed);
    this.#signers = null;
  }

  /** `type`: of `vote`, which is no proposal. */
  add(type: VoteType, vote: Statement): void {
    (type === 'prevote' ? this.#prevotes : this.#precommits).push(vote);
    count(type === 'prevote' ? this.#prevotesFor : this.#precommitsFor, vote);
    this.#signers = null;
  }

  /** Forget what `signer` said: it speaks of too many rounds. */
  forget(signer: NodeId): void {
    for (const [list, tallies] of [
      [this.#prevotes, this.#prevotesFor],
      [this.#precommits, this.#precommitsFor],
    ] as const) {
      remove(list, (vote) => vote.signer === signer);
      tallies.length = 0;
      for (const vote of list) count(tallies, vote);
    }
    remove(this.#proposals, ({ statement }) => statement.signer === signer);
    this.#signers = null;
  }

  clone(): RoundLog {
    const copy = new RoundLog(this.round);
    for (const proposed of this.#proposals) copy.propose(proposed);
    for (const vote of this.#prevotes) copy.add('prevote', vote);
    for (const vote of this.#precommits) copy.add('precommit', vote);
    copy.prevoteTimed = this.prevoteTimed;
    copy.precommitTimed = this.precommitTimed;
    copy.polkas.push(...this.polkas);
    return copy;
  }

  /** In an order of its own: which vote came first matters only among those of one signer. */
  encode(w: Writer): void {
    w.uint(this.round);
    w.bool(this.prevoteTimed);
    w.bool(this.precommitTimed);
    w.uint(this.polkas.length);
    for (const value of [...this.polkas].sort()) w.text(value);
    w.uint(this.proposals.length);
    for (const { statement, block } of this.proposals) {
      statementSchema.write(w, statement);
      blockSchema.write(w, block);
    }
    for (const list of [this.prevotes, this.precommits]) {
      w.uint(list.length);
      for (const vote of [...list].sort((a, b) => a.signer - b.signer)) statementSchema.write(w, vote);
    }
  }
}

function count(tallies: Tally[], vote: Statement): void {
  for (const tally of tallies) {
    if (tally.value !== vote.value) continue;
    tally.votes.push(vote);
    return;
  }
  tallies.push({ value: vote.value, votes: [vote] });
}

function remove<T>(list: T[], goes: (item: T) => boolean): void {
  for (let i = list.length - 1; i >= 0; i--) if (goes(list[i] as T)) list.splice(i, 1);
}
