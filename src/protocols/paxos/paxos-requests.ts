/**
 * What clients and the layer above may ask: writes, reads, and operations on the group itself (README.md has their shapes).
 * Whatever is not possible here is refused at once, naming the leader where one is known.
 */
import type { NodeId, Request, Value } from '../../core/index.ts';
import { type Configuration, parseReconfiguration } from './configuration.ts';
import { entryKinds, makeEntry, messageTypes, type PaxosMessage, valueBytes } from './message.ts';
import type { Asker } from './paxos-base.ts';
import { PaxosTimers } from './paxos-timers.ts';

interface Order {
  readonly [key: string]: Value;
}

export abstract class PaxosRequests extends PaxosTimers {
  protected awaitedTransfer: (Asker & { readonly to: NodeId; readonly rounds: number }) | null = null;
  /** Configurations in force, by the index from which they are, since the newest snapshot. */
  protected configurations: { readonly index: number; readonly configuration: Configuration }[] = [];

  protected override request(from: NodeId, request: Request): void {
    const asker: Asker = { from, session: request.session, id: request.id };
    switch (request.mode) {
      case 'write':
        this.#write(asker, request.op);
        return;
      case 'linearizable':
        this.read(asker);
        return;
      case 'stale':
        this.out.indicate({ kind: 'readReady', session: request.session, id: request.id, index: this.slots.applied });
        return;
      case 'admin':
        this.admin(asker, request.op);
    }
  }

  #write(asker: Asker, op: Value): void {
    if (this.role === 'leader') {
      if (!this.mayPropose()) this.refuseNoLeader(asker);
      else if (!this.proposeNext(entryKinds.command, asker.session, asker.id, op)) this.refuse(asker, 'LC_OVERLOADED');
      else this.broadcastProposal();
    } else if (this.leader !== 0 && this.leader !== this.id && this.config.forwardProposals) {
      const entry = makeEntry(0, 0, entryKinds.command, asker.session, asker.id, op, valueBytes(op));
      this.send(this.leader, this.message(messageTypes.propose, 0, 0, 0, 0, [entry]));
    } else {
      this.refuseNoLeader(asker);
    }
  }

  /** Send what was proposed; acceptors whose pipeline is full get it with the next message (batching). */
  protected broadcastProposal(): void {
    for (const member of this.members) if (member.id !== this.id) this.sendAccept(member, false);
  }

  /** Proposals that a follower passed on; where they cannot be taken, their clients will ask again. */
  protected handlePropose(m: PaxosMessage): void {
    if (this.role !== 'leader') return;
    for (const { session, id, op } of m.entries) {
      if (!this.mayPropose() || !this.proposeNext(entryKinds.command, session, id, op)) break;
    }
    this.broadcastProposal();
  }

  /** Operations on the group itself; see README.md for their shapes. */
  protected admin(asker: Asker, op: Value): void {
    if (op === null || typeof op !== 'object' || Array.isArray(op) || op instanceof Uint8Array) {
      this.refuse(asker, 'LC_USAGE');
      return;
    }
    const order = op as Order;
    switch (order.type) {
      case 'compact':
        return this.#compact(asker, order);
      case 'reconfigure':
        return this.#reconfigure(asker, order);
      case 'transfer-leadership':
        return this.#transfer(asker, order);
      case 'campaign':
        this.stand();
        return this.done(asker);
      default:
        this.refuse(asker, 'LC_USAGE');
    }
  }

  #compact(asker: Asker, order: Order): void {
    const { index } = order;
    const oldest = this.slots.snapshot?.index ?? 0;
    if (typeof index !== 'number' || !Number.isSafeInteger(index) || index <= oldest || index > this.slots.applied)
      return this.refuse(asker, 'LC_USAGE');
    this.compact({ index, configuration: this.configurationAt(index), data: order.snapshot ?? null });
    this.forgetTrimmed();
    this.done(asker);
  }

  /** The configuration in force after an applied index. */
  protected configurationAt(index: number): Configuration {
    for (let i = this.configurations.length - 1; i >= 0; i--) {
      const at = this.configurations[i] as { readonly index: number; readonly configuration: Configuration };
      if (at.index <= index) return at.configuration;
    }
    return this.configuration;
  }

  protected override forgetTrimmed(): void {
    const index = this.slots.snapshot?.index ?? 0;
    const { configurations } = this;
    let keep = configurations.length - 1;
    while (keep > 0 && (configurations[keep] as { readonly index: number }).index > index) keep--;
    if (keep > 0) this.configurations = configurations.slice(keep);
  }

  protected override enterEra(next: Configuration): void {
    this.configurations.push({ index: next.era - 1, configuration: next });
    super.enterEra(next);
  }

  #reconfigure(asker: Asker, order: Order): void {
    const next = parseReconfiguration(order);
    if (next === null) return this.refuse(asker, 'LC_USAGE');
    if (this.role !== 'leader') return this.refuseNoLeader(asker);
    const refusal = this.proposeStopSign(next, asker);
    if (refusal !== null) this.refuse(asker, 'LC_MEMBERSHIP', 'fail', refusal);
  }

  #transfer(asker: Asker, order: Order): void {
    const { to } = order;
    if (typeof to !== 'number') return this.refuse(asker, 'LC_USAGE');
    if (this.role !== 'leader') return this.refuseNoLeader(asker);
    if (!this.configuration.members.includes(to)) return this.refuse(asker, 'LC_MEMBERSHIP');
    if (to === this.id) return this.done(asker);
    if (this.awaitedTransfer !== null) return this.refuse(asker, 'LC_OVERLOADED');
    this.awaitedTransfer = { ...asker, to, rounds: 0 };
    this.send(to, this.message(messageTypes.takeOver, this.ballot, 0, 0, 0));
  }

  /** The leader hands over to this node. */
  protected handleTakeOver(m: PaxosMessage): void {
    if (m.ballot >= this.promised && this.mayStand()) this.stand();
  }

  protected override endRound(): void {
    super.endRound();
    const awaited = this.awaitedTransfer;
    if (awaited === null) return;
    // The order may be on its way: whether it works is not known when time is up.
    this.awaitedTransfer = { ...awaited, rounds: awaited.rounds + 1 };
    if (awaited.rounds < 2) return;
    this.awaitedTransfer = null;
    this.refuse(awaited, 'LC_TIMEOUT', 'info');
  }

  /** Someone new leads: was it whom we asked for? */
  protected settleTransfer(): void {
    const awaited = this.awaitedTransfer;
    if (awaited === null || this.leader === 0 || this.leader === this.id) return;
    this.awaitedTransfer = null;
    if (this.leader === awaited.to) this.done(awaited);
    else this.refuse(awaited, 'LC_TIMEOUT', 'info');
  }
}
