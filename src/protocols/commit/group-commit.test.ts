/** A group's node over a log that is in the test's hands: when it acts for its site, and what it asks of the log. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Effects, OrderingIndication, Reply, Request, Value } from '../../core/index.ts';
import { type CommitMessage, type CommitRecord, defaultCommitConfig, GroupCommit, LOG } from './index.ts';

const groups = [
  { site: 1, nodes: [1, 2, 3] },
  { site: 2, nodes: [4, 5, 6] },
];
const nothing = (): void => {};
const CLIENT = 100;
const transaction: Value = {
  f: 'transaction',
  parts: [
    { site: 1, writes: [{ key: 'x', value: 1 }] },
    { site: 2, writes: [{ key: 'y', value: 1 }] },
  ],
};

/** Node 1, and what it did. */
class Bench {
  readonly node: GroupCommit;
  asked: Request[] = [];
  replies: Reply[] = [];
  sent: CommitMessage[] = [];

  constructor(snapshotEvery = 0) {
    this.node = new GroupCommit(1, { ...defaultCommitConfig, snapshotEvery, groups });
    this.#step({ kind: 'start', records: [] });
  }

  #step(input: object): void {
    const out = {
      send: (_to: number, message: CommitMessage) => void this.sent.push(message),
      request: (to: string, request: Request) => {
        expect(to).toBe(LOG);
        this.asked.push(request);
      },
      reply: (to: number, reply: Reply) => {
        expect(to).toBe(CLIENT);
        this.replies.push(reply);
      },
    };
    const rest = new Proxy(out, { get: (target, name) => target[name as keyof typeof target] ?? nothing });
    this.node.step({ now: 0, ...input } as never, rest as unknown as Effects<CommitMessage, never, never>);
  }

  told(indication: OrderingIndication): void {
    this.#step({ kind: 'indication', port: LOG, indication });
  }

  leads(leader: number, epoch: number): void {
    this.told({ kind: 'leader', leader, epoch });
  }

  /** The log shows its newest request the way. */
  caughtUp(index = 0): void {
    this.told({ kind: 'readReady', session: 0, id: this.asked.at(-1)?.id ?? 0, index });
  }

  apply(first: number, ...records: CommitRecord[]): void {
    const commands = records.map((record, i) => ({ session: 0, id: first + i, op: record as unknown as Value }));
    this.told({ kind: 'apply', first, commands });
  }

  /** The log has the newest record that was asked for. */
  applied(first: number): void {
    this.apply(first, this.asked.at(-1)?.op as unknown as CommitRecord);
  }

  refused(id: number, outcome: Reply['outcome'] = 'fail'): void {
    this.#step({ kind: 'reply', from: 0, port: LOG, reply: { id, session: 0, outcome } });
  }

  ask(id: number, op: Value = transaction, session = 9): void {
    this.#step({ kind: 'request', from: CLIENT, request: { id, session, op, mode: 'write' } });
  }

  hear(from: number, message: CommitMessage): void {
    this.#step({ kind: 'message', from, message });
  }

  tick(timer = 0): void {
    this.#step({ kind: 'timer', timer });
  }

  get acts(): boolean {
    const before = this.replies.length;
    this.ask(1_000_000 + before, { f: 'nonsense' });
    return this.replies.pop()?.code === 'LC_HISTORY_OPERATION';
  }

  /** What it asked to be begun, for its client. */
  get begun(): Value[] {
    const records = this.asked.filter(({ mode }) => mode === 'write').map(({ op }) => op);
    return records.filter((record) => (record as { type?: Value }).type === 'begin');
  }
}

let bench = new Bench();
beforeEach(() => {
  bench = new Bench();
});

describe('a new leader', () => {
  test('acts once it has seen all that was committed before it, and not before', () => {
    bench.leads(1, 1);
    expect(bench.asked).toMatchObject([{ mode: 'linearizable' }]);
    expect(bench.acts).toBe(false);
    bench.caughtUp(2);
    expect(bench.acts).toBe(false);
    bench.apply(1, { type: 'session', id: 1 });
    expect(bench.acts).toBe(false);
    bench.apply(2, { type: 'session', id: 2 });
    expect(bench.acts).toBe(true);
  });

  test('is shown the way by the answer to its own newest question only', () => {
    bench.leads(1, 1);
    const [first] = bench.asked;
    bench.leads(2, 2);
    bench.leads(1, 3);
    bench.told({ kind: 'readReady', session: 0, id: first?.id as number, index: 0 });
    bench.told({ kind: 'readReady', session: 7, id: bench.asked.at(-1)?.id as number, index: 0 });
    expect(bench.acts).toBe(false);
    bench.caughtUp();
    expect(bench.acts).toBe(true);
  });

  test('asks again while it hears nothing, and no more once it acts', () => {
    bench.leads(1, 1);
    bench.tick();
    expect(bench.asked.map(({ mode }) => mode)).toEqual(['linearizable', 'linearizable']);
    bench.caughtUp();
    bench.tick();
    expect(bench.asked).toHaveLength(2);
  });

  test('that is told again that it leads goes on as it is', () => {
    bench.leads(1, 1);
    bench.caughtUp();
    bench.leads(1, 1);
    expect([bench.acts, bench.asked.length]).toEqual([true, 1]);
  });

  test('that leads again, in a later term, begins anew', () => {
    bench.leads(1, 1);
    bench.caughtUp();
    bench.leads(1, 2);
    expect([bench.acts, bench.asked.length]).toEqual([false, 2]);
  });
});

describe('who does not lead', () => {
  test('says who does, reacts to nothing, and asks the log for nothing', () => {
    bench.leads(3, 1);
    bench.ask(1);
    expect(bench.replies).toMatchObject([{ outcome: 'fail', code: 'LC_NOT_LEADER', leader: 3 }]);
    bench.hear(4, { type: 'prepare', tx: { coordinator: 2, number: 1 }, sites: [1, 2], writes: [{ key: 'x', value: 1, expected: [] }] });
    bench.tick();
    bench.tick(1);
    expect([bench.asked, bench.sent]).toEqual([[], []]);
  });

  test('any more, leaves those who wait to ask the next one', () => {
    bench.leads(1, 1);
    bench.caughtUp();
    bench.ask(1);
    bench.leads(2, 2);
    expect(bench.replies).toMatchObject([{ id: 1, outcome: 'info', code: 'LC_NO_LEADER' }]);
  });
});

describe('the log', () => {
  beforeEach(() => {
    bench.leads(1, 1);
    bench.caughtUp();
  });

  test('gets a request once, while it is on its way there', () => {
    bench.ask(1);
    bench.ask(1);
    expect(bench.begun).toMatchObject([{ type: 'begin', session: 9, id: 1 }]);
    bench.refused(bench.asked.at(-1)?.id as number, 'ok');
    bench.ask(1);
    expect(bench.begun).toHaveLength(1);
  });

  test('gets it again once it has refused it', () => {
    bench.ask(1);
    bench.refused(bench.asked.at(-1)?.id as number);
    bench.ask(1);
    expect(bench.begun).toHaveLength(2);
  });

  test('that brings another record of the kind frees only that one', () => {
    bench.ask(1);
    const { id } = bench.asked.at(-1) as Request;
    bench.apply(1, { type: 'begin', session: 8, id: 1, parts: [] });
    bench.ask(1);
    expect(bench.begun).toHaveLength(1);
    bench.refused(id);
    bench.ask(1);
    expect(bench.begun).toHaveLength(2);
  });

  test('that holds the request already: it is answered once it is decided, and not begun twice', () => {
    bench.ask(1);
    bench.applied(1);
    bench.apply(2, { type: 'decided', tx: { coordinator: 1, number: 1 }, commit: true, sites: [1, 2], session: 9, id: 1 });
    bench.ask(1);
    expect(bench.replies).toMatchObject([
      { id: 1, outcome: 'ok', value: 'commit' },
      { id: 1, outcome: 'ok', value: 'commit' },
    ]);
    expect(bench.begun).toHaveLength(1);
  });

  test('that holds it twice, because a leader before this one had written it: who asked here is answered', () => {
    const fresh = new Bench();
    fresh.leads(1, 1);
    fresh.caughtUp();
    fresh.ask(1);
    fresh.apply(1, { type: 'begin', session: 9, id: 1, parts: [{ site: 1, writes: [] }] });
    fresh.apply(2, { type: 'decided', tx: { coordinator: 1, number: 1 }, commit: false, sites: [], session: 9, id: 1 });
    fresh.applied(3);
    expect(fresh.replies).toMatchObject([{ id: 1, outcome: 'ok', value: 'abort' }]);
  });
});

describe('compaction', () => {
  const compacts = (of: Bench): Value[] => of.asked.filter(({ mode }) => mode === 'admin').map(({ op }) => op);
  const session = (id: number): CommitRecord => ({ type: 'session', id });

  test('is asked for after so many entries, with a snapshot of all of them', () => {
    const made = new Bench(2);
    made.apply(1, session(1));
    expect(compacts(made)).toEqual([]);
    made.apply(2, session(2));
    expect(compacts(made)).toMatchObject([{ type: 'compact', index: 2 }]);
    made.apply(3, session(3));
    expect(compacts(made)).toHaveLength(1);
    made.apply(4, session(4));
    expect(compacts(made)).toMatchObject([{ index: 2 }, { index: 4 }]);
  });

  test('is not asked for where there is to be none', () => {
    for (let i = 1; i <= 10; i++) bench.apply(i, session(i));
    expect(compacts(bench)).toEqual([]);
  });
});

describe('a read', () => {
  test('of something that is no key is refused', () => {
    bench.leads(1, 1);
    bench.caughtUp();
    bench.ask(1, { f: 'read', key: 5 });
    bench.ask(2, { f: 'read', key: 'x' });
    expect(bench.replies).toMatchObject([
      { id: 1, outcome: 'fail', code: 'LC_HISTORY_OPERATION' },
      { id: 2, outcome: 'ok', value: null },
    ]);
  });
});
