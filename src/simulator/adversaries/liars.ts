/**
 * All liars of one run: who lies now and how, what those that collude share, and the lies that are not told in messages
 * but done: slowing down whoever leads, restarting with an old disk, running twice.
 */
import type { Fault } from '../../scenario/index.ts';
import type { Beliefs } from '../beliefs.ts';
import type { Disk } from '../disk.ts';
import { nodeName } from '../names.ts';
import type { AnyNode } from '../subject.ts';
import type { World } from '../world.ts';
import { type Behaviour, type BehaviourName, checkedBehaviours } from './behaviour.ts';
import { Liar, type LiarContext } from './liar.ts';
import { Story } from './story.ts';
import { TwinRouter } from './twins.ts';

/** The story of those that collude is nobody's own. */
const SHARED = 0;
const WAKE_MS: { readonly [name in BehaviourName]?: number } = { amnesia: 200, 'target-leader': 20 };
/** By how much longer than usual what the targeted leader sends and is sent takes. */
const TARGET_US = 200_000;

interface Doing {
  readonly liar: Liar;
  readonly behaviour: Behaviour;
  /** For amnesia: what its disk held when the fault began. */
  readonly journal: readonly unknown[];
}

/** What a liar does to its own server, or to the network. */
export interface Deeds {
  restart(node: number, journal: readonly unknown[]): void;
  wakeAt(atUs: number, index: number): void;
}

export class Liars {
  readonly #world: World;
  readonly #context: LiarContext;
  readonly #deeds: Deeds;
  readonly #shared: Story;
  /** By fault of the schedule. */
  readonly #active = new Map<Fault, Liar>();
  readonly #doings: (Doing | null)[] = [];

  constructor(world: World, beliefs: Beliefs, reach: (goal: string) => void, deeds: Deeds) {
    const { subject, crypto, servers, plan } = world;
    this.#world = world;
    this.#deeds = deeds;
    const nodeOf = (id: number): AnyNode | null => world.nodes[id - 1] ?? null;
    this.#context = { subject, crypto, beliefs, servers, nodeOf, seed: plan.seed, reach };
    this.#shared = new Story(plan.seed, SHARED);
  }

  /** `fault` makes `node` lie from now on. @throws LC_SCENARIO for behaviours that do not exist */
  begin(fault: Fault & { readonly fault: 'adversary' }, node: number): void {
    const servers = this.#world.servers.map((id) => nodeName(id, this.#world.plan.nodes));
    const parsed = checkedBehaviours(fault.behaviour, servers, this.#context.subject.messageTypes?.all);
    const colludes = parsed.some(({ name }) => name === 'collude');
    const story = colludes ? this.#shared : new Story(this.#context.seed, node);
    const liar = new Liar(this.#context, node, parsed, story);
    this.#world.lied(node);
    this.#world.post.liars[node - 1] = liar;
    this.#active.set(fault, liar);
    for (const behaviour of parsed) {
      if (behaviour.name === 'twins') this.#doubles(node, behaviour, story);
      if (WAKE_MS[behaviour.name] === undefined) continue;
      const { journal } = this.#world.disks[node - 1] as Disk;
      this.#doings.push({ liar, behaviour, journal: journal.slice() });
      this.wake(this.#doings.length - 1, true);
    }
  }

  end(fault: Fault): void {
    const liar = this.#active.get(fault);
    if (liar === undefined) return;
    this.#active.delete(fault);
    const { post } = this.#world;
    if (post.liars[liar.node - 1] === liar) post.liars[liar.node - 1] = null;
    this.#doings.forEach((doing, i) => {
      if (doing?.liar === liar) this.#doings[i] = null;
    });
    if (liar.does('target-leader')) post.targeted = 0;
    if (!liar.does('twins')) return;
    post.twins?.end(liar.node);
    this.#world.crash(this.#world.size + liar.node, 'drop');
  }

  #doubles(node: number, behaviour: Behaviour, story: Story): void {
    const world = this.#world;
    const { beliefs } = this.#context;
    world.post.twins ??= new TwinRouter({
      get now() {
        return world.now;
      },
      epochOf: (id) => beliefs.epoch[id - 1] as number,
      servers: world.servers,
    });
    world.post.twins.begin(node, behaviour, story);
    world.startTwin(node);
  }

  /** It is time for doing number `index` again; `first`: the fault has just begun. */
  wake(index: number, first = false): void {
    const doing = this.#doings[index] ?? null;
    if (doing === null) return;
    const { liar, behaviour, journal } = doing;
    if (behaviour.name === 'target-leader') this.#target(behaviour);
    else if (!first) this.#deeds.restart(liar.node, journal);
    const everyMs = behaviour.ms ?? WAKE_MS[behaviour.name] ?? 0;
    this.#deeds.wakeAt(this.#world.now + everyMs * 1000, index);
  }

  /** Now the leader, now whoever would lead the epoch after it. */
  #target({ to }: Behaviour): void {
    const { post, plan } = this.#world;
    const leader = this.#context.beliefs.leader();
    const next = leader === 0 ? 0 : (leader % plan.nodes) + 1;
    post.targeted = to?.includes('next') === true ? next : leader;
    post.targetedUs = TARGET_US;
  }
}
