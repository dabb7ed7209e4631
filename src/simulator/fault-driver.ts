/**
 * Carries out a fault schedule on a world. Symbolic targets are resolved when a fault begins; `resolved` is the same
 * schedule with names in their place, which replays exactly. Faults may overlap: a node is up when no fault holds it
 * down, a link works as the base plan says plus every active fault.
 */
import { hashText, LightconeError, type NodeId, Random, type Value } from '../core/index.ts';
import { type Fault, resolveFault, type Target, targetResolver } from '../scenario/index.ts';
import { Liars } from './adversaries/liars.ts';
import type { Beliefs } from './beliefs.ts';
import type { CrashMode, Disk } from './disk.ts';
import { faultUs, LinkFaults } from './link-faults.ts';
import type { LocalClock } from './local-clock.ts';
import { nodeId, nodeName } from './names.ts';
import type { Observer } from './observer.ts';
import type { Reach } from './subject.ts';
import type { World } from './world.ts';

/** Who wants to know. */
export interface FaultListener {
  /** Just before `node` dies; `unsynced` records are not durable. */
  dying(node: NodeId, unsynced: number): void;
  /** `node` died and `lost` records with it. */
  died(node: NodeId, lost: number): void;
  diskLost(node: NodeId): void;
  began(fault: Fault, node: NodeId): void;
}

type NodeFault = Exclude<Extract<Fault, { readonly node: Target }>, { readonly fault: 'partition' }>;
const isNodeFault = (fault: Fault): fault is NodeFault => fault.fault !== 'partition' && 'node' in fault;

/** The director's name for `wake`. */
export const LIAR_WAKES = 6;

export class FaultDriver {
  /** What began, with names in place of symbols. */
  readonly resolved: Fault[] = [];
  readonly #world: World;
  readonly #beliefs: Beliefs;
  readonly #listener: FaultListener;
  readonly #observer: Observer | null;
  readonly #names: readonly string[];
  readonly #servers: readonly string[];
  readonly #links: LinkFaults;
  readonly #liars: Liars;
  /** What each fault of the schedule resolved to, while it is active. */
  readonly #active = new Map<number, readonly Fault[]>();
  /** How many active faults hold a node down, paused, full. */
  readonly #down: Int32Array;
  readonly #paused: Int32Array;
  readonly #full: Int32Array;

  constructor(world: World, beliefs: Beliefs, listener: FaultListener, observer: Observer | null, reach: Reach = () => {}) {
    this.#world = world;
    this.#beliefs = beliefs;
    this.#listener = listener;
    this.#observer = observer;
    this.#names = Array.from({ length: world.size }, (_, i) => nodeName(i + 1, world.plan.nodes));
    this.#servers = this.#names.slice(0, world.plan.nodes);
    this.#down = new Int32Array(world.size);
    this.#paused = new Int32Array(world.size);
    this.#full = new Int32Array(world.size);
    this.#links = new LinkFaults(world.network, world.plan);
    this.#liars = new Liars(world, beliefs, reach, {
      restart: (node, journal) => this.#restartWith(node, journal),
      wakeAt: (atUs, index) => world.schedule(atUs, LIAR_WAKES, index),
    });
  }

  /** Begin fault number `index` of the plan now; false when its target is nobody at the moment. */
  begin(index: number): boolean {
    const leader = this.#beliefs.leader();
    const who = targetResolver(this.#servers, leader === 0 ? null : (this.#names[leader - 1] as string));
    const faults = resolveFault(this.#world.plan.faults[index] as Fault, this.#servers, who);
    if (faults.length === 0) {
      this.#observer?.note(`fault ${index + 1} skipped: nobody is its target now`);
      return false;
    }
    this.resolved.push(...faults);
    this.#begin(index, faults);
    return true;
  }

  /** Begin faults that last for good and are no part of the schedule. */
  freeze(faults: readonly Fault[]): void {
    this.#begin(-1, faults);
  }

  #begin(index: number, faults: readonly Fault[]): void {
    this.#active.set(index, faults);
    for (const fault of faults) {
      this.#world.hash.word(hashText(fault.fault, Math.floor(this.#world.now)));
      this.#observer?.fault('start', fault.fault, fault as unknown as Value);
      const id = isNodeFault(fault) ? this.#id(fault.node) : 0;
      if (isNodeFault(fault)) this.#beginOnNode(fault, id);
      else this.#links.begin(fault);
      this.#listener.began(fault, id);
    }
  }

  end(index: number): void {
    const faults = this.#active.get(index);
    if (faults === undefined) return;
    this.#active.delete(index);
    for (const fault of faults) {
      this.#observer?.fault('end', fault.fault, fault as unknown as Value);
      if (isNodeFault(fault)) this.#endOnNode(fault, this.#id(fault.node));
      else this.#links.end(fault);
    }
  }

  /** End every active fault, in the order in which they began; `lyingOn`: but not those of liars without an end. */
  healAll(lyingOn: boolean): void {
    for (const [index, faults] of [...this.#active]) {
      const lasts = faults.every((fault) => fault.fault === 'adversary' && fault.forMs === undefined);
      if (!lyingOn || !lasts) this.end(index);
    }
  }

  *activeFaults(): Iterable<Fault> {
    for (const faults of this.#active.values()) yield* faults;
  }

  #id(name: string): NodeId {
    return nodeId(name, this.#world.plan.nodes, this.#world.plan.clients);
  }

  #beginOnNode(fault: NodeFault, id: NodeId): void {
    const world = this.#world;
    const index = id - 1;
    const disk = world.disks[index] as Disk;
    switch (fault.fault) {
      case 'kill':
      case 'torn-write':
      case 'power-loss':
      case 'disk-loss':
        this.#down[index] = (this.#down[index] as number) + 1;
        this.#kill(id, fault.fault === 'torn-write' ? 'torn' : fault.fault === 'power-loss' ? 'drop' : this.#crashMode(id));
        if (fault.fault === 'disk-loss') {
          disk.lose();
          this.#listener.diskLost(id);
        }
        break;
      case 'restart':
        this.#kill(id, this.#crashMode(id));
        if (this.#down[index] === 0) world.start(id);
        break;
      case 'version':
        this.#kill(id, this.#crashMode(id));
        world.versions[index] = fault.version;
        if (this.#down[index] === 0) world.start(id);
        break;
      case 'pause':
        this.#paused[index] = (this.#paused[index] as number) + 1;
        world.pause(id);
        break;
      case 'disk-full':
        this.#full[index] = (this.#full[index] as number) + 1;
        disk.full = true;
        break;
      case 'slow-disk':
        disk.slowUs = faultUs(fault.syncMs);
        break;
      case 'clock-jump':
        (world.clocks[index] as LocalClock).jump(world.now, faultUs(fault.byMs));
        world.rearm(id, true);
        break;
      case 'clock-drift':
        (world.clocks[index] as LocalClock).drift(world.now, fault.ppm);
        world.rearm(id);
        break;
      case 'adversary':
        this.#liars.begin(fault, id);
        break;
      case 'action':
        throw new LightconeError('LC_FAULT_UNSUPPORTED', `a simulated node knows no operator's action ${JSON.stringify(fault.name)}`, {
          action: fault.name,
        });
    }
  }

  #endOnNode(fault: NodeFault, id: NodeId): void {
    const world = this.#world;
    const index = id - 1;
    const disk = world.disks[index] as Disk;
    switch (fault.fault) {
      case 'kill':
      case 'torn-write':
      case 'power-loss':
      case 'disk-loss':
        this.#down[index] = (this.#down[index] as number) - 1;
        if (this.#down[index] === 0) world.start(id);
        break;
      case 'pause':
        this.#paused[index] = (this.#paused[index] as number) - 1;
        if (this.#paused[index] === 0) world.resume(id);
        break;
      case 'disk-full':
        this.#full[index] = (this.#full[index] as number) - 1;
        disk.full = (this.#full[index] as number) > 0;
        if (!disk.full) world.resumeDisk(id);
        break;
      case 'slow-disk':
        disk.slowUs = -1;
        break;
      case 'clock-drift':
        (world.clocks[index] as LocalClock).drift(world.now, 0);
        world.rearm(id);
        break;
      case 'adversary':
        this.#liars.end(fault);
    }
  }

  /** A liar has something to do now. */
  wake(index: number): void {
    this.#liars.wake(index);
  }

  /** A liar lives again with an old disk. */
  #restartWith(id: NodeId, journal: readonly unknown[]): void {
    this.#kill(id, 'drop');
    (this.#world.disks[id - 1] as Disk).journal = [...journal];
    if (this.#down[id - 1] === 0) this.#world.start(id);
  }

  #kill(id: NodeId, mode: CrashMode): void {
    const world = this.#world;
    if (!world.isUp(id)) return;
    this.#listener.dying(id, (world.disks[id - 1] as Disk).records.length);
    this.#listener.died(id, world.crash(id, mode));
  }

  /** Depends on who dies and when, not on other faults of the schedule. */
  #crashMode(id: NodeId): CrashMode {
    const random = new Random(this.#world.plan.seed, 'crash', id, this.#world.now);
    return random.pick(['drop', 'drop', 'prefix', 'keep'] as const);
  }
}

/** When a fault of a schedule ends; null: at the heal. */
export const endUs = (fault: Fault): number | null => (fault.forMs === undefined ? null : faultUs(fault.atMs + fault.forMs));
