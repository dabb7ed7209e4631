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

export class RoundLog {
  readonly round: number;
  readonly proposals: Proposed[] = [];
  readonly prevotes: Statement[] = [];
  readonly precommits: Statement[] = [];
  /** Upon-rules that fire "for the first time": lines 34, 47; 36 by value. */
  prevoteTimed = false;
  precommitTimed = false;
  readonly polkas: string[] = [];

  constructor(round: number) {
    this.round = round;
  }

  votes(type: VoteType): Statement[] {
    return type === 'prevote' ? this.prevotes : this.precommits;
  }

  proposalOf(value: string): Proposed | null {
    return this.proposals.find(({ statement }) => statement.value === value) ?? null;
  }

  /** What `signer` said first of this type; null: nothing yet. */
  firstOf(type: Statement['type'], signer: NodeId): Statement | null {
    const said = type === 'proposal' ? this.proposals.map(({ statement }) => statement) : this.votes(type);
    return said.find((statement) => statement.signer === signer) ?? null;
  }

  /** Everybody heard of in this round. */
  signers(): readonly NodeId[] {
    const all = new Set<NodeId>();
    for (const { statement } of this.proposals) all.add(statement.signer);
    for (const { signer } of this.prevotes) all.add(signer);
    for (const { signer } of this.precommits) all.add(signer);
    return [...all];
  }

  isEmpty(): boolean {
    return this.proposals.length + this.prevotes.length + this.precommits.length === 0;
  }

  /** Forget what `signer` said: it speaks of too many rounds. */
  forget(signer: NodeId): void {
    for (const list of [this.prevotes, this.precommits]) {
      for (let i = list.length - 1; i >= 0; i--) if ((list[i] as Statement).signer === signer) list.splice(i, 1);
    }
    for (let i = this.proposals.length - 1; i >= 0; i--)
      if ((this.proposals[i] as Proposed).statement.signer === signer) this.proposals.splice(i, 1);
  }

  clone(): RoundLog {
    const copy = new RoundLog(this.round);
    copy.proposals.push(...this.proposals);
    copy.prevotes.push(...this.prevotes);
    copy.precommits.push(...this.precommits);
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
