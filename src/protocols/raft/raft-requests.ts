/**
 * What clients and the layer above may ask: writes, reads, and operations on the group itself (README.md has their
 * shapes). Whatever is not possible here is refused at once, naming the leader where one is known.
 */
import type { NodeId, Request, Value } from '../../core/index.ts';
import { type Entry, entryKinds, makeEntry, messageTypes, type RaftMessage, valueBytes } from './message.ts';
import type { Asker } from './raft-base.ts';
import { isChange, parseChange } from './raft-membership.ts';
import { RaftTimers } from './raft-timers.ts';

interface Order {
  readonly [key: string]: Value;
}

export abstract class RaftRequests extends RaftTimers {
  protected awaitedTransfer: (Asker & { readonly to: NodeId }) | null = null;

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
        this.out.indicate({ kind: 'readReady', session: request.session, id: request.id, index: this.log.applied });
        return;
      case 'admin':
        this.admin(asker, request.op);
    }
  }

  #write(asker: Asker, op: Value): void {
    const leads = this.role === 'leader';
    const entry = makeEntry(leads ? this.term : 0, entryKinds.normal, asker.session, asker.id, op, valueBytes(op));
    if (leads) {
      if (this.transferee !== 0 || this.progress(this.id) === null) this.refuseNoLeader(asker);
      else if (!this.appendEntry(entry)) this.refuse(asker, 'LC_OVERLOADED');
      else this.broadcastAppend();
    } else if (this.role === 'follower' && this.leader !== 0 && this.config.forwardProposals) {
      this.send(this.leader, this.message(messageTypes.prop, 0, 0, 0, 0, false, 0, 0, [entry]));
    } else {
      this.refuseNoLeader(asker);
    }
  }

  /** A proposal that a follower passed on; where it cannot be taken, its client will ask again. */
  protected forwarded(m: RaftMessage): void {
    if (this.role === 'leader') {
      if (this.transferee !== 0 || this.progress(this.id) === null) return;
      let appended = false;
      for (const { kind, session, id, op, size } of m.entries) {
        const entry = makeEntry(this.term, kind, session, id, op, size);
        if (isChange(entry)) this.forwardedChange(entry);
        else appended = this.appendEntry(entry) || appended;
      }
      if (appended) this.broadcastAppend();
    } else if (this.role === 'follower' && this.leader !== 0 && this.leader !== this.id && this.config.forwardProposals) {
      this.send(this.leader, m);
    }
  }

  protected forwardedChange(entry: Entry): void {
    const change = entry.op === null ? { transition: 'auto' as const, changes: [] } : parseChange(entry.op as Order);
    if (change !== null) this.proposeChange(change, entry.kind, null);
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
        this.#compact(asker, order);
        return;
      case 'change-membership':
        this.#changeMembership(asker, order);
        return;
      case 'transfer-leadership':
        this.#transfer(asker, order);
        return;
      case 'forget-leader':
        // Under leases a forgotten leader could still answer reads from its lease.
        if (this.config.readMode === 'lease') return this.refuse(asker, 'LC_USAGE');
        if (this.role === 'follower') this.leader = 0;
        return this.#done(asker);
      case 'campaign':
        this.campaign(false);
        return this.#done(asker);
      case 'report-unreachable':
      case 'report-snapshot':
        this.#reportMember(order);
        return this.#done(asker);
      case 'set-election-timeout':
        if (typeof order.timeoutUs !== 'number' || !(order.timeoutUs > 0)) return this.refuse(asker, 'LC_USAGE');
        this.timeoutUs = order.timeoutUs;
        this.timersDirty = true;
        return this.#done(asker);
      default:
        this.refuse(asker, 'LC_USAGE');
    }
  }

  #done(asker: Asker, value: Value = null): void {
    this.out.reply(asker.from, { id: asker.id, session: asker.session, outcome: 'ok', value });
  }

  #compact(asker: Asker, order: Order): void {
    const { index } = order;
    const oldest = this.log.snapshot?.index ?? 0;
    if (typeof index !== 'number' || !Number.isSafeInteger(index) || index <= oldest || index > this.log.applied) {
      return this.refuse(asker, 'LC_USAGE');
    }
    const term = this.log.term(index);
    if (term < 0) return this.refuse(asker, 'LC_USAGE');
    this.compact({ index, term, configuration: this.configurationAt(index), data: order.snapshot ?? null });
    this.#done(asker);
  }

  #changeMembership(asker: Asker, order: Order): void {
    const change = parseChange(order);
    if (change === null) return this.refuse(asker, 'LC_USAGE');
    if (this.role !== 'leader') return this.refuseNoLeader(asker);
    if (this.transferee !== 0 || this.progress(this.id) === null) return this.refuseNoLeader(asker);
    const refusal = this.proposeChange(change, entryKinds.changeV2, asker);
    if (refusal !== null) this.refuse(asker, 'LC_MEMBERSHIP', 'fail', refusal);
  }

  #transfer(asker: Asker, order: Order): void {
    const { to } = order;
    if (typeof to !== 'number') return this.refuse(asker, 'LC_USAGE');
    if (this.role !== 'leader') return this.refuseNoLeader(asker);
    if (!this.startTransfer(to)) return this.refuse(asker, 'LC_MEMBERSHIP');
    if (this.transferee === 0) return this.#done(asker);
    if (this.awaitedTransfer !== null) this.refuse(asker, 'LC_OVERLOADED');
    else this.awaitedTransfer = { ...asker, to };
  }

  protected override abortTransfer(): void {
    const awaited = this.awaitedTransfer;
    // The order to campaign may be on its way: whether it works is not known when time is up.
    if (awaited !== null && this.role === 'leader') {
      this.awaitedTransfer = null;
      this.refuse(awaited, 'LC_TIMEOUT', 'info');
    }
    super.abortTransfer();
  }

  #reportMember(order: Order): void {
    const member = typeof order.node === 'number' ? this.progress(order.node) : null;
    if (member === null || this.role !== 'leader') return;
    if (order.type === 'report-unreachable') {
      if (member.state === 'replicate') member.becomeProbe();
    } else if (member.state === 'snapshot') {
      if (order.ok !== true) member.pendingSnapshot = 0;
      member.becomeProbe();
      // Wait for the follower, or for the next heartbeat, before sending again.
      member.flowPaused = true;
    }
  }

  /** Someone new leads: was it whom we asked for? */
  protected settleTransfer(): void {
    const awaited = this.awaitedTransfer;
    if (awaited === null || this.leader === 0) return;
    this.awaitedTransfer = null;
    if (this.leader === awaited.to) this.#done(awaited);
    else this.refuse(awaited, 'LC_TIMEOUT', 'info');
  }
}
