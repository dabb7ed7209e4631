/**
 * Makes a failing run small: fewer faults, operations, servers, clients and messages, as long as it still fails. A
 * hybrid: cut at the violation; delete chunks (ddmin, Zeller 2002) of faults and operations, with what follows moved
 * forward where that still fails and left in place where only that does; close gaps; calm the network.
 */
import type { Fault } from '../scenario/index.ts';
import { simplerBehaviours } from './adversaries/behaviour.ts';
import type { LinkPlan } from './network.ts';
import type { Plan, PlannedOperation } from './plan.ts';
import { type ReplayFile, replayOf } from './replay-file.ts';
import { type RunResult, simulate } from './simulate.ts';
import type { Subject } from './subject.ts';

/** Does this result show the failure that is being made small? */
export type Fails = (result: RunResult) => boolean;

export interface ShrinkOptions {
  /** Steps of all attempts together; some two million are about a second. */
  readonly maxSteps?: number;
}

export interface Shrunk {
  readonly replay: ReplayFile;
  readonly attempts: number;
  readonly steps: number;
}

const LATE_MS = 1;

/** The usual meaning of "still fails": the same invariant is broken. */
export const failsAlike =
  (invariant: string): Fails =>
  ({ violation }) =>
    violation?.invariant === invariant;

/** @throws nothing: a replay that does not fail comes back as it is */
export function shrink(subject: Subject, replay: ReplayFile, fails?: Fails, options: ShrinkOptions = {}): Shrunk {
  return new Shrinker(subject, replay, fails ?? failsAlike(replay.violation?.invariant ?? ''), options).run();
}

class Shrinker {
  readonly #subject: Subject;
  readonly #replay: ReplayFile;
  readonly #fails: Fails;
  readonly #maxSteps: number;
  #plan: Plan;
  #result: RunResult | null = null;
  #attempts = 0;
  #steps = 0;

  constructor(subject: Subject, replay: ReplayFile, fails: Fails, options: ShrinkOptions) {
    this.#subject = subject;
    this.#replay = replay;
    this.#fails = fails;
    this.#maxSteps = options.maxSteps ?? 2_000_000;
    this.#plan = replay.plan;
  }

  run(): Shrunk {
    if (this.#try(this.#replay.plan)) {
      this.#truncate();
      this.#fixOperations();
      for (let round = 0; round < 4; round++) {
        const before = this.#size();
        this.#reduceFaults();
        this.#reduceLies();
        this.#reduceOperations();
        this.#closeGaps();
        this.#calm();
        this.#reduceNodes();
        if (this.#size() === before) break;
      }
      this.#shorten();
    }
    const { subject, mutant } = this.#replay;
    const replayed = this.#result === null ? this.#replay : replayOf(subject, this.#plan, this.#result, mutant);
    return { replay: replayed, attempts: this.#attempts, steps: this.#steps };
  }

  #size(): number {
    const lies = this.#plan.faults.reduce((sum, fault) => sum + (fault.fault === 'adversary' ? fault.behaviour.length : 0), 0);
    return lies + this.#plan.faults.length + (this.#plan.workload.planned?.length ?? this.#plan.workload.operations);
  }

  /** Adopt `plan` when it still fails. */
  #try(plan: Plan): boolean {
    if (this.#steps >= this.#maxSteps) return false;
    this.#attempts++;
    const result = simulate(this.#subject, plan, {
      recordOperations: true,
      skipHistory: this.#replay.violation !== null && this.#replay.violation.invariant !== 'linearizability',
      // An attempt that takes much longer than what is known to fail is no progress.
      maxSteps: this.#result === null ? this.#maxSteps : 2 * this.#result.steps + 1000,
    });
    this.#steps += result.steps;
    if (!this.#fails(result)) return false;
    this.#plan = { ...plan, faults: result.resolved };
    this.#result = result;
    return true;
  }

  get #endUs(): number {
    return this.#result?.violation?.timeUs ?? 0;
  }

  /** Nothing after the violation matters; before the heal there is no liveness phase. */
  #truncate(): void {
    const endMs = Math.floor(this.#endUs / 1000) + LATE_MS;
    if (endMs < this.#plan.durationMs) this.#try({ ...this.#plan, durationMs: endMs, liveness: null, faults: this.#before(endMs) });
    else if (this.#plan.liveness !== null) this.#try({ ...this.#plan, liveness: null });
  }

  #before(ms: number): readonly Fault[] {
    return this.#plan.faults.filter((fault) => fault.atMs <= ms);
  }

  /** From drawn operations to exactly those that were invoked, at their times. */
  #fixOperations(): void {
    const { invocations } = this.#result as RunResult;
    const planned = invocations.filter((operation) => operation.atUs <= this.#endUs);
    this.#try({ ...this.#plan, workload: { ...this.#plan.workload, planned } });
  }

  #withPlanned(planned: readonly PlannedOperation[]): Plan {
    return { ...this.#plan, workload: { ...this.#plan.workload, planned } };
  }

  #reduceFaults(): void {
    this.#reduce(
      () => this.#plan.faults.length,
      (from, to) => {
        const faults = this.#plan.faults.filter((_, i) => i < from || i >= to);
        // Moving the rest forward first: a shorter run makes all later attempts cheaper.
        const gapMs = gap(this.#plan.faults, from, to, (fault) => fault.atMs);
        return (gapMs > 0 && this.#try(shifted(this.#plan, faults, from, gapMs))) || this.#try({ ...this.#plan, faults });
      },
    );
  }

  /** Fewer behaviours of liars, fewer receivers, types and fewer epochs. */
  #reduceLies(): void {
    for (let i = 0; i < this.#plan.faults.length; i++) {
      for (;;) {
        const fault = this.#plan.faults[i];
        if (fault === undefined || fault.fault !== 'adversary') break;
        const smaller = simplerBehaviours(fault.behaviour).some((behaviour) => {
          const faults = this.#plan.faults.map((each, at) => (at === i ? { ...fault, behaviour } : each));
          return this.#try({ ...this.#plan, faults });
        });
        if (!smaller) break;
      }
    }
  }

  #reduceOperations(): void {
    const operations = (): readonly PlannedOperation[] => this.#plan.workload.planned ?? [];
    this.#reduce(
      () => operations().length,
      (from, to) => this.#try(this.#withPlanned(operations().filter((_, i) => i < from || i >= to))),
    );
  }

  /** Delete chunks, large ones first, from the end: `remove` tries [from, to). */
  #reduce(length: () => number, remove: (from: number, to: number) => boolean): void {
    if (length() > 0) remove(0, length());
    for (let chunk = Math.ceil(length() / 2); chunk >= 1; chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)) {
      for (let to = length(); to > 0; ) {
        const from = Math.max(0, to - chunk);
        const before = length();
        if (remove(from, to)) to = Math.min(from, length());
        else to = from;
        if (length() > before || this.#steps >= this.#maxSteps) return;
      }
    }
  }

  /** Pull what comes after a quiet stretch forward. */
  #closeGaps(): void {
    for (let i = this.#plan.faults.length - 1; i >= 0; i--) {
      const { faults } = this.#plan;
      const fault = faults[i];
      if (fault === undefined) continue;
      const quietMs = fault.atMs - (faults[i - 1]?.atMs ?? 0);
      for (const part of [1, 2, 4]) {
        const byMs = Math.floor(quietMs / part) - 1;
        if (byMs > 20 && this.#try(shifted(this.#plan, faults, i, byMs))) break;
      }
    }
  }

  /** No loss, no duplicates, no odd clocks, no swarm of features, where it fails without. */
  #calm(): void {
    const plan = this.#plan;
    const quiet = (links: LinkPlan): LinkPlan => ({ ...links, lossPpm: 0, duplicatePpm: 0, reorderPpm: 0, tailPpm: 0 });
    const calmer: Partial<Plan>[] = [
      { links: quiet(plan.links), clientLinks: quiet(plan.clientLinks) },
      { links: { ...plan.links, lossPpm: 0 }, clientLinks: { ...plan.clientLinks, lossPpm: 0 } },
      { links: { ...plan.links, duplicatePpm: 0 }, clientLinks: { ...plan.clientLinks, duplicatePpm: 0 } },
      { clockDriftPpm: 0, clockOffsetUs: 0 },
      { encoded: false },
    ];
    for (const change of calmer) {
      const next = { ...this.#plan, ...change };
      if (JSON.stringify(next) !== JSON.stringify(this.#plan)) this.#try(next);
    }
  }

  /** Fewer servers (the last one goes, where no fault names it) and fewer clients. */
  #reduceNodes(): void {
    while (this.#plan.nodes > 1) {
      // A liar's receivers stand within its text.
      const name = new RegExp(`\\bn${this.#plan.nodes}\\b`);
      const faults = this.#plan.faults.filter((fault) => !name.test(JSON.stringify(fault)));
      if (!this.#try({ ...this.#plan, nodes: this.#plan.nodes - 1, faults })) break;
    }
    for (let client = this.#plan.clients - 1; client >= 0; client--) {
      const planned = this.#plan.workload.planned ?? [];
      const others = planned.filter((operation) => operation.client !== client);
      const last = client === this.#plan.clients - 1;
      if (others.length === planned.length && last) this.#try({ ...this.#plan, clients: client });
      else if (others.length < planned.length) this.#try({ ...this.#withPlanned(others), ...(last ? { clients: client } : {}) });
    }
  }

  /** Fewer messages: shorter faults, and every message equally fast. */
  #shorten(): void {
    for (let i = 0; i < this.#plan.faults.length; i++) {
      const fault = this.#plan.faults[i] as Fault;
      if (fault.forMs === undefined || fault.forMs < 10) continue;
      const faults = [...this.#plan.faults];
      faults[i] = { ...fault, forMs: Math.floor(fault.forMs / 2) };
      this.#tryFewerSteps({ ...this.#plan, faults });
    }
    const steady = (links: LinkPlan): LinkPlan => ({ ...links, maxUs: links.minUs });
    this.#tryFewerSteps({ ...this.#plan, links: steady(this.#plan.links), clientLinks: steady(this.#plan.clientLinks) });
    const endMs = Math.floor(this.#endUs / 1000) + LATE_MS;
    if (this.#plan.liveness === null && endMs < this.#plan.durationMs)
      this.#try({ ...this.#plan, durationMs: endMs, faults: this.#before(endMs) });
  }

  #tryFewerSteps(plan: Plan): void {
    const { faults } = this.#plan;
    const kept = { plan: this.#plan, result: this.#result };
    if (this.#try(plan) && ((this.#result?.steps ?? 0) > (kept.result?.steps ?? 0) || this.#plan.faults.length > faults.length)) {
      this.#plan = kept.plan;
      this.#result = kept.result;
    }
  }
}

/** How much time a deleted chunk leaves empty. */
function gap<T>(items: readonly T[], from: number, to: number, at: (item: T) => number): number {
  const first = items[from];
  const next = items[to];
  return first === undefined || next === undefined ? 0 : at(next) - at(first);
}

/** `faults` in place of the plan's, those from `index` on `byMs` earlier, and so the operations and the end. */
function shifted(plan: Plan, faults: readonly Fault[], index: number, byMs: number): Plan {
  const start = faults[index]?.atMs ?? plan.durationMs;
  const moved = faults.map((fault, i) => (i < index ? fault : { ...fault, atMs: Math.max(0, fault.atMs - byMs) }));
  const { planned } = plan.workload;
  const workload =
    planned === undefined
      ? plan.workload
      : { ...plan.workload, planned: planned.map((o) => (o.atUs < start * 1000 ? o : { ...o, atUs: Math.max(0, o.atUs - byMs * 1000) })) };
  return { ...plan, faults: moved, workload, durationMs: Math.max(1, plan.durationMs - byMs) };
}
