/**
 * One run: a plan carried out on a world. First the safety phase under faults; then, as in TigerBeetle's VOPR, the
 * liveness phase: the network of a random core heals, everyone else is frozen for good, and the core must make progress.
 */
import {
  type BeliefKind,
  InvariantViolation,
  LightconeError,
  type NodeId,
  type OrderingIndication,
  type Reply,
  type Value,
} from '../core/index.ts';
import type { Fault } from '../scenario/index.ts';
import type { History } from '../trace/index.ts';
import { AgreedOrder } from './agreed-order.ts';
import { Beliefs } from './beliefs.ts';
import { Coverage, reachedByFault } from './coverage.ts';
import type { Director } from './director.ts';
import { endUs, FaultDriver, type FaultListener, LIAR_WAKES } from './fault-driver.ts';
import { compareStates } from './final-states.ts';
import { judgeHistory } from './judge.ts';
import { faultUs } from './link-faults.ts';
import { chooseCore, freezeFaults } from './liveness.ts';
import { nodeName } from './names.ts';
import type { Observer, WatchedWorld } from './observer.ts';
import type { Plan, PlannedOperation } from './plan.ts';
import { Invariants, type Subject } from './subject.ts';
import { Workload } from './workload.ts';
import { World } from './world.ts';

const FAULT_BEGINS = 0;
const FAULT_ENDS = 1;
const NEXT_OPERATION = 2;
const SAFETY_ENDS = 3;
const LIVENESS_ENDS = 4;
const CONVERGED = 5;
const CONVERGENCE_POLL_US = 20_000;

export interface Violation {
  /** `election-safety`, `state-machine-safety`, `linearizability`, `liveness`, `convergence`, `node-failed`, ... */
  readonly invariant: string;
  readonly message: string;
  /** Steps before it. */
  readonly step: number;
  readonly timeUs: number;
}

export interface RunResult {
  readonly violation: Violation | null;
  readonly steps: number;
  readonly timeUs: number;
  readonly acknowledged: number;
  readonly invoked: number;
  /** Equal for equal plans, at every point. */
  readonly hash: string;
  /** The schedule with symbolic targets resolved; faults that never began are missing. */
  readonly resolved: readonly Fault[];
  /** What was invoked when; empty unless asked for. */
  readonly invocations: readonly PlannedOperation[];
  readonly coverage: ReadonlyMap<string, number>;
  readonly history: History;
  /** Why the liveness phase was not held to progress, where it was not. */
  readonly stalled: string | null;
}

export interface RunOptions {
  readonly observer?: Observer | null;
  /** Keep what was invoked, for shrinking. */
  readonly recordOperations?: boolean;
  /** Skip the check of the history at the end. */
  readonly skipHistory?: boolean;
  /** Stop after this many steps, without a verdict on liveness. */
  readonly maxSteps?: number;
}

export function simulate(subject: Subject, plan: Plan, options: RunOptions = {}): RunResult {
  return new Run(subject, plan, options).run();
}

type Phase = 'safety' | 'liveness' | 'convergence';

class Run implements Director, FaultListener, WatchedWorld {
  readonly #subject: Subject;
  readonly #plan: Plan;
  readonly #options: RunOptions;
  readonly #world: World;
  readonly #beliefs: Beliefs;
  readonly #order: AgreedOrder;
  readonly #faults: FaultDriver;
  readonly #workload: Workload;
  readonly #invariants: Invariants;
  readonly #coverage = new Coverage();
  #phase: Phase = 'safety';
  #core: readonly NodeId[] = [];
  #deadlineUs = 0;
  #stalled: string | null = null;

  constructor(subject: Subject, plan: Plan, options: RunOptions) {
    const observer = options.observer ?? null;
    this.#subject = subject;
    this.#plan = plan;
    this.#options = options;
    this.#invariants = subject.invariants?.(this.#coverage.reach, this, plan.settings) ?? new Invariants();
    this.#world = new World(subject, plan, this, observer, this.#invariants);
    observer?.begin?.(this.#world);
    this.#beliefs = new Beliefs(plan.nodes);
    this.#order = new AgreedOrder(plan.nodes);
    this.#faults = new FaultDriver(this.#world, this.#beliefs, this, observer, this.#coverage.reach);
    this.#workload = new Workload(this.#world, this.#beliefs, observer, options.recordOperations ?? false);
  }

  get now(): number {
    return this.#world.now;
  }

  localNow(id: NodeId): number {
    return this.#world.localNow(id);
  }

  run(): RunResult {
    let violation: Violation | null = null;
    try {
      this.#begin();
      this.#world.run(this.#options.maxSteps ?? Number.POSITIVE_INFINITY);
      this.#finish();
    } catch (error) {
      violation = this.#violation(error);
    }
    const history = this.#workload.history();
    if (violation === null && this.#options.skipHistory !== true) violation = this.#judge(history);
    return {
      violation,
      steps: this.#world.steps,
      timeUs: this.#world.now,
      acknowledged: this.#workload.acknowledged,
      invoked: this.#workload.invoked,
      hash: this.#world.hash.toString(),
      resolved: this.#faults.resolved,
      invocations: this.#workload.invocations ?? [],
      coverage: this.#coverage.counts,
      history,
      stalled: this.#stalled,
    };
  }

  #begin(): void {
    const world = this.#world;
    for (let id = 1; id <= world.size; id++) world.start(id);
    this.#plan.faults.forEach((fault, i) => {
      world.schedule(faultUs(fault.atMs), FAULT_BEGINS, i);
    });
    this.#workload.begin(NEXT_OPERATION);
    world.schedule(faultUs(this.#plan.durationMs), SAFETY_ENDS, 0);
  }

  /** A bug of a protocol shows as a broken invariant, or as whatever its code threw. */
  #violation(error: unknown): Violation {
    const at = { step: this.#world.steps, timeUs: this.#world.now };
    if (error instanceof InvariantViolation) return { invariant: error.invariant, message: error.message, ...at };
    if (error instanceof LightconeError && error.code.startsWith('LC_SCENARIO')) throw error;
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { invariant: 'node-failed', message: `node-failed: ${text}`, ...at };
  }

  #judge(history: History): Violation | null {
    const message = judgeHistory(this.#subject.model, this.#plan.workload.staleReads, history);
    return message === null ? null : { invariant: 'linearizability', message, step: this.#world.steps, timeUs: this.#world.now };
  }

  // What the world reports.

  control(what: number, index: number): void {
    const world = this.#world;
    switch (what) {
      case FAULT_BEGINS:
        if (this.#phase === 'safety' && this.#faults.begin(index)) {
          const end = endUs(this.#plan.faults[index] as Fault);
          if (end !== null) world.schedule(end, FAULT_ENDS, index);
        }
        return;
      case FAULT_ENDS:
        this.#faults.end(index);
        return;
      case NEXT_OPERATION:
        this.#workload.next(index);
        return;
      case SAFETY_ENDS:
        this.#heal();
        return;
      case LIVENESS_ENDS:
        if (this.#phase === 'liveness') this.#noProgress();
        return;
      case CONVERGED:
        this.#converge();
        return;
      case LIAR_WAKES:
        this.#faults.wake(index);
    }
  }

  indicated(node: NodeId, indication: unknown): void {
    if (this.#world.liars.has(node)) return;
    const { kind } = indication as { kind?: string };
    if (kind === 'apply' || kind === 'restore') {
      if (kind === 'restore' && this.#order.applied(node) > 0) this.#coverage.reach('snapshot-restored');
      this.#order.indicated(node, indication as OrderingIndication);
    }
    this.#invariants.indicated(node, indication);
  }

  believed(node: NodeId, kind: BeliefKind, value: Value, epoch: number): void {
    if (node > this.#plan.nodes) return;
    const beliefs = this.#beliefs;
    const { liars } = this.#world;
    const lies = liars.has(node);
    const epochBefore = beliefs.epoch[node - 1] as number;
    beliefs.believed(node, kind, value, epoch, lies);
    if (lies) return;
    if (liars.size > 0 && (beliefs.epoch[node - 1] as number) > epochBefore && liars.has(beliefs.leaderIn(epochBefore)))
      this.#coverage.reach('epoch-changed-under-liar');
    if (kind === 'role' && value === 'leader') {
      let leaders = 0;
      for (let i = 0; i < this.#plan.nodes; i++) leaders += beliefs.leads[i] as number;
      if (leaders > 1) this.#coverage.reach('two-leaders');
      if (this.#world.post.watchedInFlight > 0) this.#coverage.reach('election-during-snapshot');
      for (const fault of this.#faults.activeFaults()) {
        if (fault.fault === 'partition') this.#coverage.reach('election-during-partition');
      }
    }
    this.#invariants.believed(node, kind, value, epoch);
  }

  completed(client: NodeId, reply: Reply, server: NodeId): void {
    this.#workload.completed(client, reply, server, NEXT_OPERATION);
    const { liveness } = this.#plan;
    if (this.#phase !== 'liveness' || liveness === null) return;
    if (this.#workload.acknowledgedFresh >= liveness.commits) this.#startConvergence();
  }

  dying(node: NodeId, unsynced: number): void {
    if (this.#beliefs.leads[node - 1] !== 0) this.#coverage.reach(unsynced > 0 ? 'leader-crashed-writing' : 'leader-crashed');
  }

  died(node: NodeId, lost: number): void {
    if (lost > 0) {
      this.#coverage.reach('crash-lost-unsynced');
      if (this.#beliefs.leads[node - 1] !== 0) this.#coverage.reach('leader-lost-unsynced');
    }
    this.#beliefs.died(node);
    if (this.#world.liars.has(node)) return;
    this.#order.restarted(node);
    this.#invariants.restarted(node);
  }

  diskLost(node: NodeId): void {
    if (!this.#world.liars.has(node)) this.#invariants.diskLost(node);
  }

  began(fault: Fault, node: NodeId): void {
    if (fault.fault === 'clock-jump') this.#invariants.clockJumped(node);
    reachedByFault(this.#coverage.reach, fault, node, this.#beliefs.leader(), this.#plan.nodes);
  }

  // The end of a run.

  #heal(): void {
    const { liveness, nodes } = this.#plan;
    const world = this.#world;
    this.#faults.healAll(liveness?.freeze === 'nobody');
    if (liveness === null) {
      world.stopped = true;
      return;
    }
    this.#phase = 'liveness';
    const core = chooseCore(world, this.#beliefs, liveness.freeze);
    if (core === null) {
      this.#stalled = 'there are more liars than the protocol promises to survive';
      world.stopped = true;
      return;
    }
    this.#core = core;
    const names = this.#core.map((id) => nodeName(id, nodes));
    const rest = world.servers.filter((id) => !this.#core.includes(id)).map((id) => nodeName(id, nodes));
    // Frozen for good: not part of the schedule, so a replay freezes again by itself.
    this.#faults.freeze(freezeFaults(liveness.freeze, rest, names, world.now / 1000));
    if (liveness.restart === true) this.#faults.freeze(names.map((node) => ({ fault: 'restart', node, atMs: world.now / 1000 })));
    this.#workload.freshen(NEXT_OPERATION);
    world.schedule(world.now + faultUs(liveness.boundMs), LIVENESS_ENDS, 0);
  }

  #noProgress(): void {
    const { liveness } = this.#plan;
    const world = this.#world;
    this.#stalled = this.#subject.mayStall?.(world, this.#beliefs, this.#core) ?? null;
    world.stopped = true;
    if (this.#stalled !== null || liveness === null) return;
    const done = this.#workload.acknowledgedFresh;
    if (this.#workload.invokedFresh < liveness.commits && this.#plan.workload.planned !== undefined) {
      // A shortened schedule asks for too little to be denied anything.
      this.#stalled = `only ${this.#workload.invokedFresh} operations were asked for after the heal`;
      return;
    }
    const core = this.#core.map((id) => nodeName(id, this.#plan.nodes)).join(', ');
    throw new InvariantViolation(
      'liveness',
      `${done} of ${liveness.commits} operations were acknowledged within ${liveness.boundMs} ms after the heal, with ${core} up and connected`,
    );
  }

  #startConvergence(): void {
    this.#phase = 'convergence';
    this.#workload.running = false;
    this.#deadlineUs = this.#world.now + faultUs(this.#plan.liveness?.boundMs ?? 0);
    this.#world.schedule(this.#world.now + CONVERGENCE_POLL_US, CONVERGED, 0);
  }

  /** All of the core have applied everything acknowledged, and hold the same state. */
  #converge(): void {
    const world = this.#world;
    const goal = this.#workload.acknowledgedRevision;
    const beliefs = this.#beliefs;
    const behind = this.#core.filter(
      (id) => (beliefs.position[id - 1] as number) < goal && (this.#subject.mustConverge?.(beliefs, id) ?? true),
    );
    if (behind.length === 0) {
      world.stopped = true;
      return;
    }
    if (world.now < this.#deadlineUs) {
      world.schedule(world.now + CONVERGENCE_POLL_US, CONVERGED, 0);
      return;
    }
    world.stopped = true;
    this.#stalled = this.#subject.mayStall?.(world, this.#beliefs, this.#core) ?? null;
    if (this.#stalled !== null) return;
    const names = behind.map((id) => `${nodeName(id, this.#plan.nodes)} at ${beliefs.position[id - 1]}`).join(', ');
    throw new InvariantViolation('convergence', `position ${goal} was acknowledged, but after the heal ${names} did not get there`);
  }

  #finish(): void {
    compareStates(this.#world, this.#order);
    this.#invariants.finished();
  }
}
