/**
 * Carries out a fault schedule for real, in real time, with the simulator's meaning: symbolic targets are resolved when a
 * fault begins, faults may overlap. Each change is verified, and told as a fault record once that is done. At the end, also after an
 * abort or an error, everything is healed.
 */
import { LightconeError, type Value } from '../core/index.ts';
import { type Fault, type FaultKind, faultTargets, type Link, resolveFault, targetResolver } from '../scenario/index.ts';
import { ActiveLinkFaults, isLinkFault, type LinkFault } from './active-link-faults.ts';
import { refuseUnsupported, type SystemHooks, supportedFaults, unsupported } from './capabilities.ts';
import type { Links, Processes } from './contract.ts';
import { LinkVerifier } from './link-verification.ts';
import { type NodeFault, NodeFaults } from './node-faults.ts';

/** So long the schedule waits to hear who leads. */
const LEADER_MS = 1000;
/** So long a fault for the leader waits for there to be one: in the middle of an election it would hit nobody. */
const ELECTION_MS = 6000;
const LOOK_MS = 50;

/** What a trace's fault record says; seq and time are the recorder's. */
export interface FaultEvent {
  readonly phase: 'start' | 'end';
  readonly fault: string;
  /** The resolved fault, and under `carriedOut` what was really done: a `CarriedOut` as plain data. */
  readonly detail: Value;
}

export interface CarriedOut {
  /** On the schedule's clock: when it was begun with. */
  readonly beganMs: number;
  /** From then until it was in force, as far as we can say. */
  readonly inForceMs: number;
  /** False: it was looked at and is not so. Null: nothing to look at. */
  readonly verified: boolean | null;
  /** How many links were probed. */
  readonly probed?: number;
  /** At the end of a fault of links: how often it met something, where that is counted. */
  readonly met?: number;
  /** Of a fault of links, where that is counted: connections that the system has opened over them so far, in either direction. */
  readonly connections?: number;
  /** What was not as it should be. */
  readonly wrong?: readonly string[];
  readonly why?: string;
}

export interface CarryOutOptions {
  readonly faults: readonly Fault[];
  readonly nodes: readonly string[];
  /** Those whose links to nodes `loss` and `delay` without links are about too. */
  readonly clients?: readonly string[];
  readonly links: Links;
  /** False: the nodes talk past our links, so that faults of links are about those of clients. */
  readonly peerLinks?: boolean;
  readonly processes: Processes;
  readonly system: SystemHooks;
  /** What the system declares; default: all that can be done here. */
  readonly capabilities?: readonly FaultKind[];
  /** Who leads now, as far as is known. */
  readonly leader: () => string | null | Promise<string | null>;
  /** Milliseconds since the workload's start. */
  readonly clock: { nowMs(): number };
  /** When everything is healed. */
  readonly durationMs: number;
  /** Waited for before the heal at the end: what is still under way must not meet a system that was just mended. */
  readonly beforeHeal?: () => Promise<void>;
  readonly record: (event: FaultEvent) => void;
  readonly note?: (text: string) => void;
  /** Heal now. */
  readonly signal?: AbortSignal;
  /** Where tools that are started along write what they say. */
  readonly logFile: string;
}

export interface ScheduleResult {
  /** What began, with names in place of symbols: a schedule that can be repeated. */
  readonly resolved: readonly Fault[];
  /** Faults that began, and of those that could be looked at how many were verified. */
  readonly changes: number;
  readonly verified: number;
  readonly refuted: number;
}

interface TimedStep {
  readonly atMs: number;
  readonly index: number;
  readonly phase: 'start' | 'end';
}

/** What is still to be done. Ends come before beginnings of the same moment; a fault's end is put in when it begins. */
class Timeline {
  readonly #durationMs: number;
  readonly #steps: TimedStep[] = [];

  constructor(faults: readonly Fault[], durationMs: number) {
    this.#durationMs = durationMs;
    faults.forEach(({ atMs }, index) => {
      this.put({ atMs, index, phase: 'start' });
    });
  }

  /** What would come after the heal is left out. */
  put(step: TimedStep): void {
    if (step.atMs >= this.#durationMs) return;
    this.#steps.push(step);
    this.#steps.sort((a, b) => a.atMs - b.atMs || (a.phase === b.phase ? a.index - b.index : a.phase === 'end' ? -1 : 1));
  }

  next(): TimedStep | undefined {
    return this.#steps.shift();
  }
}

/** Whom nobody names in time leads nobody: the schedule goes on. */
async function soonOrNull(leader: CarryOutOptions['leader']): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), LEADER_MS);
  });
  const asked = Promise.resolve()
    .then(leader)
    .catch(() => null);
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

class Schedule {
  readonly #options: CarryOutOptions;
  readonly #faults: readonly Fault[];
  readonly #onLinks: ActiveLinkFaults;
  readonly #onNodes: NodeFaults;
  readonly #verifier: LinkVerifier;
  /** What each fault of the schedule resolved to, while it is active. */
  readonly #active = new Map<number, readonly Fault[]>();
  readonly #timeline: Timeline;
  readonly #underWay = new Set<Promise<void>>();
  readonly #resolved: Fault[] = [];
  #changes = 0;
  #verified = 0;
  #refuted = 0;

  constructor(options: CarryOutOptions, faults: readonly Fault[]) {
    this.#options = options;
    this.#faults = faults;
    this.#timeline = new Timeline(faults, options.durationMs);
    this.#onLinks = new ActiveLinkFaults(options.nodes, options.clients ?? [], options.peerLinks ?? true);
    this.#onNodes = new NodeFaults(options);
    this.#verifier = new LinkVerifier(options.links);
  }

  async run(): Promise<ScheduleResult> {
    try {
      for (let step = this.#timeline.next(); step !== undefined; step = this.#timeline.next()) {
        if (!(await this.#waitUntil(step.atMs))) break;
        if (step.phase === 'start') await this.#begin(step);
        else this.#end(step.index);
      }
      await this.#waitUntil(this.#options.durationMs);
      await this.#options.beforeHeal?.();
    } finally {
      await this.#healAll();
    }
    return { resolved: this.#resolved, changes: this.#changes, verified: this.#verified, refuted: this.#refuted };
  }

  /** A fault for the leader is put off while nobody leads, and lasts as long as it was to; others go on meanwhile. */
  async #begin({ atMs, index }: TimedStep): Promise<void> {
    const { nodes, note, durationMs } = this.#options;
    const planned = this.#faults[index] as Fault;
    const leads = await soonOrNull(this.#options.leader);
    const wanted = faultTargets(planned).some(({ target }) => target === 'leader');
    const lookMs = this.#now() + LOOK_MS;
    if (leads === null && wanted && lookMs < Math.min(planned.atMs + ELECTION_MS, durationMs)) {
      this.#timeline.put({ atMs: lookMs, index, phase: 'start' });
      return;
    }
    const faults = resolveFault(planned, nodes, targetResolver(nodes, leads));
    if (faults.length === 0) note?.(`fault ${index + 1} skipped: nobody is its target now`);
    if (planned.forMs !== undefined) this.#timeline.put({ atMs: atMs + planned.forMs, index, phase: 'end' });
    this.#active.set(index, faults);
    this.#resolved.push(...faults);
    for (const fault of faults) this.#change('start', fault);
  }

  #end(index: number): void {
    for (const fault of this.#active.get(index) ?? []) this.#change('end', fault);
    this.#active.delete(index);
  }

  /** What takes time goes on beside the schedule. */
  #change(phase: 'start' | 'end', fault: Fault): void {
    const change = (isLinkFault(fault) ? this.#changeLinks(phase, fault) : this.#changeNode(phase, fault as NodeFault)).catch((error) => {
      this.#tell(phase, fault, { beganMs: this.#now(), inForceMs: 0, verified: false, why: String((error as Error).message) });
    });
    this.#underWay.add(change);
    void change.finally(() => this.#underWay.delete(change));
  }

  async #changeLinks(phase: 'start' | 'end', fault: LinkFault): Promise<void> {
    const beganMs = this.#now();
    const links = phase === 'start' ? this.#onLinks.begin(fault) : this.#onLinks.end(fault);
    if (fault.fault === 'half-open' && phase === 'start') await this.#verifier.prepare(this.#probed(links));
    const traffic = phase === 'end' ? await this.#traffic(links) : undefined;
    const setMs = this.#now();
    await this.#setLinks(links);
    const inForceMs = this.#now() - setMs;
    const { verified, probed, wrong } = await this.#verifier.verify(this.#probed(links), (link) => this.#onLinks.condition(link));
    this.#tell(phase, fault, { beganMs, inForceMs, verified, probed, ...traffic, ...(wrong.length === 0 ? {} : { wrong }) });
  }

  /**
   * How often the conditions of `links` met something since they were last set, and whether anybody but our probes ever went
   * that way: a connection carries both directions.
   */
  async #traffic(links: readonly Link[]): Promise<Pick<CarriedOut, 'met' | 'connections'>> {
    const traffic = await this.#options.links.traffic?.();
    if (traffic === undefined) return {};
    const asked = new Set(links.map((link) => link.join('->')));
    let met = 0;
    let connections = 0;
    for (const link of traffic) {
      const there = asked.has(`${link.from}->${link.to}`);
      if (there) met += link.met;
      if (there || asked.has(`${link.to}->${link.from}`)) connections += link.connections;
    }
    return { met, connections };
  }

  async #setLinks(links: readonly Link[]): Promise<void> {
    this.#verifier.changed(links);
    await Promise.all(links.map(([from, to]) => this.#options.links.set(from, to, this.#onLinks.condition([from, to]))));
  }

  /** Of many clients two stand for all: their links are set by the same order. */
  #probed(links: readonly Link[]): Link[] {
    const { nodes, clients = [] } = this.#options;
    const known = new Set([...nodes, ...clients.slice(0, 2)]);
    return links.filter((link) => link.every((name) => known.has(name)));
  }

  async #changeNode(phase: 'start' | 'end', fault: NodeFault): Promise<void> {
    const beganMs = this.#now();
    const verified = await (phase === 'start' ? this.#onNodes.begin(fault) : this.#onNodes.end(fault));
    this.#tell(phase, fault, { beganMs, inForceMs: this.#now() - beganMs, verified });
  }

  #tell(phase: 'start' | 'end', fault: Fault, done: CarriedOut): void {
    this.#changes++;
    if (done.verified === true) this.#verified++;
    if (done.verified === false) this.#refuted++;
    const round = { ...done, beganMs: Math.round(done.beganMs), inForceMs: Math.round(done.inForceMs * 10) / 10 };
    this.#options.record({ phase, fault: fault.fault, detail: { ...fault, carriedOut: round } as unknown as Value });
  }

  /** Each thing is tried whatever became of the others; the first that failed is told. */
  async #healAll(): Promise<void> {
    const { links } = this.#options;
    for (const index of [...this.#active.keys()]) this.#end(index);
    const results = await Promise.allSettled([links.heal(), ...this.#underWay]);
    results.push(...(await Promise.allSettled([links.heal(), this.#onNodes.heal()])));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    throw failed.reason instanceof LightconeError
      ? failed.reason
      : new LightconeError('LC_ENVIRONMENT', `not all could be healed: ${(failed.reason as Error).message}`, {}, failed.reason);
  }

  #now(): number {
    return this.#options.clock.nowMs();
  }

  /** False: given up. */
  #waitUntil(atMs: number): Promise<boolean> {
    const { signal } = this.#options;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve(signal?.aborted !== true);
      };
      const wait = atMs - this.#now();
      const timer = setTimeout(done, Math.min(Math.max(0, wait), 2 ** 31 - 1));
      if (signal?.aborted === true || wait <= 0) done();
      else signal?.addEventListener('abort', done);
    });
  }
}

/**
 * Throws LC_FAULT_UNSUPPORTED before anything is done; LC_ENVIRONMENT when a node cannot be started again. What an
 * optional fault was left out for is a note.
 */
export async function carryOut(options: CarryOutOptions): Promise<ScheduleResult> {
  const { faults, system, links, capabilities, note } = options;
  const lacks: readonly FaultKind[] = links.lacks ?? [];
  const possibleHere = supportedFaults(system).filter((kind) => !lacks.includes(kind));
  const supported = possibleHere.filter((kind) => capabilities === undefined || capabilities.includes(kind));
  const missing = unsupported(faults, supported, Object.keys(system.actions ?? {}));
  const possible = refuseUnsupported(faults, missing);
  for (const { index, fault, why } of missing) note?.(`fault ${index + 1} (${fault.fault}) left out: ${why}`);
  return new Schedule(options, possible).run();
}
