import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  beliefSource,
  type ComposedNode,
  type ComposedRecord,
  compose,
  type Effects,
  type Input,
  LightconeError,
  type ModuleMessage,
  moduleBelief,
  type Node,
  type Protocol,
  Random,
  Reader,
  schema,
  Writer,
} from './index.ts';
import { type Effect, Host, Log, Probe, type ProbeConfig, probe } from './testing-probe.ts';

const configs = (chatty: number): { readonly top: ProbeConfig; readonly left: ProbeConfig; readonly right: ProbeConfig } => ({
  top: { salt: 1, ports: ['l', 'r'], chatty },
  left: { salt: 2, ports: [], chatty },
  right: { salt: 3, ports: [], chatty },
});
const names = ['top', 'left', 'right'] as const;
type Name = (typeof names)[number];

const tree = compose('tree', 'top', {
  top: { protocol: probe, ports: { l: 'left', r: 'right' } },
  left: { protocol: probe },
  right: { protocol: probe },
});

/** The same modules, each alone with its own host, joined by a queue: what a composition must be equal to. */
class Apart {
  readonly hosts: Record<Name, Host>;
  readonly config: ReturnType<typeof configs>;
  /** Effects that no neighbour took. */
  out: Effect[] = [];

  constructor(chatty: number) {
    this.config = configs(chatty);
    const choices = new Random(0);
    const host = (name: Name): Host => new Host(this.create(name), choices);
    this.hosts = { top: host('top'), left: host('left'), right: host('right') };
  }

  create(name: Name): Probe {
    return new Probe(1, this.config[name]);
  }

  run(queue: [Name, Input<unknown, unknown>][]): void {
    for (let i = 0; i < queue.length; i++) {
      const [name, input] = queue[i] as [Name, Input<unknown, unknown>];
      for (const effect of this.hosts[name].step(input)) this.#route(name, effect, queue);
    }
  }

  #route(name: Name, effect: Effect, queue: [Name, Input<unknown, unknown>][]): void {
    const [kind, ...args] = effect;
    const port = name === 'left' ? 'l' : 'r';
    if (kind === 'request') queue.push([args[0] === 'l' ? 'left' : 'right', { kind, now: 0, from: 0, request: args[1] as never }]);
    else if (name !== 'top' && kind === 'indicate') queue.push(['top', { kind: 'indication', now: 0, port, indication: args[0] }]);
    else if (name !== 'top' && kind === 'reply') queue.push(['top', { kind, now: 0, from: 0, port, reply: args[1] as never }]);
    else if (kind === 'timer') this.out.push([kind, names.indexOf(name) * 2 + (args[0] as number), args[1]]);
    else if (kind === 'belief' && name !== 'top') this.out.push([kind, `x-${name}/${args[0]}`, ...args.slice(1)]);
    else this.out.push(effect);
  }
}

const bytesOf = (node: Node<unknown, unknown, unknown> | null): string => {
  const w = new Writer();
  node?.encode(w);
  return Buffer.from(w.take()).toString('hex');
};

/** Which module wrote a composed record. */
function author(record: ComposedRecord): Name {
  return (record.type === 'record' ? record.entry : record.entries.at(-1))?.module as Name;
}

/** Drives a composition and its modules apart with the same inputs, and compares them after each. */
class Comparison {
  readonly random: Random;
  readonly apart: Apart;
  readonly whole: Host;
  checkpoints = 0;
  /** Newest records of a module that a crash took, over all crashes. */
  lost = 0;

  constructor(seed: number, chatty: number) {
    this.random = new Random(seed);
    this.apart = new Apart(chatty);
    this.whole = new Host(this.#create(), new Random(0));
  }

  #create(): Node<unknown, unknown, unknown> {
    return tree.create(1, [1, 2, 3], this.apart.config) as unknown as Node<unknown, unknown, unknown>;
  }

  start(): void {
    this.#both({ kind: 'start', now: 0, records: [] }, [
      ['right', { kind: 'start', now: 0, records: [] }],
      ['left', { kind: 'start', now: 0, records: [] }],
      ['top', { kind: 'start', now: 0, records: [] }],
    ]);
  }

  #both(whole: Input<unknown, unknown>, apart: [Name, Input<unknown, unknown>][]): void {
    const out = this.whole.step(whole);
    this.apart.run(apart);
    expect(out).toEqual(this.apart.out);
    this.apart.out = [];
    this.compare();
  }

  compare(): void {
    const composed = this.whole.node as unknown as ComposedNode<unknown>;
    for (const name of names) {
      expect(bytesOf(composed.module(name))).toBe(bytesOf(this.apart.hosts[name].node));
      const sent = this.whole.released.filter((effect) => (effect[2] as ModuleMessage).module === name);
      expect(sent.map(([kind, to, message]) => [kind, to, (message as ModuleMessage).message])).toEqual(this.apart.hosts[name].released);
    }
  }

  event(): void {
    const { random, whole } = this;
    const name = random.pick(names);
    const host = this.apart.hosts[name];
    const kind = random.below(12);
    if (kind < 4) {
      const message = random.below(100);
      this.#both({ kind: 'message', now: 0, from: 2, message: { module: name, message } }, [
        [name, { kind: 'message', now: 0, from: 2, message }],
      ]);
    } else if (kind < 6) {
      const timer = random.below(2);
      this.#both({ kind: 'timer', now: 0, timer: names.indexOf(name) * 2 + timer }, [[name, { kind: 'timer', now: 0, timer }]]);
    } else if (kind < 9) {
      this.#sync();
    } else if (kind === 9 && host.slow.length > 0) {
      this.#complete(name);
    } else if (kind === 10) {
      const input = { kind: 'request', now: 0, from: 9, request: { id: 1, session: 1, op: null, mode: 'write' } } as const;
      this.#both(input, [['top', input]]);
    } else if (kind === 11 && random.below(4) === 0) {
      this.#crash();
    }
    this.checkpoints += whole.journal.filter(({ checkpoint }) => checkpoint).length;
  }

  #sync(): void {
    const written = this.whole.journal[this.whole.durable];
    if (written === undefined) return;
    const name = author(written.record as ComposedRecord);
    this.#both(this.whole.sync(), [[name, this.apart.hosts[name].sync()]]);
  }

  /** Slow work may be answered in any order: the n-th outstanding piece of one module, on both sides. */
  #complete(name: Name): void {
    const alone = this.apart.hosts[name];
    const at = this.random.below(alone.slow.length);
    const input = alone.complete(at);
    const { token } = input as { token: number };
    // The composition's own token for it is found by elimination: it is answered, and the right module must hear `token`.
    const order = this.#owners.get(name) ?? [];
    const composed = order.splice(at, 1)[0] as number;
    const where = this.whole.slow.findIndex((each) => each.token === composed);
    const answer = this.whole.complete(where) as Input<unknown, unknown> & { value?: unknown };
    if (answer.kind === 'loaded') this.#both({ ...answer, value: token }, [[name, input]]);
    else this.#both(answer, [[name, input]]);
  }

  /** Composed tokens of outstanding slow work by module, from a walk over both sides' outstanding lists. */
  get #owners(): Map<Name, number[]> {
    const node = this.whole.node as unknown as ComposedNode<unknown>;
    const owners = new Map<Name, number[]>(names.map((name) => [name, []]));
    for (const { token } of this.whole.slow) owners.get(names[node.placeOf(token)] as Name)?.push(token);
    return owners;
  }

  #crash(): void {
    const kept = this.random.between(this.whole.durable, this.whole.journal.length);
    const survivors = this.whole.journal.slice(0, kept);
    this.lost += this.whole.journal.length - kept;
    const starts: [Name, Input<unknown, unknown>][] = [];
    const gone = this.whole.journal.slice(kept);
    for (const name of ['right', 'left', 'top'] as const) {
      const alone = this.apart.hosts[name];
      const lost = gone.filter(({ record }) => author(record as ComposedRecord) === name).length;
      starts.push([name, alone.restart(this.apart.create(name), alone.journal.length - lost)]);
    }
    expect(survivors.length).toBe(kept);
    this.#both(this.whole.restart(this.#create(), kept), starts);
  }
}

describe('a module in a composition behaves exactly as alone', () => {
  let lost = 0;
  let checkpoints = 0;
  test.each([0, 30])(
    'same inputs, same effects, same state, through crashes that lose a tail of the journal (%i percent chatter)',
    (chatty) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const comparison = new Comparison(seed, chatty);
          comparison.start();
          for (let i = 0; i < 60; i++) comparison.event();
          lost += comparison.lost;
          checkpoints += comparison.checkpoints;
        }),
        { numRuns: 250 },
      );
      expect(lost).toBeGreaterThan(100);
      expect(checkpoints).toBeGreaterThan(100);
    },
  );
});

type Anything = Node<unknown, unknown, unknown>;

describe('compositions nest', () => {
  const leaf: ProbeConfig = { salt: 3, ports: [], chatty: 40 };
  const middle: ProbeConfig = { salt: 2, ports: ['p', 'q'], chatty: 60 };
  const top: ProbeConfig = { salt: 1, ports: ['m'], chatty: 60 };
  const flat = compose('flat', 'top', {
    top: { protocol: probe, ports: { m: 'middle' } },
    middle: { protocol: probe, ports: { p: 'leaf', q: 'other' } },
    leaf: { protocol: probe },
    other: { protocol: probe },
  });
  const inner = compose('inner', 'middle', { middle: { protocol: probe, ports: { p: 'leaf' } }, leaf: { protocol: probe } });
  const nested = compose('nested', 'top', {
    top: { protocol: probe, ports: { m: 'inside' } },
    inside: { protocol: inner, ports: { q: 'other' } },
    other: { protocol: probe },
  });

  test('a nested composition does what the flat one does, names apart, also after a replay', () => {
    const flatConfig = { top, middle, leaf, other: leaf };
    const nestedConfig = { top, inside: { middle, leaf }, other: leaf };
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = new Random(seed);
        const a = new Host(flat.create(1, [1, 2, 3], flatConfig) as unknown as Anything, new Random(1));
        const b = new Host(nested.create(1, [1, 2, 3], nestedConfig) as unknown as Anything, new Random(1));
        const both = (forA: Input<unknown, unknown>, forB = forA): void => {
          expect(unnamed(b.step(forB))).toEqual(unnamed(a.step(forA)));
          expect(unnamed(b.released)).toEqual(unnamed(a.released));
          expect(b.journal.map(({ token, checkpoint }) => [token, checkpoint])).toEqual(
            a.journal.map(({ token, checkpoint }) => [token, checkpoint]),
          );
        };
        const start = { kind: 'start', now: 0, records: [] } as const;
        both(start);
        for (let i = 0; i < 40; i++) {
          const kind = random.below(5);
          const at = random.below(4);
          const message = random.below(100);
          const to = (name: string | undefined): Input<unknown, unknown> => ({
            kind: 'message',
            now: 0,
            from: 2,
            message: { module: name, message },
          });
          if (kind === 0) both(to(['top', 'middle', 'leaf', 'other'][at]), to(['top', 'inside/middle', 'inside/leaf', 'other'][at]));
          else if (kind === 1) both({ kind: 'timer', now: 0, timer: random.below(8) });
          else if (kind === 2 && a.durable < a.journal.length) both(a.sync(), b.sync());
          else if (kind === 3 && a.slow.length > 0) both(a.complete(0), b.complete(0));
          else if (kind === 4 && random.below(5) === 0) {
            const kept = random.between(a.durable, a.journal.length);
            both(
              a.restart(flat.create(1, [1], flatConfig) as unknown as Anything, kept),
              b.restart(nested.create(1, [1], nestedConfig) as unknown as Anything, kept),
            );
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test('addresses are paths: timers, messages and beliefs carry them', () => {
    expect(nested.timers).toEqual(['top', 'inside/middle', 'inside/leaf', 'other'].flatMap((name) => [`${name}/first`, `${name}/second`]));
    expect(moduleBelief('raft', 'leader')).toBe('x-raft/leader');
    expect(moduleBelief('store', moduleBelief('raft', 'leader'))).toBe('x-store/raft/leader');
    expect(beliefSource('x-store/raft/leader')).toEqual({ module: 'store/raft', kind: 'leader' });
    expect(beliefSource('x-mine')).toEqual({ module: '', kind: 'x-mine' });
  });

  test('composed messages and records survive their schemas', () => {
    const random = new Random(5);
    for (let i = 0; i < 500; i++) {
      for (const each of [nested.message, nested.record] as const) {
        const w = new Writer();
        const sample = (each as typeof nested.record).mutate(random, each.sample(random) as ComposedRecord);
        (each as typeof nested.record).write(w, sample);
        const r = new Reader(w.take());
        expect(each.read(r)).toEqual(sample);
        r.done();
      }
    }
  });
});

/** Effects with the paths of modules cut down to their last name. */
function unnamed(effects: readonly Effect[]): unknown {
  return JSON.parse(JSON.stringify(effects).replaceAll('inside/', ''));
}

/** Sends two requests down at each timer; its own request of the leaf is answered at once. */
const scripted = (
  name: string,
  step: (input: Input<number, number>, out: Effects<number, number, number>) => void,
): { protocol: Protocol<null, number, number, number> } => ({
  protocol: {
    name,
    message: schema.uint,
    record: schema.uint,
    timers: ['t'],
    create: () => {
      const node: Node<number, number, number> = { step, clone: () => node, encode: () => undefined };
      return node;
    },
  },
});

test('delivery within a step is first in, first out: both requests are heard before the first answer', () => {
  const heard: string[] = [];
  const log = new Log(new Random(0));
  const node = compose('fifo', 'up', {
    up: {
      ...scripted('up', (input, out) => {
        if (input.kind === 'timer') for (const id of [1, 2]) out.request('d', { id, session: 0, op: null, mode: 'write' });
        if (input.kind === 'reply') heard.push(`reply ${input.reply.id} on ${input.port}`);
      }),
      ports: { d: 'down' },
    },
    down: scripted('down', (input, out) => {
      if (input.kind !== 'request') return;
      heard.push(`request ${input.request.id} from ${input.from}`);
      out.reply(0, { id: input.request.id, session: 0, outcome: 'ok' });
    }),
  }).create(1, [1], { up: null, down: null });
  node.step({ kind: 'timer', now: 0, timer: 0 }, log);
  expect(heard).toEqual(['request 1 from 0', 'request 2 from 0', 'reply 1 on d', 'reply 2 on d']);
});

test('modules that talk in a circle for ever are a broken invariant, not a stack overflow', () => {
  const echo = (name: string, reply: boolean): ReturnType<typeof scripted> =>
    scripted(name, (input, out) => {
      if (reply) out.reply(0, { id: 1, session: 0, outcome: 'ok' });
      else if (input.kind !== 'start') out.request('d', { id: 1, session: 0, op: null, mode: 'write' });
    });
  const node = compose('circle', 'up', { up: { ...echo('up', false), ports: { d: 'down' } }, down: echo('down', true) });
  expect(() => node.create(1, [1], { up: null, down: null }).step({ kind: 'timer', now: 0, timer: 0 }, new Log(new Random(0)))).toThrow(
    'composition-ends',
  );
});

test("the answer to a lower module's request of another node reaches that module", () => {
  const heard: string[] = [];
  const node = compose('asks', 'up', {
    up: { ...scripted('up', (input) => void (input.kind === 'reply' && heard.push('up'))), ports: { d: 'down' } },
    down: scripted('down', (input, out) => {
      if (input.kind === 'timer') out.request(7, { id: 4, session: 2, op: null, mode: 'write' });
      if (input.kind === 'reply') heard.push(`down ${input.reply.id}`);
    }),
  }).create(1, [1], { up: null, down: null });
  const log = new Log(new Random(0));
  node.step({ kind: 'timer', now: 0, timer: 1 }, log);
  expect(log.take()).toEqual([['request', 7, { id: 4, session: 2, op: null, mode: 'write' }]]);
  for (const from of [7, 7, 8]) node.step({ kind: 'reply', now: 0, from, port: '', reply: { id: 4, session: 2, outcome: 'ok' } }, log);
  expect(heard).toEqual(['down 4', 'up', 'up']);
});

test('a clone goes its own way', () => {
  const node = tree.create(1, [1, 2, 3], configs(50)) as unknown as Anything;
  const log = new Log(new Random(0));
  node.step({ kind: 'start', now: 0, records: [] }, log);
  const copy = node.clone();
  const before = bytesOf(node);
  expect(bytesOf(copy)).toBe(before);
  for (let timer = 0; timer < 6; timer++) copy.step({ kind: 'timer', now: 0, timer }, log);
  expect(bytesOf(node)).toBe(before);
  for (let timer = 0; timer < 6; timer++) node.step({ kind: 'timer', now: 0, timer }, new Log(new Random(0)));
  expect(bytesOf(node).length).toBeGreaterThan(0);
});

test.each([
  ['a port bound to nothing that exists', { up: { protocol: probe, ports: { d: 'nobody' } } }],
  ['a module that no port reaches', { up: { protocol: probe }, alone: { protocol: probe } }],
  ['a module under two ports', { up: { protocol: probe, ports: { d: 'x', e: 'x' } }, x: { protocol: probe } }],
  ['a circle', { up: { protocol: probe, ports: { d: 'up' } } }],
  ['a name with a slash', { up: { protocol: probe, ports: { d: 'a/b' } }, 'a/b': { protocol: probe } }],
])('%s is refused with LC_COMPOSITION', (_, modules) => {
  let code = '';
  try {
    compose('bad', 'up', modules);
  } catch (error) {
    code = error instanceof LightconeError ? error.code : String(error);
  }
  expect(code).toBe('LC_COMPOSITION');
});
