/**
 * What atomic commitment promises, checked at the moment it is said: AC1 no two processes decide differently, AC2 none
 * takes its decision or its vote back, AC3 commit only if all voted yes, AC4 abort only for a reason (Bernstein,
 * Hadzilacos, Goodman 1987, 7.3); and that whoever says something has it on disk first, as far as its presumption asks
 * (Mohan, Lindsay, Obermarck 1986, 3), which is what the others rest on when processes die.
 */
import { InvariantViolation, type NodeId, type Value } from '../../../core/index.ts';
import {
  type CommitIndication,
  type CommitMessage,
  type CommitRecord,
  DecisionWatch,
  keyOf,
  Ledger,
  type TransactionId,
} from '../../../protocols/commit/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { type AnyNode, Invariants, type Reach } from '../../subject.ts';
import type { CommitSettings } from './commit-settings.ts';

function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

const at = (tx: string, id: NodeId): string => `${tx}@${id}`;
const word = (commit: boolean): string => (commit ? 'commit' : 'abort');

interface Begun {
  readonly atUs: number;
  readonly writers: readonly NodeId[];
}

export class CommitWatch extends Invariants {
  readonly #reach: Reach;
  readonly #own: boolean;
  readonly #world: WatchedWorld;
  readonly #settings: CommitSettings;
  readonly #decisions = new DecisionWatch();
  readonly #begun = new Map<string, Begun>();
  /** Durable records: who is prepared, what each participant took for decided, what coordinators began and decided. */
  readonly #prepared = new Set<string>();
  readonly #finished = new Map<string, boolean>();
  readonly #collected = new Set<string>();
  readonly #decided = new Map<string, { readonly commit: boolean; readonly sites: readonly NodeId[] }>();
  /** Transactions that a participant has refused. */
  readonly #refused = new Set<string>();
  /** Participants that took an abort for decided, on disk or not (yet). */
  readonly #aborted = new Set<string>();
  /** Votes that were sent. */
  readonly #voted = new Map<string, boolean>();
  readonly #disks = new Map<NodeId, Ledger>();
  readonly #down = new Set<NodeId>();
  readonly #bornUs = new Map<NodeId, number>();
  /** Promises rest on disks: none is held to them once one was lost. */
  #diskLost = false;
  #clockJumped = false;

  /** `own`: the protocol's own invariants too, not only what was reached. */
  constructor(reach: Reach, own: boolean, world: WatchedWorld, settings: CommitSettings) {
    super();
    this.#reach = reach;
    this.#own = own;
    this.#world = world;
    this.#settings = settings;
  }

  override stepped(id: NodeId, _node: AnyNode): void {
    if (this.#down.size > 0) this.#down.delete(id);
  }

  override restarted(id: NodeId): void {
    this.#down.add(id);
    this.#bornUs.set(id, this.#world.now);
  }

  override diskLost(): void {
    this.#diskLost = true;
  }

  override clockJumped(): void {
    this.#clockJumped = true;
  }

  /** What the disk of `id` says, as a restart would read it. */
  #onDisk(id: NodeId): Ledger {
    let ledger = this.#disks.get(id);
    if (ledger === undefined) {
      const { remember, presumption } = this.#settings;
      ledger = new Ledger(id, remember, { commit: presumption !== 'commit', abort: presumption !== 'abort' });
      this.#disks.set(id, ledger);
    }
    return ledger;
  }

  override written(id: NodeId, written: unknown): void {
    const record = written as CommitRecord;
    this.#onDisk(id).apply(record);
    switch (record.type) {
      case 'prepared':
        this.#prepared.add(at(keyOf(record.tx), id));
        return;
      case 'finished': {
        const tx = keyOf(record.tx);
        const key = at(tx, id);
        if (!this.#prepared.has(key)) {
          this.#reach('participant-refused');
          this.#refused.add(tx);
        }
        if (!this.#finished.has(key)) this.#finished.set(key, record.commit);
        return;
      }
      case 'collecting':
        this.#collected.add(keyOf(record.tx));
        return;
      case 'decided':
        return this.#decides(keyOf(record.tx), record.commit, record.sites);
      case 'ended':
        return this.#ends(id, keyOf(record.tx));
    }
  }

  #decides(tx: string, commit: boolean, sites: readonly NodeId[]): void {
    if (!this.#decided.has(tx)) this.#decided.set(tx, { commit, sites });
    if (!commit || !this.#own || this.#diskLost) return;
    const hasVoted = (site: NodeId): boolean => {
      const disk = this.#onDisk(site);
      return disk.participated.get(tx)?.voted === true || disk.forgotten(this.#idOf(tx));
    };
    const missing = (this.#begun.get(tx)?.writers ?? sites).find((site) => !hasVoted(site));
    if (missing !== undefined) fail('validity', `transaction ${tx} is committed, but n${missing} has not voted yes`);
  }

  #idOf(tx: string): TransactionId {
    const [coordinator, number] = tx.split('.').map(Number) as [number, number];
    return { coordinator, number };
  }

  /** Once it may forget, nobody may have to ask any more. */
  #ends(id: NodeId, tx: string): void {
    if (!this.#own || this.#diskLost) return;
    const sites = this.#begun.get(tx)?.writers ?? this.#decided.get(tx)?.sites ?? [];
    const open = sites.find((site) => this.#onDisk(site).inDoubt.has(tx));
    if (open !== undefined) fail('ended-early', `n${id} takes transaction ${tx} for ended, but n${open} is in doubt after a restart`);
  }

  override believed(id: NodeId, kind: string, value: Value): void {
    if (kind !== 'decision') return;
    const { decision } = value as { readonly decision: string };
    this.#reach(decision === 'commit' ? 'committed' : 'aborted');
    if (!this.#own) return;
    const broken = this.#decisions.decided(id, value);
    if (broken !== null) fail(broken.invariant, broken.message);
  }

  override indicated(id: NodeId, indication: unknown): void {
    const { tx, commit, role } = indication as CommitIndication;
    if (commit || !this.#own) return;
    if (role === 'coordinator') return this.#aborts(id, tx);
    this.#aborted.add(at(tx, id));
    // A record that came too late for its locks is a refusal too.
    if (!this.#decided.has(tx)) this.#refused.add(tx);
  }

  /** A coordinator aborts because somebody refused, because it died, or because it has waited as long as it said it would. */
  #aborts(id: NodeId, tx: string): void {
    const begun = this.#begun.get(tx);
    if (begun === undefined || this.#refused.has(tx) || this.#clockJumped || this.#diskLost) return;
    if ((this.#bornUs.get(id) ?? -1) >= begun.atUs) return;
    const { retryMs, voteRetries, remember } = this.#settings;
    // With so short a memory a coordinator may refuse its own transactions, and nobody hears why.
    if (remember < 50) return;
    // Clocks drift by less than a quarter.
    const waitedUs = this.#world.now - begun.atUs;
    if (waitedUs < retryMs * voteRetries * 750)
      fail('abort-validity', `n${id} aborts transaction ${tx} after ${waitedUs} us, though nobody refused`);
  }

  override sent(from: NodeId, to: NodeId, sent: unknown): void {
    const message = sent as CommitMessage;
    const tx = keyOf(message.tx);
    const { coordinator } = message.tx;
    if (message.type === 'inquire') this.#reach(this.#down.has(coordinator) ? 'in-doubt-without-coordinator' : 'in-doubt');
    if (message.type === 'decision' && from !== coordinator) this.#reach('told-by-participant');
    if (message.type === 'vote' && message.vote === 'read-only') this.#reach('read-only');
    if (message.type === 'prepare' && !this.#begun.has(tx)) this.#begun.set(tx, { atUs: this.#world.now, writers: message.sites });
    if (!this.#own || this.#diskLost) return;
    if (message.type === 'prepare') this.#asks(from, tx);
    else if (message.type === 'vote' && message.vote !== 'read-only') this.#votes(from, tx, message.vote === 'yes');
    else if (message.type === 'vote') this.#readsOnly(from, tx);
    else if (message.type === 'ack') this.#acknowledges(from, to, tx);
    else if (message.type === 'decision') this.#tells(from, tx, message.commit, from === coordinator);
  }

  #asks(id: NodeId, tx: string): void {
    if (this.#settings.presumption !== 'commit' || this.#collected.has(tx)) return;
    fail('beginning-durable', `n${id} asks for votes on transaction ${tx}, and its disk does not know whom: it would presume commit`);
  }

  #readsOnly(id: NodeId, tx: string): void {
    if (this.#begun.get(tx)?.writers.includes(id) === true) fail('validity', `n${id} writes in transaction ${tx} and votes read-only`);
  }

  #acknowledges(id: NodeId, to: NodeId, tx: string): void {
    if (this.#decided.get(tx)?.commit !== true || this.#finished.has(at(tx, id))) return;
    fail('ack-durable', `n${id} acknowledges transaction ${tx} to n${to}, and its disk does not know`);
  }

  #votes(id: NodeId, tx: string, yes: boolean): void {
    const key = at(tx, id);
    const before = this.#voted.get(key);
    const finished = this.#finished.get(key);
    if (yes && !this.#prepared.has(key)) fail('vote-durable', `n${id} votes yes on transaction ${tx}, and its disk does not know`);
    if (yes && (before === false || finished === false)) fail('vote-kept', `n${id} refused transaction ${tx} and now votes yes`);
    // Once the decision is there, the vote matters to nobody.
    if (!yes && before === true && finished === undefined && !this.#aborted.has(key))
      fail('vote-kept', `n${id} voted yes on transaction ${tx} and now refuses it`);
    if (!yes) this.#refused.add(tx);
    if (before === undefined) this.#voted.set(key, yes);
  }

  #tells(id: NodeId, tx: string, commit: boolean, coordinates: boolean): void {
    const decided = this.#decided.get(tx);
    // Once all its sites are done, a coordinator may forget, and then answers a late question wrongly and harmlessly.
    const sites = decided?.sites ?? this.#begun.get(tx)?.writers;
    if (coordinates && sites?.every((site) => this.#finished.has(at(tx, site)) || this.#aborted.has(at(tx, site))) === true) return;
    // A participant need not have the decision on its own disk where it is not asked to acknowledge it.
    const durable = decided?.commit ?? (coordinates ? undefined : this.#finished.get(at(tx, id)));
    if (commit && durable !== true) fail('decision-durable', `n${id} tells ${word(commit)} of transaction ${tx}, and no disk knows`);
    if (!commit && durable === true) fail('decision-kept', `transaction ${tx} is decided commit and n${id} now tells abort`);
  }
}
