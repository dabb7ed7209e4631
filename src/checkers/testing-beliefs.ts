/** For tests: small random clusters (beliefs, faults and operations by node) and what split brain and convergence mean there, by direct enumeration. */
import { Random, type Value } from '../core/index.ts';
import type { BeliefRecord, FaultRecord } from '../trace/index.ts';
import type { TestOperation } from './testing.ts';
import type { Counts } from './testing-comparison.ts';

export interface ClusterSample {
  operations: TestOperation[];
  beliefs: BeliefRecord[];
  faults: FaultRecord[];
  readonly kind: 'legal' | 'nearMisses' | 'arbitrary';
  readonly seed: number;
}

const nodes = ['n1', 'n2', 'n3'];

function kindOf(seed: number): ClusterSample['kind'] {
  const turn = seed % 10;
  return turn < 4 ? 'legal' : turn < 8 ? 'nearMisses' : 'arbitrary';
}

function counted(counts: Counts, made: ClusterSample): ClusterSample {
  counts.histories++;
  counts[made.kind] = (counts[made.kind] as number) + 1;
  if (made.operations.some(({ status }) => status === 'info')) counts.pending++;
  return made;
}

/** Open operations of a cluster under construction. */
class Clients {
  readonly operations: TestOperation[] = [];
  readonly #random: Random;
  #processes = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  invoke(f: string, seq: number): TestOperation {
    const update = f === 'write';
    const operation: TestOperation = {
      process: this.#processes++,
      f,
      status: 'info',
      call: seq,
      ret: -1,
      ...(update ? { argument: this.#processes } : {}),
    };
    this.operations.push(operation);
    return operation;
  }

  open(): TestOperation[] {
    return this.operations.filter(({ ret }) => ret < 0);
  }

  answer(operation: TestOperation, node: string, seq: number, result?: Value): void {
    operation.ret = seq;
    operation.node = node;
    operation.status = this.#random.below(8) === 0 ? 'fail' : 'ok';
    if (operation.f === 'read' && operation.status === 'ok') operation.result = result ?? 1;
  }

  finish(seq: number): void {
    let at = seq;
    for (const operation of this.open()) operation.ret = at++;
  }
}

/** Leaders come one after the other, each in a new epoch, and acknowledge only what was asked for before the next one came. Then one mutation. */
export function clusterSample(seed: number, counts: Counts): ClusterSample {
  const random = new Random(seed, 'cluster');
  const kind = kindOf(seed);
  const clients = new Clients(random);
  const beliefs: BeliefRecord[] = [];
  const claim = (node: string, epoch: number, seq: number, leads: boolean): void => {
    const byRole = random.below(2) === 0;
    const value = byRole ? (leads ? 'leader' : 'follower') : leads ? (random.below(2) === 0 ? node : Number(node.slice(1))) : 'n9';
    beliefs.push({ type: 'belief', seq, node, subject: 'raft', kind: byRole ? 'role' : 'leader', value, epoch });
  };
  let epoch = 0;
  let leader: string | null = null;
  const deposed: { readonly node: string; readonly at: number }[] = [];
  const steps = 6 + random.below(8);
  for (let seq = 0; seq < steps; seq++) {
    const move = random.below(6);
    if (move === 0 || leader === null) {
      if (leader !== null) deposed.push({ node: leader, at: seq });
      epoch += 1 + random.below(2);
      leader = random.pick(nodes);
      claim(leader, epoch, seq, true);
    } else if (move === 1 && deposed.length > 0) {
      const old = deposed.pop()?.node as string;
      if (old !== leader) claim(old, epoch, seq, false);
    } else if (move < 4) clients.invoke(random.below(4) === 0 ? 'read' : 'write', seq);
    else {
      const open = clients.open();
      if (open.length === 0) continue;
      const operation = random.pick(open);
      // Whoever lost its lead may still answer what it was asked before.
      const old = deposed.find(({ node, at }) => node !== leader && operation.call < at);
      clients.answer(operation, old !== undefined && random.below(2) === 0 ? old.node : leader, seq);
    }
  }
  clients.finish(steps);
  const made = { operations: clients.operations, beliefs, faults: [], kind, seed };
  if (kind !== 'legal') for (let times = kind === 'nearMisses' ? 1 : 3; times > 0; times--) mutateCluster(random, made);
  return counted(counts, made);
}

/** Another node answers, another node claims, or a claim is of an older epoch. */
function mutateCluster(random: Random, made: ClusterSample): void {
  const acknowledged = made.operations.filter(({ node }) => node !== undefined);
  const at = random.below(made.beliefs.length);
  const belief = made.beliefs[at];
  if (random.below(2) === 0 && acknowledged.length > 0) random.pick(acknowledged).node = random.pick(nodes);
  else if (belief !== undefined && random.below(2) === 0)
    made.beliefs[at] = { ...belief, epoch: Math.max(0, (belief.epoch as number) - 1 - random.below(2)) };
  else if (belief !== undefined) {
    const node = random.pick(nodes);
    const value = belief.kind === 'leader' && belief.value !== 'n9' ? node : belief.value;
    made.beliefs[at] = { ...belief, node, value };
  }
}

/** What a node claims just before position `at`: the epoch, or null. Replays its beliefs from the start. */
function claimAt(beliefs: readonly BeliefRecord[], node: string, at: number): number | null {
  let epoch = 0;
  let leads = false;
  for (const belief of beliefs) {
    if (belief.node !== node || belief.seq >= at) continue;
    epoch = Math.max(epoch, belief.epoch ?? 0);
    leads = belief.kind === 'role' ? belief.value === 'leader' : belief.value === node || `n${belief.value}` === node;
  }
  return leads ? epoch : null;
}

/** Whether the cluster kept its promises: at most one leader an epoch, and no update acknowledged by a deposed one. */
export function noSplitBrain(made: ClusterSample, weak: (index: number) => boolean = () => false): boolean {
  const end = 1000;
  const leaders = new Map<number, Set<string>>();
  for (let at = 0; at <= end; at = at < 100 ? at + 1 : end + 1) {
    for (const node of nodes) {
      const epoch = claimAt(made.beliefs, node, at);
      if (epoch === null || epoch === 0) continue;
      leaders.set(epoch, (leaders.get(epoch) ?? new Set()).add(node));
    }
  }
  if ([...leaders.values()].some(({ size }) => size > 1)) return false;
  return !made.operations.some((operation, index) => {
    if (operation.status !== 'ok' || operation.f !== 'write' || operation.node === undefined || weak(index)) return false;
    const epoch = claimAt(made.beliefs, operation.node, operation.ret);
    if (epoch === null || epoch === 0) return false;
    // Some other node had claimed a later epoch before this update was asked for.
    for (let at = 0; at <= operation.call; at++) {
      for (const node of nodes) if (node !== operation.node && (claimAt(made.beliefs, node, at) ?? 0) > epoch) return true;
    }
    return false;
  });
}

/** Updates, a fault that heals, then reads by node; digests, too, in half of the samples. Legal ones agree in the end. */
export function settlingSample(seed: number, counts: Counts): ClusterSample {
  const random = new Random(seed, 'settling');
  const kind = kindOf(seed);
  const clients = new Clients(random);
  const beliefs: BeliefRecord[] = [];
  const faults: FaultRecord[] = [];
  const steps = 8 + random.below(7);
  const quietFrom = 3 + random.below(4);
  const final = 1 + random.below(2);
  const digests = random.below(2) === 0;
  const updates = new Set<TestOperation>();
  const stopped = random.below(6) === 0 ? random.pick(nodes) : null;
  for (let seq = 0; seq < steps; seq++) {
    const quiet = seq >= quietFrom;
    const move = random.below(5);
    if (seq === quietFrom - 1 && stopped !== null)
      faults.push({ type: 'fault', seq, phase: 'start', fault: 'kill', detail: { node: stopped } });
    else if (seq === 0 && random.below(2) === 0) faults.push({ type: 'fault', seq, phase: 'start', fault: 'partition', detail: null });
    else if (digests && move === 0) {
      const value = kind === 'legal' && quiet ? `d${final}` : `d${random.below(3)}`;
      beliefs.push({ type: 'belief', seq, node: random.pick(nodes), subject: 'kv', kind: 'digest', value });
    } else if (move < 3) {
      const operation = clients.invoke(quiet || random.below(2) === 0 ? 'read' : 'write', seq);
      if (operation.f === 'write') updates.add(operation);
    } else {
      const open = clients.open().filter((operation) => !quiet || !updates.has(operation) || random.below(3) === 0);
      if (open.length > 0)
        clients.answer(random.pick(open), random.pick(nodes), seq, kind === 'legal' && quiet ? final : 1 + random.below(2));
    }
  }
  let seq = steps;
  if (digests)
    for (const node of nodes) beliefs.push({ type: 'belief', seq: seq++, node, subject: 'kv', kind: 'digest', value: `d${final}` });
  clients.finish(seq);
  const made = { operations: clients.operations, beliefs, faults, kind, seed };
  if (kind === 'legal') settle(made, final);
  if (kind === 'nearMisses') {
    settle(made, final);
    const read = made.operations.filter(({ result }) => result !== undefined);
    const at = random.below(Math.max(1, beliefs.length));
    const belief = beliefs[at];
    if (belief !== undefined && random.below(2) === 0) beliefs[at] = { ...belief, value: `d${random.below(3)}` };
    else if (read.length > 0) random.pick(read).result = 3 - final;
  }
  return counted(counts, made);
}

/** Makes the last reads agree: every read answers `final`. */
function settle(made: ClusterSample, final: number): void {
  for (const operation of made.operations) if (operation.result !== undefined) operation.result = final;
}

/** Convergence by its definition, pair by pair; null when there is nothing to compare. Weakened updates disturb nobody, weakened reads show nothing. */
export function settles(made: ClusterSample, weak: (index: number) => boolean = () => false): boolean | null {
  let quiet = -1;
  for (const { seq } of made.faults) quiet = Math.max(quiet, seq);
  made.operations.forEach((operation, index) => {
    if (operation.f !== 'write' || operation.status === 'fail' || weak(index)) return;
    quiet = Math.max(quiet, operation.status === 'info' ? operation.call : operation.ret);
  });
  const down = made.faults.filter(({ fault }) => fault === 'kill').map(({ detail }) => (detail as { node: string }).node);
  const alive = nodes.filter((node) => !down.includes(node));
  const lastDigest = (node: string): Value | undefined => made.beliefs.filter((belief) => belief.node === node).at(-1)?.value;
  const lastRead = (node: string): Value | undefined =>
    made.operations
      .filter((operation, index) => operation.node === node && operation.result !== undefined && operation.call > quiet && !weak(index))
      .at(-1)?.result;
  let compared = false;
  for (const evidence of [lastDigest, lastRead]) {
    for (const one of alive) {
      for (const other of alive) {
        const [mine, theirs] = [evidence(one), evidence(other)];
        if (one === other || mine === undefined || theirs === undefined) continue;
        compared = true;
        if (mine !== theirs) return false;
      }
    }
  }
  return compared ? true : null;
}
