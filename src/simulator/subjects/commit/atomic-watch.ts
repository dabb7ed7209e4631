/**
 * What every atomic commitment protocol promises, checked at the moment it is said (Bernstein, Hadzilacos, Goodman 1987,
 * 7.3): AC1 agreement, AC2 stability, AC3 commit only if all voted yes, AC4 abort only for a reason. Protocols add what their
 * own messages promise.
 */
import { InvariantViolation, type NodeId, type Value } from '../../../core/index.ts';
import {
  type CommitIndication,
  type CommitRecord,
  DecisionWatch,
  keyOf,
  Ledger,
  type TransactionId,
} from '../../../protocols/commit/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { type AnyNode, Invariants, type Reach } from '../../subject.ts';

export function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

interface Begun {
  readonly atUs: number;
  readonly sites: readonly NodeId[];
}

export abstract class AtomicWatch extends Invariants {
  protected readonly reach: Reach;
  protected readonly world: WatchedWorld;
  /** The protocol's own invariants too, not only what was reached. */
  protected readonly own: boolean;
  protected readonly begun = new Map<string, Begun>();
  protected readonly down = new Set<NodeId>();
  readonly #decisions = new DecisionWatch();
  readonly #disks = new Map<NodeId, Ledger>();
  readonly #voted = new Map<string, boolean>();
  readonly #refused = new Set<string>();
  readonly #remember: number;
  /** Before this a coordinator has no reason to give up, in microseconds. */
  readonly #patienceUs: number;
  #faultUs = -1;
  /** Promises rest on disks: none is held to them once one was lost. */
  protected diskGone = false;

  constructor(reach: Reach, own: boolean, world: WatchedWorld, remember: number, patienceUs: number) {
    super();
    this.reach = reach;
    this.own = own;
    this.world = world;
    this.#remember = remember;
    this.#patienceUs = patienceUs;
  }

  /** What the disk of `id` says, as a restart would read it. */
  protected onDisk(id: NodeId): Ledger {
    let ledger = this.#disks.get(id);
    if (ledger === undefined) {
      ledger = new Ledger(id, this.#remember, { commit: false, abort: false });
      this.#disks.set(id, ledger);
    }
    return ledger;
  }

  override stepped(id: NodeId, _node: AnyNode): void {
    if (this.down.size > 0) this.down.delete(id);
  }

  override restarted(id: NodeId): void {
    this.down.add(id);
    this.#faultUs = this.world.now;
  }

  override diskLost(): void {
    this.diskGone = true;
  }

  override clockJumped(): void {
    this.#faultUs = Number.POSITIVE_INFINITY;
  }

  protected get watches(): boolean {
    return this.own && !this.diskGone;
  }

  /** A record of the ledger is on the disk of `id`. */
  protected ledgerWritten(id: NodeId, record: CommitRecord): void {
    const disk = this.onDisk(id);
    if (record.type === 'snapshot') return disk.restore((record.ledger as readonly Value[])[0] as Value);
    const change = disk.apply(record);
    if (change?.what === 'refused') {
      this.reach('participant-refused');
      this.#refused.add(keyOf(change.participated.tx));
    }
    if (change?.what === 'decided') this.committed(keyOf(change.coordinated.tx), change.coordinated.state === 'committed');
    if (change?.what === 'finished') this.committed(keyOf(change.participated.tx), change.participated.state === 'committed');
  }

  protected hasVoted(site: NodeId, tx: TransactionId): boolean {
    const disk = this.onDisk(site);
    return disk.participated.get(keyOf(tx))?.voted === true || disk.forgotten(tx);
  }

  protected hasRefused(tx: string): boolean {
    return this.#refused.has(tx);
  }

  /** A decision is on a disk. */
  protected committed(tx: string, commit: boolean): void {
    if (!commit || !this.watches) return;
    const id = idOf(tx);
    const missing = this.begun.get(tx)?.sites.find((site) => !this.hasVoted(site, id));
    if (missing !== undefined) fail('validity', `transaction ${tx} is committed, but n${missing} has not voted yes`);
  }

  protected begin(tx: string, sites: readonly NodeId[], atUs = this.world.now): void {
    if (!this.begun.has(tx)) this.begun.set(tx, { atUs, sites });
  }

  override believed(id: NodeId, kind: string, value: Value): void {
    if (kind !== 'decision') return;
    const { decision } = value as { readonly decision: string };
    this.reach(decision === 'commit' ? 'committed' : 'aborted');
    if (!this.own) return;
    const broken = this.#decisions.decided(id, value);
    if (broken !== null) fail(broken.invariant, broken.message);
  }

  override indicated(id: NodeId, indication: unknown): void {
    const { tx, commit, role } = indication as CommitIndication;
    if (!this.watches) return;
    this.committed(tx, commit);
    if (!commit && role === 'coordinator') this.#aborts(id, tx);
  }

  /** Somebody refused, somebody failed, or it has waited as long as it said it would. */
  #aborts(id: NodeId, tx: string): void {
    const begun = this.begun.get(tx);
    if (begun === undefined || this.#refused.has(tx) || this.#faultUs >= begun.atUs) return;
    const waitedUs = this.world.now - begun.atUs;
    if (waitedUs < this.#patienceUs)
      fail('abort-validity', `n${id} aborts transaction ${tx} after ${waitedUs} us, though nobody refused or failed`);
  }

  protected votes(id: NodeId, tx: TransactionId, yes: boolean): void {
    const key = `${keyOf(tx)}@${id}`;
    const before = this.#voted.get(key);
    if (yes && !this.hasVoted(id, tx)) fail('vote-durable', `n${id} votes yes on transaction ${keyOf(tx)}, and its disk does not know`);
    if (before !== undefined && before !== yes && this.onDisk(id).inDoubt.has(keyOf(tx)))
      fail('vote-kept', `n${id} voted ${before ? 'yes' : 'no'} on transaction ${keyOf(tx)} and now the contrary`);
    if (before === undefined) this.#voted.set(key, yes);
  }

  /** Whoever tells a decision has it on its own disk. */
  protected tells(id: NodeId, tx: TransactionId, commit: boolean): void {
    const disk = this.onDisk(id);
    const states = [disk.coordinated.get(keyOf(tx))?.state, disk.participated.get(keyOf(tx))?.state];
    if (states.includes(commit ? 'committed' : 'aborted')) return;
    fail('decision-durable', `n${id} tells ${commit ? 'commit' : 'abort'} of transaction ${keyOf(tx)}, and its disk does not know`);
  }
}

export function idOf(tx: string): TransactionId {
  const [coordinator, number] = tx.split('.').map(Number) as [number, number];
  return { coordinator, number };
}
