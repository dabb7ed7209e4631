/**
 * Keys (TOCS 2002, 5.3.1: they are changed from time to time; the key before vouches for the new one). Which key signs and which
 * count is the host's affair: it takes a new one when it is told of it. What was announced is on disk: a replica says it again to
 * whoever missed it, whatever happens to itself, and an old announcement that comes late means nothing.
 */
import type { NodeId, Request, Value } from '../../core/index.ts';
import { keyContent, messageTypes } from './message.ts';
import { PbftTimers } from './pbft-timers.ts';
import type { KeyAnnouncement } from './record.ts';

export abstract class PbftKeys extends PbftTimers {
  /** The newest of each replica, by rank. */
  #announced: (KeyAnnouncement | null)[] = [];
  /** Whose key was taken since the last status: a liar could change its key without end, and each goes to the disk. */
  #changedLately: readonly NodeId[] = [];

  /** Is this key newer than the one that is known of its node? An old announcement may come late, or again. */
  protected isNewerKey(number: number, known: number): boolean {
    return number > known;
  }

  #numberOf(node: NodeId): number {
    return this.#announced[this.rankOf(node)]?.number ?? 0;
  }

  /** 0: the one that it began with. */
  protected get keyNumber(): number {
    return this.#numberOf(this.id);
  }

  protected administered(from: NodeId, { id, session, op }: Request): void {
    const { type, number, key } = (op ?? {}) as { readonly type?: Value; readonly number?: Value; readonly key?: Value };
    if (type !== 'new-key' || !Number.isSafeInteger(number) || key === undefined || !this.isNewerKey(number as number, this.keyNumber)) {
      this.out.reply(from, { id, session, outcome: 'fail', code: 'LC_USAGE' });
      return;
    }
    this.sign({ kind: 'key', number: number as number, key }, keyContent(number as number, key), 'signature');
    this.out.reply(from, { id, session, outcome: 'ok', value: null, mode: 'admin' });
  }

  protected keySigned(number: number, key: Value, proof: Value): void {
    if (this.isNewerKey(number, this.keyNumber)) this.#take({ node: this.id, number, key, proof });
  }

  protected keyReceived(announcement: KeyAnnouncement): void {
    const { node, number } = announcement;
    if (!this.isNewerKey(number, this.#numberOf(node))) return this.drop('known');
    if (this.#changedLately.includes(node)) return this.drop('overloaded');
    this.#changedLately = [...this.#changedLately, node];
    this.#take(announcement);
  }

  #take(announcement: KeyAnnouncement): void {
    this.rememberKey(announcement);
    this.write({ type: 'key', announcement });
  }

  protected rememberKey(announcement: KeyAnnouncement): void {
    const rank = this.rankOf(announcement.node);
    while (this.#announced.length <= rank) this.#announced.push(null);
    this.#announced[rank] = announcement;
  }

  protected keyDurable(announcement: KeyAnnouncement): void {
    this.out.indicate({ kind: 'key', ...announcement });
    if (announcement.node === this.id) this.keyTold();
  }

  /** After a restart: the host may have lost what it was told. */
  protected tellKeys(): void {
    for (const announcement of this.keysKnown()) this.out.indicate({ kind: 'key', ...announcement });
  }

  /** With each status: whoever missed it hears it then. */
  protected keyTold(): void {
    this.#changedLately = [];
    const own = this.#announced[this.rank] ?? null;
    if (own === null) return;
    const body = { type: 'key' as const, number: own.number, key: own.key };
    this.broadcast({ type: messageTypes.newKey, view: 0, seq: 0, digest: '', batch: null, proof: own.proof, body });
  }

  protected keysKnown(): readonly KeyAnnouncement[] {
    return this.#announced.filter((announcement): announcement is KeyAnnouncement => announcement !== null);
  }

  /** What is kept of keys, for whoever compares states. */
  protected keyState(): readonly unknown[] {
    return [this.#announced, this.#changedLately];
  }

  protected copyKeys(from: PbftKeys): void {
    this.#announced = from.#announced.slice();
    this.#changedLately = from.#changedLately;
  }
}
