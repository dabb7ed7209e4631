/**
 * Reconfiguration by stop-sign (Omni-Paxos, 6): a last entry ends a configuration and holds the next one, which agrees on
 * the slots behind it as a Paxos of its own, after a phase 1 of its own. Nodes of an older configuration are told what was
 * chosen; new members are invited until they are heard of.
 */
import type { NodeId, Value, Writer } from '../../core/index.ts';
import { type Configuration, configurationSchema, configurationValue, quorumProblem, type Reconfiguration } from './configuration.ts';
import { type Entry, entryKinds, messageTypes, type PaxosMessage } from './message.ts';
import type { Asker } from './paxos-base.ts';
import { PaxosElection } from './paxos-election.ts';

interface AwaitedChange extends Asker {
  readonly slot: number;
}

export abstract class PaxosReconfiguration extends PaxosElection {
  /** Who asked for the change that is under way. */
  protected awaitedChange: AwaitedChange | null = null;
  /** Members of this configuration that are not known to have begun it. */
  protected inviting: NodeId[] = [];
  /** Nodes of older configurations that were told in this round. */
  protected told: NodeId[] = [];

  /** Propose a stop-sign; a reason when it is refused. */
  protected proposeStopSign(next: Reconfiguration, asker: Asker): string | null {
    if (!this.mayPropose()) return 'a change is under way';
    const problem = this.reconfigurationProblem(next);
    if (problem !== null) return problem;
    const op = { members: next.members, phase1: next.phase1, phase2: next.phase2 } as unknown as Value;
    const slot = this.nextSlot();
    if (!this.proposeNext(entryKinds.stopSign, asker.session, asker.id, op)) return 'too much is under way already';
    this.awaitedChange = { ...asker, slot };
    this.broadcastAccept();
    return null;
  }

  /** Why there cannot be such a configuration, or null. */
  protected reconfigurationProblem(next: Reconfiguration): string | null {
    const stranger = next.members.find((id) => !this.peers.includes(id));
    return stranger === undefined ? quorumProblem(next) : `member ${stranger}, whom nobody can reach`;
  }

  /** A stop-sign was applied: its configuration is over. */
  protected stopSignApplied(entry: Entry): void {
    const next = this.configurationAfter(entry.slot, entry.op as unknown as Reconfiguration, entry.ballot);
    const awaited = this.awaitedChange;
    if (awaited !== null && awaited.slot === entry.slot && awaited.session === entry.session && awaited.id === entry.id) {
      this.awaitedChange = null;
      this.done(awaited, configurationValue(next));
    }
    // What lies behind it was proposed by leaders that did not know of it, and was not chosen.
    if (this.forgetsBehindStopSign()) this.slots.cutAfter(entry.slot);
    this.enterEra(next);
  }

  /** Are values behind a stop-sign forgotten? (After a restart they may be there again: the floor of ballots makes that safe.) */
  protected forgetsBehindStopSign(): boolean {
    return !this.recovering;
  }

  protected recovering = false;

  protected override enterEra(next: Configuration): void {
    const before = this.configuration;
    const led = this.role === 'leader';
    this.resign();
    this.configuration = next;
    this.promised = Math.max(this.promised, this.ballotFloor(next));
    this.heard = new Map();
    this.heardLeader = false;
    this.connected = false;
    this.content = false;
    this.leader = 0;
    this.told = [];
    this.forgetTrimmed();
    this.inviting = next.members.filter((id) => id !== this.id && (!before.members.includes(id) || this.recovering));
    if (this.recovering) return;
    if (led && this.isMember) this.stand();
    this.invite();
  }

  /** No ballot of a new configuration is as low as those that may have left values of the old one behind. */
  protected ballotFloor(next: Configuration): number {
    return Math.max(next.floor, this.elected);
  }

  /** Tell new members that there is something to learn. */
  protected invite(): void {
    for (const id of this.inviting) this.send(id, this.message(messageTypes.chosen, 0, 0, 0, 0));
  }

  /** A message of another configuration: who is behind learns. False: it is not for us. */
  protected meetEra(from: NodeId, m: PaxosMessage): boolean {
    if (this.inviting.length > 0 && m.era >= this.configuration.era) this.inviting = this.inviting.filter((id) => id !== from);
    if (this.isOfThisEra(m)) return true;
    if (m.era > this.configuration.era) this.askToLearn(from);
    else if (isAsking(m) && !this.told.includes(from)) {
      this.told.push(from);
      this.sendChosen(from, m.commit + 1);
    }
    return false;
  }

  protected override resign(): void {
    super.resign();
    const awaited = this.awaitedChange;
    this.awaitedChange = null;
    // It was proposed: whoever leads next may still have it chosen.
    if (awaited !== null) this.refuse(awaited, 'LC_TIMEOUT', 'info');
  }

  protected copyReconfiguration(from: PaxosReconfiguration): void {
    this.awaitedChange = from.awaitedChange;
    this.inviting = from.inviting;
    this.told = from.told.slice();
    this.recovering = from.recovering;
  }

  protected encodeReconfiguration(w: Writer): void {
    configurationSchema.write(w, this.configuration);
    encodeAsker(w, this.awaitedChange);
    w.uint(this.awaitedChange?.slot ?? 0);
    for (const nodes of [this.inviting, this.told]) {
      w.uint(nodes.length);
      for (const id of nodes) w.uint(id);
    }
  }
}

/** A node that works on, unaware that its configuration is over. */
const isAsking = (m: PaxosMessage): boolean =>
  m.type === messageTypes.heartbeatRequest || m.type === messageTypes.prepare || m.type === messageTypes.accept;

export function encodeAsker(w: Writer, asker: Asker | null): void {
  w.bool(asker !== null);
  if (asker === null) return;
  w.uint(asker.from);
  w.uint(asker.session);
  w.uint(asker.id);
}
