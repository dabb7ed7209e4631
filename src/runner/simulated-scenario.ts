/**
 * A scenario on the simulator: names become the simulator's, the workload becomes a plan, and the run becomes a trace
 * view with the scenario's own names. What the scenario leaves open is filled in with the defaults below, which are
 * those of a cluster in one region.
 */
import type { NodeId, Reply, Request, Value } from '../core/index.ts';
import type { Fault, Scenario } from '../scenario/index.ts';
import { type Observer, type Plan, type RunResult, renamedReceivers, type Settings, type Subject, simulate } from '../simulator/index.ts';
import { type BeliefRecord, type FaultRecord, NEVER, type RecordType, TRACE_VERSION, type TraceView } from '../trace/index.ts';

/** One-way delay inside the cluster, milliseconds. */
export const delayMs = { min: 0.2, max: 5 } as const;
/** Until a write is durable, milliseconds. */
export const syncMs = { min: 0.5, max: 4 } as const;

const us = (ms: number): number => Math.round(ms * 1000);
const links = { minUs: us(delayMs.min), maxUs: us(delayMs.max), tailPpm: 0, tailUs: 0, lossPpm: 0, duplicatePpm: 0, reorderPpm: 0 };

/** Rewrite every node that `value` names: whole texts, and both ends of links. */
function renamed(value: Value, names: ReadonlyMap<string, string>): Value {
  if (typeof value === 'string') {
    const known = names.get(value);
    if (known !== undefined) return known;
    const [from, to, ...rest] = value.split('->');
    if (to === undefined || rest.length > 0) return value;
    return `${names.get(from as string) ?? from}->${names.get(to) ?? to}`;
  }
  if (Array.isArray(value)) return value.map((item) => renamed(item as Value, names));
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renamed(inner as Value, names)]));
}

/** A fault's own words (`partition`, `groups`) are never names of nodes: only its targets are rewritten. */
function renameFault(fault: Fault, names: ReadonlyMap<string, string>): Fault {
  const { fault: kind, ...rest } = fault as Fault & { readonly shape?: string; readonly behaviour?: string };
  const { shape, behaviour, ...targets } = rest;
  return {
    fault: kind,
    ...(shape === undefined ? {} : { shape }),
    ...(behaviour === undefined ? {} : { behaviour: renamedReceivers(behaviour, names) }),
    ...(renamed(targets as unknown as Value, names) as object),
  } as Fault;
}

/** The plan of a scenario. `names` maps the scenario's nodes to the simulator's `n1`, `n2`, ... */
export function planOf(scenario: Scenario, names: ReadonlyMap<string, string>): Plan {
  const { workload, faults, seed, nodes, durationMs = 30_000, settings = {} } = scenario;
  const { clients, operations, ratePerSecond, keys = 1, readShare = 0.5, kind } = workload;
  const pauseUs = ratePerSecond === undefined ? 1 : Math.max(1, Math.round((clients * 1_000_000) / ratePerSecond));
  const changing = Math.round((1 - readShare) * 1_000_000);
  return {
    seed,
    nodes: nodes.length,
    clients,
    durationMs,
    settings: (workload.timeoutMs === undefined ? settings : { ...settings, giveUpMs: workload.timeoutMs }) as Settings,
    links,
    clientLinks: links,
    disk: { syncMinUs: us(syncMs.min), syncMaxUs: us(syncMs.max) },
    clockOffsetUs: 0,
    clockDriftPpm: 0,
    workload: {
      keys,
      thinkMinUs: Math.ceil(pauseUs / 2),
      thinkMaxUs: Math.ceil((pauseUs * 3) / 2),
      readPpm: 1_000_000 - changing,
      casPpm: kind === 'cas-register' ? Math.floor(changing / 2) : 0,
      staleReads: workload.readMode === 'stale',
      adminPpm: 0,
      operations,
      placement: workload.placement ?? 'roaming',
      keyOrder: workload.keyOrder ?? 'uniform',
    },
    faults: faults.map((fault) => renameFault(fault, names)),
    encoded: false,
    liveness: null,
  };
}

/** What the beliefs of a run are about: all its servers are one group. */
const SUBJECT = 'group';

/** Writes down what nodes believed and which faults there were, with the world's time and in one order with the operations. */
class BeliefObserver implements Observer {
  readonly beliefs: BeliefRecord[] = [];
  readonly faults: FaultRecord[] = [];
  /** `seq` of each invocation and completion, in order. */
  readonly operations: number[] = [];
  readonly #nodeNames: readonly string[];
  readonly #back: ReadonlyMap<string, string>;
  #world: { readonly now: number } = { now: 0 };
  #seq = 0;

  constructor(nodeNames: readonly string[], back: ReadonlyMap<string, string>) {
    this.#nodeNames = nodeNames;
    this.#back = back;
  }

  begin(world: { readonly now: number }): void {
    this.#world = world;
  }

  believed(node: NodeId, kind: string, value: Value, epoch: number): void {
    const name = this.#nodeNames[node - 1];
    if (name === undefined) return;
    const claimed = kind === 'leader' && typeof value === 'number' ? (this.#nodeNames[value - 1] ?? null) : value;
    const timeNs = this.#world.now * 1000;
    this.beliefs.push({
      type: 'belief',
      seq: this.#seq++,
      timeNs,
      node: name,
      subject: SUBJECT,
      kind: kind as BeliefRecord['kind'],
      value: claimed,
      epoch,
    });
  }

  fault(phase: 'start' | 'end', fault: string, detail: Value): void {
    const timeNs = this.#world.now * 1000;
    this.faults.push({ type: 'fault', seq: this.#seq++, timeNs, phase, fault, detail: renamed(detail, this.#back) });
  }

  operation(): void {
    this.operations.push(this.#seq++);
  }

  sent(): void {}
  dropped(): void {}
  delivered(): void {}
  indicated(): void {}
  invoked(_client: NodeId, _request: Request): void {}
  completed(_client: NodeId, _request: Request, _reply: Reply, _server: NodeId): void {}
  note(): void {}
}

export interface SimulatedScenario {
  readonly trace: TraceView;
  readonly result: RunResult;
  readonly plan: Plan;
}

/** Run `scenario` on `subject`. The trace has operations, beliefs and faults, all with the world's time. */
export function runScenario(scenario: Scenario, subject: Subject): SimulatedScenario {
  const own = scenario.nodes.map((node) => node.name);
  const names = new Map(own.map((name, i) => [name, `n${i + 1}`]));
  const back = new Map(own.map((name, i) => [`n${i + 1}`, name]));
  const plan = planOf(scenario, names);
  const observer = new BeliefObserver(own, back);
  const result = simulate(subject, plan, { observer, skipHistory: true });
  // The run counted its operations alone; here they stand in one order with beliefs and faults.
  const place = (seq: number): number => (seq === NEVER ? NEVER : (observer.operations[seq] as number));
  const history = {
    ...result.history,
    invoke: result.history.invoke.map(place),
    complete: result.history.complete.map(place),
    nodes: result.history.nodes.map((name) => back.get(name) ?? name),
  };
  const present = new Set<RecordType>(['header', 'op', 'belief', 'fault']);
  const trace: TraceView = {
    header: { type: 'header', trace: TRACE_VERSION, seed: scenario.seed, model: 'kv', nodes: own, initial: null },
    history,
    beliefs: observer.beliefs,
    faults: observer.faults,
    others: [],
    present,
    timed: true,
  };
  return { trace, result, plan };
}
