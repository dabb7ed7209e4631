import { describe, expect, test } from 'vitest';
import { type Effects, type Node, type Schema, Writer } from '../../core/index.ts';
import { commitProtocol, defaultCommitConfig } from '../../protocols/commit/index.ts';
import { explore, OrderObserver, raftWorld, WorldModel, type WorldOptions, walk } from './index.ts';

/**
 * The same worlds explored naively: states are objects, told apart by JSON in a Set, every step is made anew. Shares
 * nothing with the explorer but the meaning of WorldOptions.
 */
interface Machine {
  node: Node<unknown, unknown, unknown>;
  now: number;
  journal: { record: unknown; checkpoint: boolean; token: number }[];
  durable: number;
  newest: number;
  held: { parcel: Flying; after: number }[];
  timers: number[];
}
interface Flying {
  kind: 'message' | 'request' | 'reply';
  from: number;
  to: number;
  payload: unknown;
}
interface NaiveWorld {
  machines: Machine[];
  net: Flying[];
  used: { timers: number; crashes: number; drops: number; duplicates: number };
  asked: boolean[];
  history: unknown;
}

type Change = (world: NaiveWorld, choose: (n: number) => number) => void;
type Add = (change: Change) => void;

const hex = <T>(schema: Schema<T>, value: T): string => {
  const w = new Writer();
  schema.write(w, value);
  return Buffer.from(w.take()).toString('hex');
};

class Naive {
  readonly options: WorldOptions;
  constructor(options: WorldOptions) {
    this.options = options;
  }

  parcelKey({ kind, from, to, payload }: Flying): string {
    return JSON.stringify([kind, from, to, kind === 'message' ? hex(this.options.protocol.message, payload) : payload]);
  }

  key(world: NaiveWorld): string {
    const machines = world.machines.map(({ node, now, journal, durable, held, timers }) => {
      const w = new Writer();
      node.encode(w);
      return [
        Buffer.from(w.take()).toString('hex'),
        journal.map(({ record, checkpoint }) => [hex(this.options.protocol.record, record), checkpoint]),
        durable,
        held.map(({ parcel, after }) => [this.parcelKey(parcel), journal.slice(durable).filter(({ token }) => token <= after).length]),
        timers.map((atUs) => (atUs === Number.POSITIVE_INFINITY ? 'off' : Math.max(0, atUs - now))),
      ];
    });
    const keys = world.net.map((parcel) => this.parcelKey(parcel));
    const net =
      this.options.network === 'unordered'
        ? keys.sort()
        : this.options.nodes.flatMap((from) =>
            this.options.nodes.map((to) => world.net.filter((p) => p.from === from && p.to === to).map((p) => this.parcelKey(p))),
          );
    return JSON.stringify([machines, net, world.used, world.asked, this.options.observer?.key(world.history) ?? '']);
  }

  copy(world: NaiveWorld): NaiveWorld {
    return {
      machines: world.machines.map((m) => ({
        ...m,
        node: m.node.clone(),
        journal: [...m.journal],
        held: [...m.held],
        timers: [...m.timers],
      })),
      net: [...world.net],
      used: { ...world.used },
      asked: [...world.asked],
      history: world.history,
    };
  }

  /** All worlds that `change` may lead to, one for each sequence of choices. */
  branch(from: NaiveWorld, change: (world: NaiveWorld, choose: (n: number) => number) => void): NaiveWorld[] {
    const results = new Map<string, NaiveWorld>();
    const visit = (script: number[]): void => {
      const world = this.copy(from);
      let at = 0;
      let fork = -1;
      change(world, (n) => {
        const choice = script[at++];
        if (choice !== undefined) return choice;
        if (fork < 0) fork = n;
        return 0;
      });
      if (fork < 0) results.set(this.key(world), world);
      else for (let choice = 0; choice < fork; choice++) visit([...script, choice]);
    };
    visit([]);
    return [...results.values()];
  }

  step(world: NaiveWorld, index: number, choose: (n: number) => number, input: Parameters<Machine['node']['step']>[0]): void {
    const machine = world.machines[index] as Machine;
    const id = this.options.nodes[index] as number;
    const see = (event: unknown): void => {
      if (this.options.observer !== undefined) world.history = this.options.observer.observe(world.history, event as never);
    };
    const depart = (parcel: Flying, after: number): void => {
      const waits = machine.journal.slice(machine.durable).some(({ token }) => token <= after);
      if (waits) machine.held.push({ parcel, after });
      else if (this.options.nodes.includes(parcel.to)) world.net.push(parcel);
    };
    const write = (token: number, record: unknown, checkpoint: boolean): void => void machine.journal.push({ token, record, checkpoint });
    const out: Effects<unknown, unknown, unknown> = {
      send: (to, message, after) => depart({ kind: 'message', from: id, to, payload: message }, after),
      persist: (token, record) => write(token, record, false),
      checkpoint: (token, record) => write(token, record, true),
      load: () => expect.unreachable(),
      sign: () => expect.unreachable(),
      verify: () => expect.unreachable(),
      timer: (timer, atUs) => {
        machine.timers[timer] = atUs;
      },
      request: (to, request) => depart({ kind: 'request', from: id, to: to as number, payload: request }, 0),
      reply: (to, reply) =>
        this.options.nodes.includes(to)
          ? depart({ kind: 'reply', from: id, to, payload: reply }, 0)
          : see({ kind: 'reply', node: id, to, reply }),
      indicate: (indication) => see({ kind: 'indication', node: id, indication }),
      belief: (belief, value, epoch) => see({ kind: 'belief', node: id, belief, value, epoch }),
      choose,
    };
    machine.node.step(input, out);
    if (this.options.disk === 'instant') while (machine.durable < machine.journal.length) this.sync(world, index, choose);
  }

  sync(world: NaiveWorld, index: number, choose: (n: number) => number): void {
    const machine = world.machines[index] as Machine;
    const { token, checkpoint } = machine.journal[machine.durable] as Machine['journal'][0];
    machine.durable += 1;
    if (checkpoint) {
      machine.journal.splice(0, machine.durable - 1);
      machine.durable = 1;
    }
    const free = machine.held.filter(({ after }) => after <= token);
    machine.held = machine.held.filter(({ after }) => after > token);
    world.net.push(...free.map(({ parcel }) => parcel).filter(({ to }) => this.options.nodes.includes(to)));
    this.step(world, index, choose, { kind: 'persisted', now: machine.now, token });
  }

  begin(world: NaiveWorld, index: number, journal: Machine['journal'], choose: (n: number) => number): void {
    const id = this.options.nodes[index] as number;
    const timers = this.options.protocol.timers.map(() => Number.POSITIVE_INFINITY);
    const fresh: Machine = {
      node: this.options.create(id, this.options.nodes),
      now: 0,
      journal,
      durable: journal.length,
      newest: 0,
      held: [],
      timers,
    };
    world.machines[index] = fresh;
    this.step(world, index, choose, { kind: 'start', now: 0, records: journal.map(({ record }) => record) });
  }

  init(): NaiveWorld[] {
    const blank: NaiveWorld = {
      machines: [],
      net: [],
      used: { timers: 0, crashes: 0, drops: 0, duplicates: 0 },
      asked: this.options.inputs.map(() => false),
      history: this.options.observer?.initial ?? null,
    };
    return this.branch(blank, (world, choose) => this.options.nodes.forEach((_, index) => void this.begin(world, index, [], choose)));
  }

  /** Next worlds, with duplicates: one list for each action. */
  next(world: NaiveWorld): NaiveWorld[] {
    const results: NaiveWorld[] = [];
    const add: Add = (change) => void results.push(...this.branch(world, change));
    this.arrivals(world, add);
    this.options.nodes.forEach((_, index) => void this.ofNode(world, index, add));
    this.requests(world, add);
    return results;
  }

  may(world: NaiveWorld, what: keyof NaiveWorld['used']): boolean {
    return world.used[what] < this.options.bounds[what];
  }

  use(world: NaiveWorld, what: keyof NaiveWorld['used']): void {
    if (this.options.bounds[what] !== Number.POSITIVE_INFINITY) world.used[what]++;
  }

  arrivals(world: NaiveWorld, add: Add): void {
    const firsts = new Map<string, number>();
    world.net.forEach((parcel, i) => {
      const name = this.options.network === 'unordered' ? this.parcelKey(parcel) : `${parcel.from} ${parcel.to}`;
      if (!firsts.has(name)) firsts.set(name, i);
    });
    for (const at of firsts.values()) {
      const { kind, from, to, payload } = world.net[at] as Flying;
      const arrive: Change = (next, choose) => {
        const index = this.options.nodes.indexOf(to);
        const { now } = next.machines[index] as Machine;
        if (kind === 'message') this.step(next, index, choose, { kind, now, from, message: payload });
        else expect.unreachable();
      };
      add((next, choose) => {
        next.net.splice(at, 1);
        arrive(next, choose);
      });
      if (this.may(world, 'duplicates'))
        add((next, choose) => {
          this.use(next, 'duplicates');
          arrive(next, choose);
        });
      if (this.may(world, 'drops'))
        add((next) => {
          this.use(next, 'drops');
          next.net.splice(at, 1);
        });
    }
  }

  ofNode(world: NaiveWorld, index: number, add: Add): void {
    const { timers, journal, durable } = world.machines[index] as Machine;
    timers.forEach((atUs, timer) => {
      if (atUs === Number.POSITIVE_INFINITY || !this.may(world, 'timers')) return;
      add((next, choose) => {
        const machine = next.machines[index] as Machine;
        this.use(next, 'timers');
        machine.timers[timer] = Number.POSITIVE_INFINITY;
        machine.now = Math.max(machine.now, atUs);
        this.step(next, index, choose, { kind: 'timer', now: machine.now, timer });
      });
    });
    if (durable < journal.length) add((next, choose) => this.sync(next, index, choose));
    if (!this.may(world, 'crashes')) return;
    for (let kept = durable; kept <= journal.length; kept++) add((next, choose) => this.crash(next, index, kept, choose));
  }

  crash(next: NaiveWorld, index: number, kept: number, choose: (n: number) => number): void {
    this.use(next, 'crashes');
    let survived = (next.machines[index] as Machine).journal.slice(0, kept);
    while (survived.slice(1).some(({ checkpoint }) => checkpoint)) survived = survived.slice(1);
    const { observer, nodes } = this.options;
    if (observer !== undefined) next.history = observer.observe(next.history, { kind: 'crash', node: nodes[index] as number });
    const journal = survived.map((each) => ({ ...each, token: 0 }));
    this.begin(next, index, journal, choose);
  }

  requests(world: NaiveWorld, add: Add): void {
    this.options.inputs.forEach(({ node, from = 0, request }, i) => {
      if (world.asked[i] === true) return;
      add((next, choose) => {
        next.asked[i] = true;
        const index = this.options.nodes.indexOf(node);
        this.step(next, index, choose, { kind: 'request', now: (next.machines[index] as Machine).now, from, request });
      });
    });
  }

  /** Counts as the explorer does: distinct worlds within `depth` steps, and worlds generated on the way. */
  count(depth: number): { unique: number; generated: number } {
    const seen = new Set<string>();
    let frontier = this.init();
    let generated = frontier.length;
    const fresh = (worlds: NaiveWorld[]): NaiveWorld[] =>
      worlds.filter((world) => {
        const key = this.key(world);
        if (seen.has(key)) return false;
        seen.add(key);
        return true;
      });
    frontier = fresh(frontier);
    for (let step = 0; step < depth && frontier.length > 0; step++) {
      const next: NaiveWorld[] = [];
      for (const world of frontier) {
        const worlds = this.next(world);
        generated += worlds.length;
        next.push(...fresh(worlds));
      }
      frontier = next;
    }
    return { unique: seen.size, generated };
  }
}

const raft = raftWorld(3);
const raftOptions = (changes: Partial<WorldOptions>): WorldOptions => ({
  name: 'raft',
  protocol: raft.protocol,
  create: raft.create,
  nodes: raft.nodes,
  inputs: raft.inputs.slice(0, 1),
  network: 'unordered',
  disk: 'instant',
  bounds: { timers: 2, crashes: 1, drops: 0, duplicates: 0 },
  observer: new OrderObserver(),
  ...changes,
});
const commitOptions = (changes: Partial<WorldOptions>): WorldOptions => ({
  name: 'commit',
  protocol: commitProtocol as unknown as { message: Schema<unknown>; record: Schema<unknown>; timers: readonly string[] },
  create: (id, peers) =>
    commitProtocol.create(id, peers, {
      ...defaultCommitConfig,
      votes: 'choose',
      voteRetries: 1,
      snapshotEvery: 3,
    }) as unknown as Machine['node'],
  nodes: [1, 2],
  inputs: [
    {
      node: 1,
      from: 9,
      request: {
        id: 1,
        session: 0,
        op: { f: 'transaction', parts: [1, 2].map((site) => ({ site, writes: [{ key: 'x', value: 1 }] })) },
        mode: 'write',
      },
    },
  ],
  network: 'unordered',
  disk: 'slow',
  bounds: { timers: 1, crashes: 1, drops: 0, duplicates: 0 },
  ...changes,
});

describe('a real world has exactly as many states as a naive JSON + Set exploration of it finds', () => {
  test.each<[string, WorldOptions, number]>([
    ['Raft, instant disks, a crash', raftOptions({}), 6],
    ['Raft, slow disks, a crash', raftOptions({ disk: 'slow' }), 5],
    ['Raft, ordered links', raftOptions({ network: 'ordered', bounds: { timers: 2, crashes: 0, drops: 0, duplicates: 0 } }), 7],
    ['Raft, lossy and duplicating', raftOptions({ bounds: { timers: 1, crashes: 0, drops: 1, duplicates: 1 } }), 6],
    ['Raft, lossy without limit', raftOptions({ bounds: { timers: 1, crashes: 0, drops: Number.POSITIVE_INFINITY, duplicates: 0 } }), 8],
    ['two-phase commit, slow disks, a crash', commitOptions({}), 9],
    [
      'two-phase commit, instant disks, crashes, duplicates',
      commitOptions({ disk: 'instant', bounds: { timers: 2, crashes: 2, drops: 0, duplicates: 1 } }),
      7,
    ],
    [
      'two-phase commit, ordered and lossy',
      commitOptions({ network: 'ordered', bounds: { timers: 2, crashes: 0, drops: 1, duplicates: 0 } }),
      10,
    ],
  ])('%s', (name, options, depth) => {
    const result = explore(new WorldModel(options), { bounds: { depth } });
    const counted = new Naive(options).count(depth);
    console.log(`${name}: ${counted.unique} states, ${counted.generated} generated within ${depth} steps`);
    expect({ unique: result.unique, generated: result.generated }).toEqual(counted);
    expect(counted.unique).toBeGreaterThan(500);
  });
});

test('a whole bounded world of two-phase commit is seen to its end, by both', () => {
  const options = commitOptions({ disk: 'instant', bounds: { timers: 1, crashes: 0, drops: 0, duplicates: 0 } });
  const result = explore(new WorldModel(options));
  expect(result).toMatchObject({ verdict: 'pass', truncated: null });
  expect({ unique: result.unique, generated: result.generated }).toEqual(new Naive(options).count(Number.POSITIVE_INFINITY));
});

test('walks through a world are repeatable and stay within what breadth-first can reach', () => {
  const options = { strategy: 'priorities', seed: 3, walks: 20, depth: 30 } as const;
  expect(walk(new WorldModel(raftOptions({})), options)).toEqual(walk(new WorldModel(raftOptions({})), options));
});
