/**
 * What a server may do by itself: when it stands for election and when it must stop leading (Omni-Paxos, 5), how much it
 * sends and to whom, what it takes on. Judged by the messages that reached it, not by what it says of itself.
 */
import { InvariantViolation, type NodeId } from '../../../core/index.ts';
import {
  type Entry,
  entryKinds,
  messageTypes,
  nodeOf,
  type Paxos,
  type PaxosMessage,
  type Seen,
  showBallot,
} from '../../../protocols/paxos/index.ts';
import type { PaxosSettings } from './paxos-settings.ts';

function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

/** The heartbeats that reached a server in one of its rounds. */
interface Heard {
  round: number;
  by: Map<NodeId, PaxosMessage>;
  /** The highest ballot of which its proposer was heard. */
  ballot: number;
}

const OUT_OF_REACH = 1_000_000;

/** Rounds in which a server that hears nothing of a leader may do nothing about it. */
const PATIENCE = 3;

export class PaxosConduct {
  readonly #settings: PaxosSettings;
  readonly #heard: (Heard | undefined)[] = [];
  /** What caused the step under way: nothing is a timer, or the disk. */
  readonly #caused: (boolean | undefined)[] = [];
  /** The ballot that the refusal under way speaks of. */
  readonly #refused: (number | undefined)[] = [];
  /** Rounds in a row in which a server ought to have stood for election. */
  readonly #idle: (number | undefined)[] = [];

  constructor(settings: PaxosSettings) {
    this.#settings = settings;
  }

  received(node: Paxos, from: NodeId, m: PaxosMessage): void {
    const { id } = node;
    this.#caused[id] = true;
    if (m.era !== node.configuration.era) return;
    if (m.type === messageTypes.nack && node.configuration.members.includes(from)) this.#refused[id] = m.ballot;
    const proposes = m.type === messageTypes.prepare || m.type === messageTypes.accept || (m.type === messageTypes.chosen && m.slot > 0);
    if (!proposes && m.type !== messageTypes.heartbeat) return;
    let heard = this.#heard[id];
    if (heard === undefined || heard.round !== node.round) {
      heard = { round: node.round, by: new Map(), ballot: 0 };
      this.#heard[id] = heard;
    }
    if (proposes) heard.ballot = Math.max(heard.ballot, m.ballot);
    else if (m.round === node.round) heard.by.set(from, m);
  }

  asked(id: NodeId): void {
    this.#caused[id] = true;
  }

  forget(id: NodeId): void {
    this.#heard[id] = undefined;
    this.#caused[id] = undefined;
    this.#idle[id] = undefined;
  }

  /** `before`: what was seen of this life before the step. */
  stepped(node: Paxos, before: Seen): void {
    const { id } = node;
    const alone = this.#caused[id] !== true;
    this.#caused[id] = false;
    if (node.configuration !== before.configuration) {
      this.#heard[id] = undefined;
      return;
    }
    const refused = this.#refused[id] ?? 0;
    this.#refused[id] = 0;
    if (node.role !== 'follower' && node.ballot === before.ballot && refused > node.ballot)
      fail('refused-stops', `n${id} goes on in ballot ${showBallot(node.ballot)} after a refusal: ${showBallot(refused)} is promised`);
    if (node.role === 'leader') this.#limits(node);
    if (node.round !== before.round) this.#roundEnded(node, before, alone);
  }

  /** A round is over: what was heard in it decides. */
  #roundEnded(node: Paxos, before: Seen, alone: boolean): void {
    const { id, configuration } = node;
    const last = this.#heard[id];
    const current = last !== undefined && last.round === before.round ? last : null;
    const heard = current?.by ?? new Map<NodeId, PaxosMessage>();
    this.#heard[id] = undefined;
    if (!node.isMember || !alone) return;
    const { phase1, phase2 } = configuration;
    const count = heard.size + 1;
    const stood = node.role === 'candidate' && node.ballot !== before.ballot;
    if (stood && count < Math.max(phase1, phase2))
      fail('stand-connected', `n${id} stands for election, and hears only ${count} of ${configuration.members.length} members`);
    if (node.role === 'leader' && before.ballot === node.ballot && count < phase2)
      fail('leads-with-quorum', `n${id} leads on in ballot ${showBallot(node.ballot)}, and hears only ${count} members`);
    if (before.role === 'leader' && node.role === 'follower' && count >= phase2) this.#steppedDown(node, before, heard);
    if (stood) this.#mustStand(node, before, heard);
    const idle = !stood && count >= Math.max(phase1, phase2) && (current?.ballot ?? 0) < node.elected;
    this.#mayBeIdle(node, before, heard, idle);
  }

  /** A leader that a quorum hears goes on, unless it hears of a higher ballot. */
  #steppedDown({ id }: Paxos, before: Seen, heard: ReadonlyMap<NodeId, PaxosMessage>): void {
    for (const { ballot, connected } of heard.values()) if (connected && ballot > before.ballot) return;
    if (before.elected > before.ballot) return;
    fail('leads-on-with-quorum', `n${id} stops leading ballot ${showBallot(before.ballot)} although a quorum answers it`);
  }

  /** Nobody stands for election while the elected one is heard of, by itself or by somebody that it hears. */
  #mustStand({ id }: Paxos, before: Seen, heard: ReadonlyMap<NodeId, PaxosMessage>): void {
    let { elected } = before;
    for (const { ballot, connected } of heard.values()) if (connected && ballot > elected && ballot >= 1000) elected = ballot;
    const owner = heard.get(nodeOf(elected));
    if (owner?.connected === true && owner.ballot === elected)
      fail('stand-needed', `n${id} stands for election, and hears from n${nodeOf(elected)}, which leads ballot ${showBallot(elected)}`);
    for (const [other, { content, mark }] of heard) {
      if (content && mark >= elected)
        fail('stand-needed', `n${id} stands for election, and hears from n${other}, which is content with ballot ${showBallot(mark)}`);
    }
  }

  /** Who hears a quorum, and neither the elected one nor anybody who does, stands. */
  #mayBeIdle(node: Paxos, before: Seen, heard: ReadonlyMap<NodeId, PaxosMessage>, idle: boolean): void {
    const { id, elected } = node;
    const owner = nodeOf(elected);
    const hears = owner === id ? node.role !== 'follower' : heard.get(owner)?.ballot === elected;
    const hearsOf = [...heard.values()].some(({ content, mark }) => content && mark >= before.elected);
    if (!idle || hears || hearsOf) {
      this.#idle[id] = 0;
      return;
    }
    this.#idle[id] = (this.#idle[id] ?? 0) + 1;
    if ((this.#idle[id] as number) > PATIENCE)
      fail('stands-when-needed', `n${id} hears a quorum but no leader for ${this.#idle[id]} rounds, and does not stand`);
  }

  /** A leader takes no more than it may while nothing is chosen. */
  #limits(node: Paxos): void {
    const { maxUncommittedBytes, maxInflightMessages } = this.#settings;
    const { id, slots, recovered } = node;
    for (const member of node.members) {
      if (member.inflight.length > maxInflightMessages)
        fail('flow-window', `n${id} has ${member.inflight.length} messages to n${member.id} under way, ${maxInflightMessages} are allowed`);
    }
    if (maxUncommittedBytes > OUT_OF_REACH) return;
    let bytes = 0;
    for (let slot = slots.committed + 1; slot <= slots.last; slot++) {
      const size = slots.at(slot)?.size ?? 0;
      if (slot > recovered && bytes > 0 && size > 0 && bytes + size > maxUncommittedBytes)
        fail('uncommitted-bytes', `n${id} takes more proposals with over ${maxUncommittedBytes} bytes that are not chosen`);
      bytes += size;
    }
  }

  // What is sent.

  sent(node: Paxos, to: NodeId, m: PaxosMessage): void {
    const { maxMessageBytes } = this.#settings;
    if (m.type !== messageTypes.accept) return;
    const { id, stopSign } = node;
    const { entries } = m;
    if (entries.length > 1) {
      let bytes = 0;
      for (let i = 0; i < entries.length; i++) bytes += (entries[i] as Entry).size;
      if (bytes > maxMessageBytes) fail('message-size', `n${id} sends ${bytes} bytes in one message, not ${maxMessageBytes}`);
    }
    const last = entries.at(-1);
    const ends = entries.find(({ kind }) => kind === entryKinds.stopSign)?.slot ?? (m.ballot === node.ballot ? stopSign : 0);
    if (last !== undefined && ends > 0 && last.slot > ends)
      fail('stop-sign-final', `n${id} proposes slot ${last.slot} to n${to} behind its stop-sign in slot ${ends}`);
  }
}
