/**
 * What Paxos Commit promises besides atomicity: acceptors keep their promises and say only what is on their disks, and
 * whatever is taken for decided has been chosen: by a quorum of acceptors, in one ballot, for every resource manager.
 */
import type { NodeId } from '../../../core/index.ts';
import {
  type InstanceVote,
  keyOf,
  type PaxosCommitMessage,
  type PaxosCommitRecord,
  type TransactionId,
} from '../../../protocols/commit/index.ts';
import type { AnyNode } from '../../subject.ts';
import { AtomicWatch, fail } from '../commit/atomic-watch.ts';
import { acceptorsAmong } from './paxos-commit-settings.ts';

/** One acceptor's disk, for one transaction. */
interface Durable {
  promised: number;
  readonly accepted: Map<number, readonly InstanceVote[]>;
}

type Of<T extends PaxosCommitMessage['type']> = Extract<PaxosCommitMessage, { readonly type: T }>;

export class PaxosCommitWatch extends AtomicWatch {
  /** By transaction, then acceptor. */
  readonly #acceptors = new Map<string, Map<NodeId, Durable>>();
  /** By transaction and ballot: what was proposed for it. */
  readonly #proposed = new Map<string, string>();
  #servers = 0;
  #wanted = 1;

  /** `wanted` acceptors, an odd number of those that there are. */
  ofAcceptors(wanted: number): this {
    this.#wanted = wanted;
    return this;
  }

  get #majority(): number {
    return Math.floor((acceptorsAmong(this.#wanted, this.#servers) + 1) / 2);
  }

  /** All servers start before anything else happens. */
  override stepped(id: NodeId, node: AnyNode): void {
    super.stepped(id, node);
    if (id > this.#servers) this.#servers = id;
  }

  #durable(tx: TransactionId, id: NodeId): Durable {
    const key = keyOf(tx);
    const acceptors = this.#acceptors.get(key) ?? new Map<NodeId, Durable>();
    this.#acceptors.set(key, acceptors);
    const known = acceptors.get(id) ?? { promised: 0, accepted: new Map() };
    acceptors.set(id, known);
    return known;
  }

  override written(id: NodeId, written: unknown): void {
    const record = written as PaxosCommitRecord;
    if (record.type !== 'promised' && record.type !== 'accepted') return this.ledgerWritten(id, record);
    const { tx, ballot } = record;
    const durable = this.#durable(tx, id);
    if (ballot > 0) this.reach('taken-over');
    // What came to the disk too late does not count there.
    if (ballot < durable.promised) return;
    durable.promised = ballot;
    if (record.type === 'accepted' && !(ballot === 0 && durable.accepted.size > 0)) durable.accepted.set(ballot, record.votes);
  }

  protected override committed(tx: string, commit: boolean): void {
    super.committed(tx, commit);
    if (!this.watches || this.begun.get(tx) === undefined) return;
    if (!commit && this.hasRefused(tx)) return;
    const { sites } = this.begun.get(tx) as { readonly sites: readonly NodeId[] };
    const acceptors = [...(this.#acceptors.get(tx)?.values() ?? [])];
    const ballots = new Set(acceptors.flatMap(({ accepted }) => [...accepted.keys()]));
    const chosen = (ballot: number, site: NodeId, yes: boolean): boolean =>
      acceptors.filter(({ accepted }) => accepted.get(ballot)?.some((vote) => vote.site === site && vote.yes === yes)).length >=
      this.#majority;
    const isChosen = [...ballots].some((ballot) =>
      commit ? sites.every((site) => chosen(ballot, site, true)) : sites.some((site) => chosen(ballot, site, false)),
    );
    if (!isChosen)
      fail('chosen', `transaction ${tx} is taken for ${commit ? 'committed' : 'aborted'}, and no quorum of acceptors has it on disk`);
  }

  override sent(from: NodeId, _to: NodeId, sent: unknown): void {
    const message = sent as PaxosCommitMessage;
    const { tx } = message;
    if (message.type === 'prepare' || message.type === 'vote') this.begin(keyOf(tx), message.sites);
    // Nobody saw when it began: the disk of who was asked was slow.
    if (message.type === 'inquire') this.begin(keyOf(tx), message.sites, -1);
    if (message.type === 'begin')
      this.begin(
        keyOf(tx),
        message.parts.map(({ site }) => site),
      );
    if (message.type === 'inquire') this.reach(this.down.has(tx.coordinator) ? 'in-doubt-without-coordinator' : 'in-doubt');
    if (!this.watches) return;
    if (message.type === 'vote') this.votes(from, tx, message.yes);
    else if (message.type === 'begin' && message.yes !== null) this.votes(from, tx, message.yes);
    else if (message.type === 'promise') this.#promises(from, message);
    else if (message.type === 'accepted') this.#accepts(from, message);
    else if (message.type === 'propose') this.#proposes(from, message);
  }

  #promises(id: NodeId, { tx, ballot, accepted }: Of<'promise'>): void {
    const durable = this.#durable(tx, id);
    if (durable.promised < ballot)
      fail('promise-durable', `n${id} promises ballot ${ballot} of transaction ${keyOf(tx)}, and its disk does not know`);
    const below = [...durable.accepted.keys()].filter((each) => each < ballot);
    const newest = below.length === 0 ? null : Math.max(...below);
    if (newest !== (accepted?.ballot ?? null))
      fail(
        'promise-honest',
        `n${id} promises ballot ${ballot} of transaction ${keyOf(tx)} and says that it accepted ${accepted?.ballot ?? 'nothing'}, not ${newest ?? 'nothing'}`,
      );
  }

  #accepts(id: NodeId, { tx, ballot }: Of<'accepted'>): void {
    if (this.#durable(tx, id).accepted.has(ballot)) return;
    fail(
      'accept-durable',
      `n${id} says that it has accepted ballot ${ballot} of transaction ${keyOf(tx)}, and its disk does not know, or has promised more`,
    );
  }

  /** Two proposals in one ballot would be two leaders of it, or one that forgot. */
  #proposes(id: NodeId, { tx, ballot, votes }: Of<'propose'>): void {
    const key = `${keyOf(tx)} ${ballot}`;
    const proposal = JSON.stringify(votes);
    const before = this.#proposed.get(key);
    if (before !== undefined && before !== proposal)
      fail('one-proposal', `n${id} proposes two different outcomes in ballot ${ballot} of transaction ${keyOf(tx)}`);
    this.#proposed.set(key, proposal);
  }
}
