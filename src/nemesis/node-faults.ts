/**
 * Faults of single nodes. Faults may overlap: a node runs when none holds it down, stands still while any pauses it, and
 * a process that is started meets what is still active on its node. What is done to one node is done in turn; nodes do
 * not wait for each other.
 */
import { LightconeError } from '../core/index.ts';
import type { Fault } from '../scenario/index.ts';
import type { SystemHooks } from './capabilities.ts';
import type { Processes } from './contract.ts';
import { fillDisk, freeDisk, normalDisk, slowDisk } from './disk-faults.ts';
import { family, processEntry } from './process-table.ts';

export type NodeFault = Extract<Fault, { readonly node: string }> & { readonly fault: Exclude<Fault['fault'], 'partition'> };

/** A system that has not started a process in this time does not start it. */
const START_MS = 30_000;
/** A signal is in force once the kernel has it on every processor. */
const SIGNAL_MS = 500;

interface NodeState {
  down: number;
  paused: number;
  full: number;
  readonly slow: NodeFault[];
  turn: Promise<unknown>;
  /** It had processes of its own when the schedule began. */
  readonly ours: boolean;
}

export interface NodeFaultOptions {
  readonly nodes: readonly string[];
  readonly processes: Processes;
  readonly system: SystemHooks;
  /** Where tools that are started along write what they say. */
  readonly logFile: string;
}

export class NodeFaults {
  readonly #processes: Processes;
  readonly #system: SystemHooks;
  readonly #logFile: string;
  readonly #states: ReadonlyMap<string, NodeState>;

  constructor({ nodes, processes, system, logFile }: NodeFaultOptions) {
    this.#processes = processes;
    this.#system = system;
    this.#logFile = logFile;
    this.#states = new Map(
      nodes.map((node) => {
        const ours = processes.of(node).length > 0;
        return [node, { down: 0, paused: 0, full: 0, slow: [], turn: Promise.resolve(), ours }];
      }),
    );
  }

  /** Resolves to whether it is in force. */
  begin(fault: NodeFault): Promise<boolean> {
    return this.#inTurn(fault.node, (state) => this.#begin(fault, state));
  }

  /** Resolves to whether the node is as it was. */
  end(fault: NodeFault): Promise<boolean> {
    return this.#inTurn(fault.node, (state) => this.#end(fault, state));
  }

  /** Everything off, and every node that had processes runs; rejects when one cannot. */
  async heal(): Promise<void> {
    const healed = [...this.#states].map(([node]) => this.#inTurn(node, (state) => this.#heal(node, state)));
    const failed = (await Promise.allSettled(healed)).find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #inTurn<T>(node: string, work: (state: NodeState) => Promise<T>): Promise<T> {
    const state = this.#states.get(node);
    if (state === undefined) throw new LightconeError('LC_SCENARIO_NODE', `there is no node ${JSON.stringify(node)}`, { node });
    const done = state.turn.then(() => work(state));
    state.turn = done.catch(() => undefined);
    return done;
  }

  async #begin(fault: NodeFault, state: NodeState): Promise<boolean> {
    const { node } = fault;
    switch (fault.fault) {
      case 'kill':
      case 'disk-loss':
      case 'power-loss':
        state.down++;
        await this.#processes.kill(node);
        if (fault.fault === 'disk-loss') await this.#system.wipe(node);
        if (fault.fault === 'power-loss') await this.#system.losePower?.(node);
        return !this.#runs(node);
      case 'restart': {
        const before = this.#processes.of(node).map(({ pid }) => pid);
        await this.#processes.kill(node);
        if (state.down > 0) return !this.#runs(node);
        await this.#start(node, state);
        return this.#runs(node) && !this.#processes.of(node).some(({ pid }) => before.includes(pid));
      }
      case 'pause':
        state.paused++;
        this.#processes.pause(node);
        return this.#stands(node);
      case 'disk-full':
        state.full++;
        return fillDisk(this.#processes, node);
      case 'slow-disk':
        state.slow.push(fault);
        return slowDisk(this.#processes, node, fault.syncMs, this.#logFile);
      case 'clock-jump':
        await this.#system.jumpClock?.(node, fault.byMs);
        return this.#system.jumpClock !== undefined;
      case 'action':
        await this.#system.actions?.[fault.name]?.(node);
        return this.#system.actions?.[fault.name] !== undefined;
      default:
        throw new LightconeError('LC_FAULT_UNSUPPORTED', `${fault.fault} cannot be carried out on a real node`, { fault: fault.fault });
    }
  }

  async #end(fault: NodeFault, state: NodeState): Promise<boolean> {
    const { node } = fault;
    switch (fault.fault) {
      case 'kill':
      case 'disk-loss':
      case 'power-loss':
        state.down--;
        if (state.down > 0) return !this.#runs(node);
        await this.#start(node, state);
        return this.#runs(node);
      case 'pause':
        state.paused--;
        if (state.paused > 0) return this.#stands(node);
        this.#processes.resume(node);
        return this.#goesOn(node);
      case 'disk-full':
        state.full--;
        if (state.full > 0) return fillDisk(this.#processes, node);
        await freeDisk(this.#processes, node);
        return this.#startIfDead(node, state);
      case 'slow-disk': {
        state.slow.splice(state.slow.indexOf(fault), 1);
        const normal = await normalDisk(this.#processes, node);
        await this.#slowAgain(node, state);
        return normal;
      }
      default:
        return true;
    }
  }

  async #heal(node: string, state: NodeState): Promise<void> {
    const { paused, full, slow } = state;
    Object.assign(state, { down: 0, paused: 0, full: 0 });
    state.slow.length = 0;
    if (paused > 0) this.#processes.resume(node);
    if (full > 0) await freeDisk(this.#processes, node);
    if (slow.length > 0 || this.#processes.of(`nemesis/slow-disk-${node}`).length > 0) await normalDisk(this.#processes, node);
    await this.#startIfDead(node, state);
  }

  /** A server may die of a full disk, or of anything else: whoever operates it would start it again. */
  async #startIfDead(node: string, state: NodeState): Promise<boolean> {
    if (!state.ours || this.#runs(node)) return true;
    if (state.down > 0) return true;
    await this.#start(node, state);
    return this.#runs(node);
  }

  async #start(node: string, state: NodeState): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new LightconeError('LC_ENVIRONMENT', `${node} did not start within ${START_MS} ms`, { node });
      timer = setTimeout(() => reject(error), START_MS);
    });
    await Promise.race([this.#system.startNode(node), late]).finally(() => clearTimeout(timer));
    if (state.full > 0) await fillDisk(this.#processes, node);
    await this.#slowAgain(node, state);
    if (state.paused > 0) this.#processes.pause(node);
  }

  async #slowAgain(node: string, state: NodeState): Promise<void> {
    const fault = state.slow.at(-1);
    if (fault?.fault === 'slow-disk') await slowDisk(this.#processes, node, fault.syncMs, this.#logFile);
  }

  #runs(node: string): boolean {
    return this.#processes.of(node).some(({ running }) => running);
  }

  #members(node: string): string[] {
    return family(this.#processes.of(node).map(({ pid }) => pid)).map(({ pid }) => processEntry(pid)?.state ?? 'X');
  }

  #stands(node: string): Promise<boolean> {
    return soon(() => this.#members(node).every((state) => 'TtX'.includes(state)));
  }

  #goesOn(node: string): Promise<boolean> {
    return soon(() => this.#members(node).every((state) => state !== 'T'));
  }
}

/** The kernel tells nobody when a signal has taken effect. */
async function soon(holds: () => boolean): Promise<boolean> {
  for (const end = performance.now() + SIGNAL_MS; performance.now() < end; ) {
    if (holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return holds();
}
