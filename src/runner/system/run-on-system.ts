/**
 * A scenario on a real system: start, wait until it serves, clients and faults at the same time, heal, settle, final
 * questions, stop. Whatever happens (an error, an interruption), what was started is ended and what was recorded is
 * judged by the caller.
 */
import { join } from 'node:path';
import { errorKinds, LightconeError, Random } from '../../core/index.ts';
import type { Scenario } from '../../scenario/index.ts';
import { binariesOf, type RunningSystem, type System } from '../../systems/index.ts';
import { TRACE_VERSION, type TraceView } from '../../trace/index.ts';
import { type Generator, type WorkloadKind, workloadNamed } from '../../workloads/index.ts';
import { AttachedRun, type Attachment, adoptedNodes, fitAttachment } from './attachment.ts';
import { BeliefPoll } from './beliefs.ts';
import { Clients } from './clients.ts';
import { checkFits, checkLinks } from './fitness.ts';
import type { Machinery, Nemesis } from './machinery.ts';
import { pause, within } from './pause.ts';
import { realNemesis } from './real-nemesis.ts';
import { Recorder } from './recorder.ts';
import { makeRunDirectory, type RunDirectory } from './run-directory.ts';
import { StartedProcesses } from './started-processes.ts';
import { FINAL_QUESTIONS } from './survival.ts';

export interface SystemRunOptions {
  /** Default: links through our proxies, processes with pid files. */
  readonly nemesis?: Nemesis;
  /** `.lightcone/runs` is made in this folder. */
  readonly root: string;
  /** The user wants to stop: heal, stop everything, keep what there is. */
  readonly signal: AbortSignal;
  readonly progress?: (stage: Stage) => void;
  readonly readyMs?: number;
  /** From the heal until all nodes must serve again. */
  readonly recoverMs?: number;
  /** Rest between the heal and the final questions, once all nodes serve. */
  readonly settleMs?: number;
  /** The cluster runs already: it is reached, and neither started nor stopped. */
  readonly attach?: Attachment;
  /** For the final questions together. */
  readonly finalMs?: number;
}

export interface Stage {
  readonly stage: 'start' | 'work' | 'heal' | 'read' | 'stop' | 'check';
  /** Of the workload: how much of its time is left. */
  readonly leftMs: number;
  readonly operations: number;
}

/** What the run can say of itself beside its trace; the verdict's honesty stands on it. */
export interface RunFacts {
  readonly directory: RunDirectory;
  readonly version: string;
  /** Milliseconds of the trace at which the workload began: time 0 of the schedule. */
  readonly startMs: number;
  /** Wall clock at time 0 of the trace: places the lines of logs. */
  readonly startedAtMs: number;
  readonly workedMs: number;
  readonly leaderChanges: number;
  /** All nodes served again after the heal; null where nobody waited for it. */
  readonly recovered: boolean | null;
  readonly recoveryNote?: string;
  readonly finalReads: { readonly through: readonly string[]; readonly complete: boolean };
  readonly refusedConnections: number;
  readonly interrupted: boolean;
  readonly traceBytes: number;
  /** What had to stay in a cluster that was attached to. */
  readonly leftBehind?: string;
}

export interface SystemRun {
  readonly trace: TraceView;
  readonly facts: RunFacts;
  readonly kind: WorkloadKind;
}

const defaults = {
  ...{ readyMs: 60_000, attachedMs: 10_000, recoverMs: 30_000, settleMs: 1000 },
  ...{ finalMs: 30_000, hopelessMs: 8000, stopMs: 15_000 },
} as const;
const DEFAULT_DURATION_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 1000;
const PROGRESS_MS = 250;

/** Who runs already answers at once, or not at all. */
const patienceOf = ({ readyMs, attach }: SystemRunOptions): number =>
  readyMs ?? (attach === undefined ? defaults.readyMs : defaults.attachedMs);

/** Everything that one run holds while it lasts. */
interface Session {
  readonly system: System;
  readonly directory: RunDirectory;
  readonly scenario: Scenario;
  readonly options: SystemRunOptions;
  readonly recorder: Recorder;
  readonly running: RunningSystem;
  readonly machinery: Machinery;
  readonly generator: Generator;
  readonly clients: Clients;
  readonly beliefs: BeliefPoll;
  readonly nodes: readonly string[];
}

/** Throws LC_SCENARIO and LC_FAULT_UNSUPPORTED before anything is started, LC_ENVIRONMENT where the system does not come up. */
export async function runOnSystem(system: System, wanted: Scenario, options: SystemRunOptions): Promise<SystemRun> {
  const { attach } = options;
  const scenario = attach === undefined ? wanted : fitAttachment(system, wanted, attach);
  const kind = workloadNamed(scenario.workload.kind);
  const nemesis = options.nemesis ?? realNemesis;
  checkFits(system, scenario, attach !== undefined);
  checkLinks(nemesis.lacks ?? [], scenario);
  const binary = binariesOf(system);
  // All of them, before anything is started.
  if (attach === undefined) for (const requirement of system.requires) binary(requirement.binary);
  const directory = makeRunDirectory(options.root, system.name, scenario, new Date());
  const nodes = scenario.nodes.map(({ name }) => name);
  const opened = await nemesis.open(directory.path, nodes, attach === undefined ? undefined : adoptedNodes(nodes, attach));
  const processes = new StartedProcesses(opened.processes);
  const machinery: Machinery = { ...opened, processes, close: () => opened.close() };
  let running: RunningSystem | null = null;
  try {
    options.progress?.({ stage: 'start', leftMs: 0, operations: 0 });
    const readMode = scenario.workload.readMode === 'stale' ? { readMode: 'serializable' } : {};
    const context = {
      ...{ nodes, links: machinery.links, signal: options.signal, settings: { ...readMode, ...scenario.settings } },
      log: (text: string) => directory.log(text),
    };
    if (attach === undefined || system.attach === undefined) {
      const { ports } = machinery;
      running = await system.start({ ...context, directory: directory.path, ports, processes, binary });
    } else {
      const prefix = `lightcone_${directory.id.replace(/\W+/g, '_')}_${process.pid}`.toLowerCase();
      running = new AttachedRun(system.name, await system.attach({ ...context, endpoints: attach.endpoints, prefix }));
    }
    await processes.survive(nodes, running.ready(patienceOf(options)));
    const run = await recorded(system, scenario, kind, options, { directory, machinery, running, nodes });
    const leftBehind = running instanceof AttachedRun ? await running.detach() : null;
    return leftBehind === null ? run : { ...run, facts: { ...run.facts, leftBehind } };
  } catch (error) {
    directory.log(`ended: ${error instanceof Error ? error.message : String(error)}`);
    throw asEnvironment(error, system, directory);
  } finally {
    options.progress?.({ stage: 'stop', leftMs: 0, operations: 0 });
    if (running !== null) await within(running.stop(), defaults.stopMs, () => undefined).catch((error) => directory.log(String(error)));
    await machinery.close();
  }
}

interface Started {
  readonly directory: RunDirectory;
  readonly machinery: Machinery;
  readonly running: RunningSystem;
  readonly nodes: readonly string[];
}

async function recorded(
  system: System,
  scenario: Scenario,
  kind: WorkloadKind,
  options: SystemRunOptions,
  { directory, machinery, running, nodes }: Started,
): Promise<SystemRun> {
  const { workload, seed } = scenario;
  const { clients, keys = 5, readShare = 0.5, timeoutMs = DEFAULT_TIMEOUT_MS, placement = 'roaming' } = workload;
  const { version } = running;
  directory.file('versions.json', `${JSON.stringify({ system: system.name, version, node: process.version }, null, 2)}\n`);
  const startedAtMs = Date.now();
  const recorder = new Recorder(directory.trace, {
    type: 'header',
    trace: TRACE_VERSION,
    seed,
    source: `${system.name} ${version}`,
    model: kind.model,
    nodes,
    // A client begins with the node of its number; its later processes are numbers of the same remainder.
    processNodes: Array.from({ length: clients }, (_, client) => nodes[client % nodes.length] as string),
    initial: kind.initial,
    scenario: JSON.parse(JSON.stringify(scenario)),
  });
  const generator = kind.generator({ seed, clients, keys, readShare });
  const { operations, ratePerSecond } = workload;
  const chance = new Random(seed, 'pace');
  const working = new Clients({
    ...{ running, workload: kind.name, generator, recorder, nodes, clients, placement, timeoutMs, operations, ratePerSecond, chance },
  });
  const beliefs = new BeliefPoll(running, recorder, nodes);
  const session: Session = {
    system,
    directory,
    scenario,
    options,
    recorder,
    running,
    machinery,
    generator,
    clients: working,
    beliefs,
    nodes,
  };
  try {
    const facts = await phases(session);
    if (recorder.failure !== null) throw recorder.failure;
    await working.close();
    const trace = recorder.close();
    return { trace, kind, facts: { ...facts, directory, version, startedAtMs, traceBytes: recorder.bytes } };
  } catch (error) {
    await working.close();
    recorder.close();
    throw error;
  }
}

async function phases(session: Session): Promise<Omit<RunFacts, 'directory' | 'version' | 'traceBytes' | 'startedAtMs'>> {
  const { options, recorder, clients, beliefs, nodes, running } = session;
  const over = new AbortController();
  const watching = beliefs.watch(over.signal);
  try {
    await setTheStage(session);
    const startMs = recorder.nowMs();
    await workUnderFaults(session, startMs);
    const workedMs = recorder.nowMs() - startMs;
    const interrupted = options.signal.aborted;
    const recovery = interrupted ? { recovered: null } : await settle(session);
    // Who never acknowledged anything, or serves no more, is not asked for long: the verdict is unknown, unless a node tells more.
    const hopeless = clients.counts.acknowledged === 0 || recovery.recovered === false;
    const finalMs = options.finalMs ?? (hopeless ? defaults.hopelessMs : defaults.finalMs);
    const finals = AbortSignal.any([options.signal, AbortSignal.timeout(finalMs)]);
    options.progress?.({ stage: 'read', leftMs: 0, operations: recorder.operations });
    recorder.note(FINAL_QUESTIONS);
    if (!interrupted) await clients.finish(finals);
    const finalReads = { through: interrupted ? [] : nodes, complete: !interrupted && !finals.aborted };
    const { refused } = clients.counts;
    // Once more, for who leads at the end.
    if (!interrupted) await within(Promise.all(nodes.map((node) => running.beliefs(node))), 1000, () => []).catch(() => []);
    return {
      ...{ startMs, workedMs, ...recovery, finalReads, refusedConnections: refused, interrupted: options.signal.aborted },
      leaderChanges: beliefs.leaderChanges,
    };
  } finally {
    over.abort();
    await watching;
  }
}

/** The workload's own set-up is not part of the history: it is the state that the header calls initial. */
async function setTheStage({ generator, running, nodes, scenario, options, recorder }: Session): Promise<void> {
  if (generator.setup.length === 0) return;
  const { kind, timeoutMs = DEFAULT_TIMEOUT_MS } = scenario.workload;
  const client = await running.client({ workload: kind, node: nodes[0] as string, name: 'client-1', timeoutMs });
  try {
    for (const operation of generator.setup) {
      let { outcome, code } = await client.invoke(operation);
      for (let again = 0; outcome !== 'ok' && again < 20 && !options.signal.aborted; again++) {
        await pause(250, options.signal);
        ({ outcome, code } = await client.invoke(operation));
      }
      if (outcome !== 'ok')
        throw new LightconeError(
          'LC_ENVIRONMENT',
          `the workload's set-up failed: ${operation.f} of ${String(operation.key)} ended ${outcome} (${code})`,
        );
    }
  } finally {
    await client.close();
  }
  recorder.note('the stage is set');
}

async function workUnderFaults(session: Session, startMs: number): Promise<void> {
  const { scenario, system, directory, options, recorder, clients, beliefs, nodes, running, machinery } = session;
  const durationMs = scenario.durationMs ?? DEFAULT_DURATION_MS;
  const over = new AbortController();
  const ended = AbortSignal.any([options.signal, over.signal, AbortSignal.timeout(durationMs)]);
  const nowMs = (): number => recorder.nowMs() - startMs;
  const tell = (): void =>
    options.progress?.({ stage: 'work', leftMs: Math.max(0, durationMs - nowMs()), operations: recorder.operations });
  const telling = setInterval(tell, PROGRESS_MS);
  const working = clients.work(ended);
  // A question that is under way when time is up must not be answered by a node that the heal has just started again.
  const beforeHeal = (): Promise<void> => (options.signal.aborted ? Promise.resolve() : working.catch(() => undefined));
  const schedule = (options.nemesis ?? realNemesis).carryOut({
    ...{ scenario, nodes, running, machinery, nowMs, signal: ended, durationMs, beforeHeal },
    capabilities: options.attach?.allow ?? system.capabilities.faults,
    peerLinks: options.attach === undefined,
    clients: Array.from({ length: scenario.workload.clients }, (_, i) => `client-${i + 1}`),
    logFile: join(directory.path, 'nemesis.log'),
    leader: () => beliefs.leader(),
    record: (happening) => recorder.record({ type: 'fault', ...happening }),
    note: (text) => recorder.note(text),
  });
  try {
    await working;
    // Nothing more to ask: faults that are still to come would hit nobody.
    over.abort();
    options.progress?.({ stage: 'heal', leftMs: 0, operations: recorder.operations });
    await schedule;
  } finally {
    over.abort();
    clearInterval(telling);
    await schedule.catch(() => undefined);
  }
}

/** After the heal: until all nodes serve, and a little longer. */
async function settle({ running, options, recorder }: Session): Promise<Pick<RunFacts, 'recovered' | 'recoveryNote'>> {
  try {
    await running.ready(options.recoverMs ?? defaults.recoverMs);
    await pause(options.settleMs ?? defaults.settleMs, options.signal);
    return { recovered: true };
  } catch (error) {
    const recoveryNote = error instanceof Error ? error.message : String(error);
    recorder.note(`after the heal not all nodes serve: ${recoveryNote}`);
    return { recovered: false, recoveryNote };
  }
}

/** What an adapter throws is the environment's, unless it says otherwise; where to look is part of the sentence. */
function asEnvironment(error: unknown, system: System, directory: RunDirectory): unknown {
  if (error instanceof LightconeError && errorKinds[error.code].exit !== 5) return error;
  const said = error instanceof Error ? error.message : String(error);
  const code = error instanceof LightconeError ? error.code : 'LC_ENVIRONMENT';
  return new LightconeError(
    code,
    `${system.name} could not be tested: ${said} (logs: ${directory.path})`,
    { directory: directory.path },
    error,
  );
}
