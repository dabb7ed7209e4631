/**
 * What three-phase commit promises besides atomicity: phase two only once all have voted yes, what is acknowledged is on the
 * disk, and nobody commits while somebody who never failed is still uncertain (Skeen's condition: no committable state
 * next to one that is not).
 */
import type { NodeId } from '../../../core/index.ts';
import { keyOf, type ThreePhaseMessage, type ThreePhaseRecord, type TransactionId } from '../../../protocols/commit/index.ts';
import { AtomicWatch, fail } from '../commit/atomic-watch.ts';

export class ThreePhaseWatch extends AtomicWatch {
  /** By transaction: who is prepared and has not failed since; who is precommitted. */
  readonly #operational = new Map<string, Set<NodeId>>();
  readonly #precommitted = new Map<string, Set<NodeId>>();
  /** Transactions of which some site was down: those that come back may decide only together. */
  readonly #decided = new Set<string>();

  override restarted(id: NodeId): void {
    super.restarted(id);
    for (const sites of this.#operational.values()) sites.delete(id);
  }

  override written(id: NodeId, written: unknown): void {
    const record = written as ThreePhaseRecord;
    if (record.type === 'precommitted') {
      add(this.#precommitted, keyOf(record.tx), id);
      return;
    }
    if (record.type === 'prepared') add(this.#operational, keyOf(record.tx), id);
    this.ledgerWritten(id, record);
    if ((record.type === 'finished' || record.type === 'decided') && record.commit) this.#commits(id, record.tx);
    if (record.type === 'finished') this.#operational.get(keyOf(record.tx))?.delete(id);
  }

  #commits(id: NodeId, tx: TransactionId): void {
    const key = keyOf(tx);
    if (this.#decided.has(key) || !this.watches) return;
    this.#decided.add(key);
    const uncertain = [...(this.#operational.get(key) ?? [])].find(
      (site) => site !== id && this.#precommitted.get(key)?.has(site) !== true,
    );
    if (uncertain !== undefined && this.onDisk(uncertain).inDoubt.has(key))
      fail('committable', `n${id} commits transaction ${key} while n${uncertain}, which never failed, is uncertain and may abort`);
  }

  override sent(from: NodeId, _to: NodeId, sent: unknown): void {
    const message = sent as ThreePhaseMessage;
    const { tx } = message;
    const key = keyOf(tx);
    if (message.type === 'prepare') this.begin(key, message.sites);
    if (message.type === 'inquire') this.reach(this.down.has(tx.coordinator) ? 'in-doubt-without-coordinator' : 'in-doubt');
    if (message.type === 'precommit' && from !== tx.coordinator) this.reach('precommit-by-backup');
    if (message.type === 'decision' && from !== tx.coordinator) this.reach('decided-by-participant');
    if (message.type === 'state' && message.recovered) this.reach('asked-while-recovering');
    if (!this.watches) return;
    if (message.type === 'vote') this.votes(from, tx, message.yes);
    else if (message.type === 'decision') this.tells(from, tx, message.commit);
    else if (message.type === 'precommit') this.#precommits(from, tx);
    else if (message.type === 'ack' && this.#precommitted.get(key)?.has(from) !== true)
      fail('ack-durable', `n${from} acknowledges phase two of transaction ${key}, and its disk does not know`);
    else if (message.type === 'state' && message.state === 'precommitted' && this.#precommitted.get(key)?.has(from) !== true)
      fail('state-durable', `n${from} says that transaction ${key} is precommitted, and its disk does not know`);
  }

  #precommits(id: NodeId, tx: TransactionId): void {
    const missing = this.begun.get(keyOf(tx))?.sites.find((site) => !this.hasVoted(site, tx));
    if (missing !== undefined)
      fail('precommit-validity', `n${id} begins phase two of transaction ${keyOf(tx)}, but n${missing} has not voted yes`);
  }
}

function add(sets: Map<string, Set<NodeId>>, key: string, id: NodeId): void {
  const known = sets.get(key);
  if (known === undefined) sets.set(key, new Set([id]));
  else known.add(id);
}
