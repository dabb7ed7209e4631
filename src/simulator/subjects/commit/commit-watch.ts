/**
 * What atomic commitment promises, checked at the moment it is said: AC1 no two processes decide differently, AC2 none
 * takes its decision or its vote back, AC3 commit only if all voted yes (Bernstein, Hadzilacos, Goodman 1987, 7.3); and
 * that whoever says something has it on disk first, which is what the others rest on when processes die.
 */
import { InvariantViolation, type NodeId, type Value } from '../../../core/index.ts';
import { type CommitMessage, type CommitRecord, DecisionWatch, keyOf } from '../../../protocols/commit/index.ts';
import { type AnyNode, Invariants, type Reach } from '../../subject.ts';

function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

const at = (tx: string, id: NodeId): string => `${tx}@${id}`;

export class CommitWatch extends Invariants {
  readonly #reach: Reach;
  readonly #own: boolean;
  readonly #decisions = new DecisionWatch();
  /** Durable records: who is prepared, what each participant took for decided, what coordinators decided. */
  readonly #prepared = new Set<string>();
  readonly #finished = new Map<string, boolean>();
  readonly #decided = new Map<string, { readonly commit: boolean; readonly sites: readonly NodeId[] }>();
  /** Votes that were sent. */
  readonly #voted = new Map<string, boolean>();
  readonly #down = new Set<NodeId>();
  /** Promises rest on disks: none is held to them once one was lost. */
  #diskLost = false;

  /** `own`: the protocol's own invariants too, not only what was reached. */
  constructor(reach: Reach, own: boolean) {
    super();
    this.#reach = reach;
    this.#own = own;
  }

  override stepped(id: NodeId, _node: AnyNode): void {
    if (this.#down.size > 0) this.#down.delete(id);
  }

  override restarted(id: NodeId): void {
    this.#down.add(id);
  }

  override diskLost(): void {
    this.#diskLost = true;
  }

  override written(id: NodeId, written: unknown): void {
    const record = written as CommitRecord;
    switch (record.type) {
      case 'prepared':
        this.#prepared.add(at(keyOf(record.tx), id));
        return;
      case 'finished': {
        const key = at(keyOf(record.tx), id);
        if (!this.#prepared.has(key)) this.#reach('participant-refused');
        if (!this.#finished.has(key)) this.#finished.set(key, record.commit);
        return;
      }
      case 'decided':
        this.#decides(keyOf(record.tx), record.commit, record.sites);
    }
  }

  #decides(tx: string, commit: boolean, sites: readonly NodeId[]): void {
    if (!this.#decided.has(tx)) this.#decided.set(tx, { commit, sites });
    if (!commit || !this.#own || this.#diskLost) return;
    const missing = sites.find((site) => !this.#prepared.has(at(tx, site)));
    if (missing !== undefined) fail('validity', `transaction ${tx} is committed, but n${missing} has not voted yes`);
  }

  override believed(id: NodeId, kind: string, value: Value): void {
    if (kind !== 'decision') return;
    this.#reach((value as { readonly decision?: Value }).decision === 'commit' ? 'committed' : 'aborted');
    if (!this.#own) return;
    const broken = this.#decisions.decided(id, value);
    if (broken !== null) fail(broken.invariant, broken.message);
  }

  override sent(from: NodeId, _to: NodeId, sent: unknown): void {
    const message = sent as CommitMessage;
    const tx = keyOf(message.tx);
    const { coordinator } = message.tx;
    if (message.type === 'inquire') this.#reach(this.#down.has(coordinator) ? 'in-doubt-without-coordinator' : 'in-doubt');
    if (message.type === 'decision' && from !== coordinator) this.#reach('told-by-participant');
    if (!this.#own || this.#diskLost) return;
    if (message.type === 'vote') this.#votes(from, tx, message.yes);
    else if (message.type === 'decision') this.#tells(from, tx, message.commit, from === coordinator);
  }

  #votes(id: NodeId, tx: string, yes: boolean): void {
    const key = at(tx, id);
    const before = this.#voted.get(key);
    const finished = this.#finished.get(key);
    if (yes && !this.#prepared.has(key)) fail('vote-durable', `n${id} votes yes on transaction ${tx}, and its disk does not know`);
    if (yes && (before === false || finished === false)) fail('vote-kept', `n${id} refused transaction ${tx} and now votes yes`);
    // Once the decision is there, the vote matters to nobody.
    if (!yes && before === true && finished === undefined) fail('vote-kept', `n${id} voted yes on transaction ${tx} and now refuses it`);
    if (before === undefined) this.#voted.set(key, yes);
  }

  #tells(id: NodeId, tx: string, commit: boolean, coordinates: boolean): void {
    const decided = this.#decided.get(tx);
    const durable = coordinates ? decided?.commit : this.#finished.get(at(tx, id));
    const word = commit ? 'commit' : 'abort';
    if (commit && durable !== true) fail('decision-durable', `n${id} tells ${word} of transaction ${tx}, and its disk does not know`);
    // Presumed abort: once all its sites have committed, a coordinator may forget, and then answers a late question wrongly and harmlessly.
    if (coordinates && decided?.sites.every((site) => this.#finished.has(at(tx, site))) === true) return;
    if (!commit && durable === true) fail('decision-kept', `n${id} decided commit of transaction ${tx} and now tells abort`);
  }
}
