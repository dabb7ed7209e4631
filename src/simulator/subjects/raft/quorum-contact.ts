/**
 * Check-quorum (thesis 6.2): a leader that a quorum does not answer steps down after an election time-out or two, and one
 * that a quorum answers does not step down by itself. All times are on the leader's own clock.
 */
import type { NodeId } from '../../../core/index.ts';
import type { Raft } from '../../../protocols/raft/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { isQuorum } from './raft-quorums.ts';
import { type BeforeStep, fail } from './raft-receiver-rules.ts';

const NEVER = Number.NEGATIVE_INFINITY;

/** One server as a leader. */
class Reign {
  term = 0;
  configuration: unknown = null;
  /** The later of its election and its newest configuration: both give everyone time to answer. */
  sinceUs = NEVER;
  /** When each other server was last heard of. */
  readonly heardUs: number[] = [];
  /** How long it has led on since answers were overdue, heartbeat by heartbeat: while it stood still, no timer could fire. */
  overdueUs = 0;
  passedUs = NEVER;
}

export class QuorumContact {
  readonly #world: WatchedWorld;
  readonly #reigns: (Reign | undefined)[] = [];

  constructor(world: WatchedWorld) {
    this.#world = world;
  }

  /** `from` answered the leader `node`. */
  answered(node: Raft, from: NodeId): void {
    const reign = this.#reigns[node.id];
    if (reign !== undefined && reign.term === node.term) reign.heardUs[from] = this.#world.localNow(node.id);
  }

  /** A new life, or a clock that jumped: what was measured means nothing. */
  forget(id: NodeId): void {
    this.#reigns[id] = undefined;
  }

  /** A step in which something changed. */
  changed(node: Raft, before: BeforeStep, alone: boolean): void {
    const { id, term, configuration, role } = node;
    const reign = this.#reigns[id];
    if (role === 'leader') {
      if (reign !== undefined && reign.term === term && reign.configuration === configuration) return;
      const fresh = reign !== undefined && reign.term === term ? reign : new Reign();
      fresh.term = term;
      fresh.configuration = configuration;
      fresh.sinceUs = this.#world.localNow(id);
      fresh.overdueUs = 0;
      this.#reigns[id] = fresh;
    } else if (reign !== undefined) {
      this.#reigns[id] = undefined;
      if (alone && before.role === 'leader' && term === before.term) this.#steppedDown(node, reign);
    }
  }

  #steppedDown(node: Raft, reign: Reign): void {
    const { id, term, configuration, config } = node;
    if (!configuration.voters.includes(id) && !configuration.outgoing.includes(id)) return;
    if (reign.configuration !== configuration || !this.#isHeard(node, reign, NEVER, config.electionTimeoutUs / 2)) return;
    fail('leads-on-with-quorum', `n${id} steps down in term ${term} although a quorum answers it (thesis 6.2)`);
  }

  /** The leader `node` made a step by itself. */
  passed(node: Raft): void {
    const reign = this.#reigns[node.id];
    if (reign === undefined || !node.config.checkQuorum) return;
    const { electionTimeoutUs, heartbeatUs } = node.config;
    const now = this.#world.localNow(node.id);
    const ranUs = Math.min(now - reign.passedUs, heartbeatUs);
    reign.passedUs = now;
    if (this.#isHeard(node, reign, reign.sinceUs, 2 * electionTimeoutUs)) reign.overdueUs = 0;
    else reign.overdueUs += ranUs;
    if (reign.overdueUs > 2 * electionTimeoutUs)
      fail('leads-with-quorum', `n${node.id} leads term ${node.term}, and no quorum has answered for four election time-outs (thesis 6.2)`);
  }

  #isHeard({ id, configuration }: Raft, reign: Reign, sinceUs: number, withinUs: number): boolean {
    const now = this.#world.localNow(id);
    return isQuorum(configuration, (voter) => voter === id || now - Math.max(sinceUs, reign.heardUs[voter] ?? NEVER) < withinUs);
  }
}
