/**
 * Paxos's invariants over a whole cluster, checked after every step and at every send: what is chosen is chosen once, by a
 * quorum's disks, in one configuration; what acceptors pledge is on their disks first and kept across their lives; what a
 * new leader proposes is what phase 1 found (Lamport 2001, P1a, P2c; Flexible Paxos 3). Sees everything, changes nothing.
 */
import { equalValues, InvariantViolation, type NodeId } from '../../core/index.ts';
import { type Ballot, showBallot } from './ballot.ts';
import { type Configuration, quorumProblem, type Reconfiguration } from './configuration.ts';
import { Disk, Seen } from './invariants-memory.ts';
import { type Entry, entryKinds, messageTypes, type PaxosMessage } from './message.ts';
import type { Paxos } from './paxos.ts';
import type { PaxosRecord } from './record.ts';

function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

const same = (a: Entry, b: Entry): boolean =>
  a === b || (a.session === b.session && a.id === b.id && a.kind === b.kind && equalValues(a.op, b.op));

const show = ({ kind, session, id, op }: Entry): string => `${Object.keys(entryKinds)[kind]} ${session}/${id} ${JSON.stringify(op)}`;

const at = <T>(list: (T | undefined)[], id: NodeId, make: () => T): T => {
  let known = list[id];
  if (known === undefined) {
    known = make();
    list[id] = known;
  }
  return known;
};

/** Does it say what was chosen, or stand for it? */
const tells = (m: PaxosMessage | null): boolean => m !== null && (m.type === messageTypes.chosen || m.type === messageTypes.promise);

/** Proposals of ballots this far below the newest are forgotten. */
const BALLOTS_KEPT = 64;

export class PaxosInvariants {
  readonly #seen: (Seen | undefined)[] = [];
  readonly #disks: (Disk | undefined)[] = [];
  /** Chosen values by slot, from 1. */
  readonly #chosen: (Entry | null)[] = [null];
  /** By ballot, then slot: what was proposed. */
  readonly #proposed = new Map<Ballot, Map<number, Entry>>();
  /** The configurations that were chosen, oldest first. */
  readonly #configurations: Configuration[] = [];
  /** By node: the highest ballot that it has pledged something in, in all its lives. */
  readonly #pledged: number[] = [];
  /** By node: the last slot that it ever knew to be chosen. */
  readonly #decided: number[] = [];
  /** In which life of its node a ballot was first asked for. */
  readonly #asked = new Map<Ballot, number>();
  readonly #lives: number[] = [];

  /** The last slot known to be chosen. */
  get committed(): number {
    return this.#chosen.length - 1;
  }

  disk(id: NodeId): Disk {
    return at(this.#disks, id, () => new Disk());
  }

  seen(id: NodeId): Seen | undefined {
    return this.#seen[id];
  }

  /** A node has made a step. */
  stepped(node: Paxos): void {
    let seen = this.#seen[node.id];
    const fresh = seen === undefined;
    if (seen === undefined) {
      seen = this.#begins(node);
      this.#seen[node.id] = seen;
    }
    const { slots } = node;
    if (node.promised < seen.promised)
      fail('promise-kept', `n${node.id} promised ballot ${showBallot(seen.promised)} and now ${showBallot(node.promised)}`);
    const { changed } = slots;
    if (fresh) {
      for (let slot = slots.base + 1; slot <= slots.last; slot++) this.#accepted(node, slot, null);
    } else if (changed !== null) for (let i = 0; i < changed.length; i++) this.#accepted(node, changed[i] as number, seen);
    if (changed === null || changed.length > 0) slots.changed = [];
    if (slots.committed !== seen.committed) this.#committed(node, seen, fresh);
    if (node.role === 'leader' && (seen.role !== 'leader' || seen.ballot !== node.ballot)) this.#leads(node);
    if (node.configuration !== seen.configuration) this.#configured(node);
    this.#decided[node.id] = Math.max(this.#decided[node.id] ?? 0, slots.committed);
    if (!fresh && slots.base > seen.base && !tells(seen.cause)) this.#trimmed(node);
    if (slots.snapshot !== null && slots.base > slots.snapshot.index)
      fail('trim', `n${node.id} trimmed up to ${slots.base}, its snapshot ends at ${slots.snapshot.index}`);
    seen.note(node);
  }

  /** Only what as many members as the configuration asks for have decided is trimmed; later ones begin with a snapshot. */
  #trimmed({ id, slots, config, configuration }: Paxos): void {
    const { trim } = config;
    const { era, members, phase2 } = configuration;
    if (trim === 'any' || era > 1) return;
    const decided = members.filter((member) => (this.#decided[member] ?? 0) >= slots.base).length;
    const needed = trim === 'all' ? members.length : phase2;
    if (decided < needed) fail('trim', `n${id} trimmed up to ${slots.base}, which ${decided} members have decided, not ${needed}`);
  }

  #begins(node: Paxos): Seen {
    const seen = new Seen();
    seen.promised = this.disk(node.id).promised;
    seen.committed = 0;
    seen.configuration = null;
    this.#lives[node.id] = (this.#lives[node.id] ?? 0) + 1;
    if (this.#configurations.length === 0) this.#configurations.push(node.configuration);
    return seen;
  }

  /** A node died: its memory is gone, its disk is not. */
  restarted(id: NodeId): void {
    this.#seen[id] = undefined;
  }

  /** A record of `id` is durable. */
  written(id: NodeId, record: PaxosRecord): void {
    this.disk(id).write(record);
  }

  /** A value is in a slot of a node: the only one of its ballot, and none that a promise forbids. */
  #accepted(node: Paxos, slot: number, seen: Seen | null): void {
    const entry = node.slots.at(slot);
    if (entry === null) return;
    this.#isProposal(node.id, entry);
    if (seen !== null && slot > node.slots.committed && entry.ballot < seen.promised)
      fail(
        'promise-kept',
        `n${node.id} accepted slot ${slot} in ballot ${showBallot(entry.ballot)}, and had promised ${showBallot(seen.promised)}`,
      );
  }

  #isProposal(id: NodeId, entry: Entry): void {
    const { ballot, slot } = entry;
    let proposals = this.#proposed.get(ballot);
    if (proposals === undefined) {
      proposals = new Map();
      this.#proposed.set(ballot, proposals);
      if (this.#proposed.size > BALLOTS_KEPT) this.#proposed.delete(Math.min(...this.#proposed.keys()));
    }
    const other = proposals.get(slot);
    if (other === undefined) proposals.set(slot, entry);
    else if (!same(other, entry))
      fail('one-value-a-ballot', `n${id} has ${show(entry)} in slot ${slot} of ballot ${showBallot(ballot)}, another has ${show(other)}`);
  }

  /** A node knows more to be chosen. */
  #committed(node: Paxos, seen: Seen, fresh: boolean): void {
    const { slots } = node;
    if (slots.committed < seen.committed) fail('chosen-is-final', `n${node.id} forgot that slots up to ${seen.committed} are chosen`);
    for (let slot = seen.committed + 1; slot <= slots.committed; slot++) {
      // What was chosen and trimmed in one step was proposed by this very node, or is known.
      const entry =
        slots.at(slot) ?? (slot <= slots.base ? (this.#chosen[slot] ?? this.#proposed.get(seen.ballot)?.get(slot) ?? null) : null);
      if (entry === null && slot <= slots.base) continue;
      if (entry === null) fail('no-gaps', `n${node.id} knows slot ${slot} to be chosen, and has nothing there`);
      if (seen.cause?.type === messageTypes.accept && seen.cause.ballot !== entry.ballot && slot > slots.base)
        fail(
          'chosen-first-hand',
          `n${node.id} takes slot ${slot}, accepted in ${showBallot(entry.ballot)}, for what the leader of ${showBallot(seen.cause.ballot)} has chosen`,
        );
      const chosen = this.#chosen[slot];
      if (chosen === undefined) this.#chooses(node, seen, entry, fresh);
      else if (chosen !== null && !same(chosen, entry))
        fail('chosen-once', `slot ${slot}: n${node.id} takes ${show(entry)} for chosen, another ${show(chosen)}`);
    }
    if (slots.committed > this.committed)
      fail('chosen-by-leader', `n${node.id} knows slots up to ${slots.committed} to be chosen; ${this.committed} are`);
  }

  /** Nobody knew this slot to be chosen before: a leader counted, and disks bear it out. */
  #chooses(node: Paxos, seen: Seen, entry: Entry, fresh: boolean): void {
    const { slot } = entry;
    if (fresh || seen.role !== 'leader' || seen.configuration === null)
      fail('chosen-by-leader', `n${node.id} takes slot ${slot} for chosen, and no leader has`);
    const { members, phase2, era } = seen.configuration;
    const held = members.filter((id) => this.disk(id).holds(slot, seen.ballot)).length;
    if (held < phase2)
      fail('chosen-by-quorum', `n${node.id} chose slot ${slot} in ballot ${showBallot(seen.ballot)}: on ${held} disks, not ${phase2}`);
    const current = this.#configurations.at(-1) as Configuration;
    if (era !== current.era)
      fail('stop-sign-final', `n${node.id} chose slot ${slot} in the configuration from ${era}; the one from ${current.era} agrees on it`);
    this.#chosen.push(entry);
    if (entry.kind !== entryKinds.stopSign) return;
    const next = entry.op as unknown as Reconfiguration;
    const problem = quorumProblem(next);
    if (problem !== null) fail('quorums-meet', `slot ${slot} ends a configuration, the next one has ${problem}`);
    this.#configurations.push({ era: slot + 1, ...next, floor: entry.ballot });
  }

  #configured(node: Paxos): void {
    const { era, members, phase1, phase2 } = node.configuration;
    const agreed = this.#configurations.find((configuration) => configuration.era === era);
    if (agreed === undefined || agreed.phase1 !== phase1 || agreed.phase2 !== phase2 || !equalValues([...agreed.members], [...members]))
      fail('configuration', `n${node.id} is in a configuration from slot ${era} that nobody agreed on`);
    const { floor } = node.configuration;
    if (node.promised < floor)
      fail('configuration', `n${node.id} begins slot ${era} and may promise ballots below ${showBallot(floor)}, which the old one used`);
    const stopSign = this.#proposed.get(floor)?.get(era - 1);
    if (floor > 0 && this.#proposed.has(floor) && stopSign?.kind !== entryKinds.stopSign)
      fail(
        'configuration',
        `n${node.id} begins slot ${era} after ballot ${showBallot(floor)}, in which no stop-sign was proposed for slot ${era - 1}`,
      );
    if (node.slots.committed < era - 1)
      fail('configuration', `n${node.id} begins slot ${era}, and knows ${node.slots.committed} to be chosen`);
  }

  // Phase 1.

  /** `m` reaches `id`. */
  received(id: NodeId, from: NodeId, m: PaxosMessage): void {
    const seen = this.#seen[id];
    if (seen === undefined) return;
    seen.cause = m;
    if (m.type !== messageTypes.promise) return;
    if (seen.promisesOf !== m.ballot && m.ballot > seen.promisesOf) {
      seen.promisesOf = m.ballot;
      seen.promises = new Map();
    }
    // A node counts the first one.
    if (seen.promisesOf === m.ballot && !seen.promises.has(from)) seen.promises.set(from, m);
  }

  /** A node begins to lead: with the promises of a quorum, and what they say (P2c). */
  #leads(node: Paxos): void {
    const { id, ballot, slots, configuration, start } = node;
    const seen = this.#seen[id] as Seen;
    const own = this.disk(id);
    const promised = configuration.members.filter((member) =>
      member === id ? own.promised >= ballot : seen.promisesOf === ballot && seen.promises.has(member),
    );
    if (promised.length < configuration.phase1)
      fail('phase1-quorum', `n${id} leads ballot ${showBallot(ballot)} with ${promised.length} promises, not ${configuration.phase1}`);
    for (const [member, { commit }] of seen.promisesOf === ballot ? seen.promises : []) {
      if (promised.includes(member) && commit >= start)
        fail(
          'phase1-value',
          `n${id} leads ballot ${showBallot(ballot)} from slot ${start}; n${member} promised, and knows ${commit} to be chosen`,
        );
    }
    const best = new Map<number, Entry>();
    const report = (entry: Entry): void => {
      const known = best.get(entry.slot);
      if (entry.slot >= start && (known === undefined || entry.ballot > known.ballot)) best.set(entry.slot, entry);
    };
    if (own.promised < ballot) return;
    for (const entry of own.entries.values()) if (entry.ballot < ballot && entry.ballot > configuration.floor) report(entry);
    if (seen.promisesOf === ballot)
      for (const m of seen.promises.values()) for (const entry of m.entries) if (entry.slot > m.commit) report(entry);
    for (const slot of [...best.keys()].sort((a, b) => a - b)) {
      const wanted = best.get(slot) as Entry;
      const proposed = slots.at(slot);
      if (proposed === null || proposed.ballot !== ballot || !same(proposed, wanted))
        fail(
          'phase1-value',
          `n${id} leads ballot ${showBallot(ballot)} and proposes ${proposed === null ? 'nothing' : show(proposed)} for slot ${slot}; promises speak of ${show(wanted)}`,
        );
      if (wanted.kind === entryKinds.stopSign) break;
    }
    if (node.recovered < Math.min(...(node.stopSign > 0 ? [node.stopSign] : []), Math.max(start - 1, ...best.keys())))
      fail(
        'phase1-value',
        `n${id} leads ballot ${showBallot(ballot)} and took slots up to ${node.recovered} for all that promises speak of`,
      );
  }

  // Pledges: what a message promises must be durable before it leaves.

  /** A message really leaves its node. */
  sent(from: NodeId, m: PaxosMessage): void {
    switch (m.type) {
      case messageTypes.prepare:
        return this.#asks(from, m.ballot);
      case messageTypes.promise:
        this.#pledges(from, m.ballot);
        return this.#promises(from, m);
      case messageTypes.accepted:
        this.#pledges(from, m.ballot);
        return this.#accepts(from, m);
      case messageTypes.accept:
        for (let i = 0; i < m.entries.length; i++) this.#isProposal(from, m.entries[i] as Entry);
    }
  }

  #asks(from: NodeId, ballot: Ballot): void {
    const life = this.#lives[from] ?? 0;
    const before = this.#asked.get(ballot);
    if (before === undefined) this.#asked.set(ballot, life);
    else if (before !== life) fail('ballot-once', `n${from} asks for ballot ${showBallot(ballot)} again, in another life`);
    if (this.disk(from).promised < ballot)
      fail('durable-promise', `n${from} asks for ballot ${showBallot(ballot)}, its disk has ${showBallot(this.disk(from).promised)}`);
  }

  #pledges(from: NodeId, ballot: Ballot): void {
    const before = this.#pledged[from] ?? 0;
    if (ballot < before) fail('promise-kept', `n${from} takes part in ballot ${showBallot(ballot)} after ballot ${showBallot(before)}`);
    this.#pledged[from] = ballot;
  }

  #promises(from: NodeId, m: PaxosMessage): void {
    const disk = this.disk(from);
    if (disk.promised < m.ballot)
      fail('durable-promise', `n${from} promises ballot ${showBallot(m.ballot)}, its disk has ${showBallot(disk.promised)}`);
    // Behind a stop-sign older ballots have left what nobody needs.
    const floor = this.#seen[from]?.configuration?.floor ?? 0;
    const told = new Map(m.entries.map((entry) => [entry.slot, entry.ballot]));
    for (const { slot, ballot } of disk.entries.values()) {
      if (slot < m.slot || slot <= disk.commit || ballot >= m.ballot || ballot <= floor || (told.get(slot) ?? -1) >= ballot) continue;
      fail(
        'promise-tells-all',
        `n${from} promises ballot ${showBallot(m.ballot)}, silent about slot ${slot} accepted in ${showBallot(ballot)}`,
      );
    }
  }

  #accepts(from: NodeId, m: PaxosMessage): void {
    const disk = this.disk(from);
    const seen = this.#seen[from];
    // What is chosen is on the disks of a quorum already.
    let slot = Math.max(m.slot, this.committed + 1);
    if (seen !== undefined && seen.shown.ballot === m.ballot && seen.shown.first === m.slot) slot = Math.max(slot, seen.shown.to + 1);
    for (; slot <= m.mark; slot++) {
      if (!disk.holds(slot, m.ballot))
        fail(
          'durable-acceptance',
          `n${from} says that it accepted slot ${slot} in ballot ${showBallot(m.ballot)}; its disk does not have it`,
        );
    }
    if (seen !== undefined) seen.shown = { ballot: m.ballot, first: m.slot, to: m.mark };
  }
}
