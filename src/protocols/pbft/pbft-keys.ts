/**
 * Keys (TOCS 2002, 5.3.1: they are changed from time to time; the key before vouches for the new one). Which key signs and which
 * count is the host's affair: it takes a new one when it is told of it. What was announced is on disk: a replica tells whoever
 * missed one, of any node, one after another, so that each is vouched for by one that is known there; and an old announcement that
 * comes late means nothing. Others refuse what an old key proved once its grace is over: what still counts is vouched for again.
 */
import type { NodeId, Request, Value } from '../../core/index.ts';
import { keyContent, messageTypes } from './message.ts';
import { PbftTimers } from './pbft-timers.ts';
import type { KeyAnnouncement } from './record.ts';
import { viewChangeContent } from './view-change.ts';

/** Announcements of each replica. Who missed more must be given the key by hand. */
const MOST_KEPT = 16;
const NONE: readonly KeyAnnouncement[] = [];

export abstract class PbftKeys extends PbftTimers {
  /** By rank: the newest few, ascending by number. */
  #announced: (readonly KeyAnnouncement[])[] = [];
  /** Whose key was taken since the last status: a liar could change its key without end, and each goes to the disk. */
  #changedLately: readonly NodeId[] = [];
  /** The host signs with this key of its own by now. */
  #signsWith = 0;
  /** What this replica vouches for was signed with this one, or one after it. */
  #vouchedWith = 0;

  // The decisions.

  /** Is this key newer than the one that is known of its node? An old announcement may come late, or again. */
  protected isNewerKey(number: number, known: number): boolean {
    return number > known;
  }

  /**
   * Was something vouched for with a key that is about to count no more? And who took the stable state from others has not
   * vouched for it yet: those who did may change their keys, or lie.
   */
  protected mustVouchAgain(): boolean {
    return this.#signsWith !== this.#vouchedWith || !this.vouchesForStable();
  }

  /** Can this replica vouch for its stable checkpoint: it may be the state of another, on the way to its own disk? */
  protected holdsStable(): boolean {
    return this.stableIsStored;
  }

  /** What to tell whoever knows the keys of a node up to `known`: the next one, for which a key that is known there vouches. */
  protected nextToTell(announced: readonly KeyAnnouncement[], known: number): KeyAnnouncement | undefined {
    return announced.find(({ number }) => number > known);
  }

  #of(node: NodeId): readonly KeyAnnouncement[] {
    return this.#announced[this.rankOf(node)] ?? NONE;
  }

  #numberOf(node: NodeId): number {
    return this.#of(node).at(-1)?.number ?? 0;
  }

  protected get keyNumbers(): readonly number[] {
    return this.#announced.length === 0 ? [] : this.peers.map((node) => this.#numberOf(node));
  }

  protected administered(from: NodeId, { id, session, op }: Request): void {
    const { type, node, number, key } = (op ?? {}) as { readonly [name in 'type' | 'node' | 'number' | 'key']?: Value };
    const isMine = node === undefined || node === this.id;
    const known = this.#numberOf(this.id);
    if (type !== 'new-key' || !isMine || !Number.isSafeInteger(number) || key === undefined || !this.isNewerKey(number as number, known)) {
      this.out.reply(from, { id, session, outcome: 'fail', code: 'LC_USAGE' });
      return;
    }
    this.sign({ kind: 'key', number: number as number, key }, keyContent(number as number, key), 'signature');
    this.out.reply(from, { id, session, outcome: 'ok', value: null, mode: 'admin' });
  }

  protected keySigned(number: number, key: Value, proof: Value): void {
    if (this.isNewerKey(number, this.#numberOf(this.id))) this.write({ type: 'key', announcement: { node: this.id, number, key, proof } });
  }

  protected keyReceived(announcement: KeyAnnouncement): void {
    const { node, number } = announcement;
    if (node === this.id || !this.isNewerKey(number, this.#numberOf(node))) return this.drop('known');
    if (this.#changedLately.includes(node)) return this.drop('overloaded');
    this.#changedLately = [...this.#changedLately, node];
    this.write({ type: 'key', announcement });
  }

  protected rememberKey(announcement: KeyAnnouncement): void {
    const { node, number } = announcement;
    // The journal has what was heard again while it was written twice: copies would push out those that vouch for them.
    if (number <= this.#numberOf(node)) return;
    const rank = this.rankOf(node);
    while (this.#announced.length <= rank) this.#announced.push(NONE);
    this.#announced[rank] = [...(this.#announced[rank] as readonly KeyAnnouncement[]), announcement].slice(-MOST_KEPT);
  }

  /** Only now does it count: who asks for keys is told of no other, so that a crash takes none back. */
  protected keyDurable(announcement: KeyAnnouncement): void {
    if (!this.isNewerKey(announcement.number, this.#numberOf(announcement.node))) return;
    this.rememberKey(announcement);
    this.#tellHost(announcement);
    if (announcement.node === this.id) for (const peer of this.peers) if (peer !== this.id) this.#announce(peer, announcement);
  }

  #tellHost(announcement: KeyAnnouncement): void {
    this.out.indicate({ kind: 'key', ...announcement });
    if (announcement.node === this.id) this.#signsWith = announcement.number;
  }

  /** After a restart: the host may have lost what it was told. */
  protected tellKeys(): void {
    for (const announcement of this.keysKnown()) this.#tellHost(announcement);
  }

  #announce(to: NodeId, { node, number, key, proof }: KeyAnnouncement): void {
    const body = { type: 'key' as const, node, number, key };
    this.out.send(to, { type: messageTypes.newKey, view: 0, seq: 0, digest: '', batch: null, proof, body }, 0);
  }

  /** `to` knows keys up to these numbers. */
  protected tellNextKeys(to: NodeId, known: readonly number[]): void {
    for (let rank = 0; rank < this.#announced.length; rank++) {
      const next = this.nextToTell(this.#announced[rank] as readonly KeyAnnouncement[], known[rank] ?? 0);
      if (next !== undefined && next.node !== to) this.#announce(to, next);
    }
  }

  /** With each status. */
  protected keysTick(): void {
    this.#changedLately = [];
    if (!this.mustVouchAgain() || !this.holdsStable()) return;
    this.#vouchedWith = this.#signsWith;
    this.vouchAgain();
    const { leaving } = this;
    if (leaving !== null && leaving.signature !== null)
      this.sign({ kind: 'viewChange', change: leaving }, viewChangeContent(leaving), 'signature');
  }

  protected keysKnown(): readonly KeyAnnouncement[] {
    return this.#announced.flat();
  }

  /** What is kept of keys, for whoever compares states. */
  protected keyState(): readonly unknown[] {
    return [this.#announced, this.#changedLately, this.#signsWith, this.#vouchedWith];
  }

  protected copyKeys(from: PbftKeys): void {
    this.#announced = from.#announced.slice();
    this.#changedLately = from.#changedLately;
    this.#signsWith = from.#signsWith;
    this.#vouchedWith = from.#vouchedWith;
  }
}
