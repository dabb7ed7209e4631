/** One random storm of faults, orders and writes over a group, then calm: everybody must agree on everything. For tests. */
import { equalValues, Random, type Value } from '../../core/index.ts';
import { defaultRaftConfig, type RaftConfig } from './config.ts';
import { type Create, FaultWorld } from './fault-world.ts';
import type { Raft } from './raft.ts';

function drawConfig(random: Random): RaftConfig {
  return {
    ...defaultRaftConfig,
    electionTimeoutUs: 20_000,
    heartbeatUs: 4_000,
    preVote: random.below(2) === 0,
    checkQuorum: random.below(2) === 0,
    maxInflightMessages: 1 + random.below(4),
    maxInflightBytes: 0,
    maxMessageBytes: random.pick([1, 64, 1_000_000]),
    maxInflightPersists: 1 + random.below(3),
    retainedEntries: random.pick([0, 3]),
    batchReads: random.below(2) === 0,
    forwardProposals: random.below(2) === 0,
    witnessLogEntries: 8,
  };
}

export class FaultRun {
  readonly random: Random;
  readonly world: FaultWorld;
  #writes = 0;
  #cuts: (readonly [number, number])[] = [];

  constructor(seed: number, create?: Create) {
    this.random = new Random(seed, 'raft-faults');
    const size = this.random.pick([3, 3, 4, 5]);
    const config = drawConfig(this.random);
    const mixed = this.random.below(4) === 0;
    const peers = Array.from({ length: size }, (_, i) => i + 1);
    this.world = new FaultWorld(
      new Random(seed, 'world'),
      peers,
      (id) => ({
        ...config,
        priority: 1 + (id % 3),
        version: mixed && id % 2 === 0 ? 1 : 2,
        initial: {
          voters: peers,
          outgoing: [],
          learners: [],
          learnersNext: [],
          witnesses: size === 4 && !mixed ? [4] : [],
          autoLeave: false,
        },
      }),
      create,
    );
    this.world.codec = this.random.below(4) === 0;
    this.world.cut = (from, to) => this.#cuts.some(([a, b]) => a === from && b === to);
  }

  storm(): void {
    const { world, random } = this;
    Object.assign(world.weather, {
      lossPpm: random.pick([0, 20_000, 200_000]),
      duplicationPpm: random.pick([0, 50_000]),
      maxDelayUs: random.pick([1_000, 6_000, 30_000]),
      diskUs: random.pick([50, 500, 5_000]),
    });
    world.startAll();
    for (let i = 0; i < 250; i++) {
      world.run(random.below(4_000));
      this.#act();
    }
  }

  #act(): void {
    const { world, random } = this;
    const live = world.live;
    const any = live.length === 0 ? null : random.pick(live);
    switch (random.below(14)) {
      case 0:
        if (any !== null) world.crash(any.id);
        return;
      case 1:
      case 2:
        for (const { id, node } of world.servers.values()) if (node === null && random.below(2) === 0) world.start(id);
        return;
      case 3:
        this.#cuts = world.peers.flatMap((a) => world.peers.filter((b) => a !== b && random.below(3) === 0).map((b) => [a, b] as const));
        return;
      case 4:
        this.#cuts = [];
        return;
      case 5:
        if (any !== null) this.#compact(any);
        return;
      case 6:
        this.#change();
        return;
      case 7:
        if (world.leader !== null) world.admin(world.leader.id, { type: 'transfer-leadership', to: random.pick(world.peers) });
        return;
      case 8:
        if (any !== null) world.request(any.id, { mode: 'linearizable', op: null, id: ++this.#writes });
        return;
      default:
        this.#write();
    }
  }

  #write(): void {
    const { world, random } = this;
    const target = random.below(8) === 0 ? (world.live[0] ?? null) : world.leader;
    for (let n = random.below(4); target !== null && n >= 0; n--) {
      this.#writes++;
      world.request(target.id, { id: this.#writes, session: target.id, op: `w${this.#writes}` });
    }
  }

  #compact(node: Raft): void {
    const { applied } = this.world.server(node.id);
    if (node.applied > 0 && !node.isWitness) this.world.admin(node.id, { type: 'compact', index: node.applied, snapshot: [...applied] });
  }

  #change(): void {
    const { world, random } = this;
    const type = random.pick(['add-voter', 'add-voter', 'add-learner', 'remove']);
    const one = (): Value => ({ type, node: random.pick(world.peers) });
    const changes = random.below(3) === 0 ? [one(), one()] : [one()];
    const transition = random.pick(['auto', 'auto', 'implicit', 'explicit']);
    if (world.leader !== null)
      world.admin(world.leader.id, { type: 'change-membership', transition, changes: random.below(5) === 0 ? [] : changes });
  }

  /** The price of witnesses: where one has a newer log than every voter with data, none of those can win its vote. */
  #witnessIsAhead(): boolean {
    const voters = this.world.live.filter(({ configuration, id }) => configuration.voters.includes(id));
    const ahead = voters.filter(({ isWitness }) => isWitness);
    return ahead.some(({ log }) => voters.every((other) => other.isWitness || !log.isUpToDate(other.log.last, other.log.lastTerm)));
  }

  #must(holds: boolean, what: string): void {
    if (!holds) throw new Error(`${what}: ${this.#summary()}`);
  }

  #summary(): string {
    return this.world.live
      .map(
        (n) =>
          `\nn${n.id} ${n.role} t${n.term} lead ${n.leader} log ${n.log.base}-${n.log.last}(${n.log.lastTerm}) commit ${n.commit} applied ${n.applied} ${JSON.stringify(n.configuration)} v${n.config.version}`,
      )
      .join('');
  }

  /** All servers up, all links whole: a leader, a new write everywhere, equal states. False: a witness forbids it. */
  calm(): boolean {
    const { world } = this;
    this.#cuts = [];
    Object.assign(world.weather, { lossPpm: 0, duplicationPpm: 0, minDelayUs: 200, maxDelayUs: 800, diskUs: 50 });
    for (const { id, node } of world.servers.values()) if (node === null) world.start(id);
    const led = (): boolean => world.leader !== null && world.leader.log.term(world.leader.commit) === world.leader.term;
    const found = world.run(3_000_000, led);
    if (!found && this.#witnessIsAhead()) return false;
    this.#must(found, 'no leader commits in its term');
    // Refused while leadership is being handed over: a client would ask again.
    const taken = (): boolean => world.leader !== null && world.server(world.leader.id).applied.includes('last');
    for (let tries = 0; tries < 20 && !taken(); tries++) {
      if (world.leader !== null) world.request(world.leader.id, { id: 1_000_000 + tries, session: 1, op: 'last' });
      world.run(50_000, taken);
    }
    const done = (): boolean => {
      const leader = world.leader;
      return leader?.members.every(({ id }) => world.node(id).applied >= leader.log.last) ?? false;
    };
    const all = world.run(3_000_000, done);
    if (!all && this.#witnessIsAhead()) return false;
    this.#must(all, 'not all members apply everything');
    const leader = world.leader as Raft;
    const expected = world.server(leader.id).applied;
    this.#must(expected.includes('last'), 'the last write is not applied');
    for (const { id } of leader.members) {
      if (world.node(id).isWitness) continue;
      this.#must(equalValues(world.server(id).applied, expected), `n${id} has not the leader's state`);
    }
    return true;
  }
}
