import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random, Reader, type Reply, type Value, Writer } from '../../core/index.ts';
import {
  type BrokenPromise,
  type CommitConfig,
  type CommitIndication,
  type CommitMessage,
  type CommitRecord,
  type Coordinated,
  commitProtocol,
  commitProtocolOf,
  DecisionWatch,
  defaultCommitConfig,
  judgeLedgers,
  LocalCommit,
  messageSchema,
  recordSchema,
} from './index.ts';
import { Cluster } from './testing.ts';

const sites = [1, 2, 3];

/** What a client was told, and what was asked. */
interface Asked {
  readonly writes: readonly { readonly site: number; readonly key: string; readonly value: number }[];
  answer: Reply | null;
}

/** A random run of a cluster: transactions, crashes with lost tails, losses, duplicates, any order. */
class Run {
  readonly random: Random;
  readonly cluster: Cluster<CommitMessage, CommitRecord, CommitIndication>;
  readonly watch = new DecisionWatch();
  readonly asked: Asked[] = [];
  broken: BrokenPromise | null = null;
  crashes = 0;
  commits = 0;
  aborts = 0;

  constructor(seed: number, protocol: typeof commitProtocol, config: Partial<CommitConfig> = {}) {
    this.random = new Random(seed);
    const full = { ...defaultCommitConfig, voteRetries: 2, ...config };
    this.cluster = new Cluster(protocol, (id) => protocol.create(id, sites, full), sites, this.random, {
      belief: (node, kind, value) => {
        if (kind === 'decision') this.broken ??= this.watch.decided(node, value);
      },
      reply: (_from, _to, reply) => {
        const asked = this.asked[reply.id - 1];
        if (asked === undefined) return;
        asked.answer = reply;
        if (reply.value === 'commit') this.commits += 1;
        if (reply.value === 'abort') this.aborts += 1;
      },
    });
    for (const id of sites) this.cluster.start(id);
  }

  #transaction(): void {
    const { random } = this;
    const chosen = sites.filter(() => random.below(3) > 0);
    const writes = (chosen.length === 0 ? [2] : chosen).map((site) => ({ site, key: `k${random.below(2)}`, value: this.asked.length + 1 }));
    this.asked.push({ writes, answer: null });
    const parts = writes.map(({ site, key, value }) => ({ site, writes: [{ key, value }] }));
    this.cluster.ask(random.pick(sites), { id: this.asked.length, session: 0, op: { f: 'transaction', parts } as Value, mode: 'write' }, 9);
  }

  event(): void {
    const { random, cluster } = this;
    const id = random.pick(sites);
    const kind = random.below(40);
    if (kind < 2) this.#transaction();
    else if (kind < 3 && cluster.node(id) !== null) {
      this.crashes += 1;
      cluster.crash(id, random.below(cluster.pending(id) + 1));
    } else if (kind < 6 && cluster.node(id) === null) cluster.start(id);
    else if (kind < 9 && cluster.armed(id).length > 0) cluster.fire(id, random.pick(cluster.armed(id)));
    else if (kind < 20) cluster.sync(id);
    else if (cluster.net.length > 0) {
      const parcel = random.pick(cluster.net);
      if (kind < 22) cluster.net.splice(cluster.net.indexOf(parcel), 1);
      else cluster.deliver(parcel, kind === 22);
    }
    this.judge();
  }

  judge(): void {
    this.broken ??= judgeLedgers(sites.map((site) => this.cluster.node(site) as LocalCommit | null));
  }

  /** Everything heals: all start, nothing is lost any more, time passes. */
  heal(): void {
    for (const id of sites) if (this.cluster.node(id) === null) this.cluster.start(id);
    for (let i = 0; i < 40; i++) {
      this.cluster.settle();
      const next = this.cluster.nextTimer();
      if (next === null) break;
      this.cluster.fire(next.id, next.timer);
    }
    this.judge();
  }

  run(events: number): BrokenPromise | null {
    for (let i = 0; i < events && this.broken === null; i++) this.event();
    if (this.broken === null) this.heal();
    return this.broken;
  }
}

const node = (run: Run, site: number): LocalCommit => run.cluster.node(site) as LocalCommit;

describe('under crashes, losses, duplicates and any order', () => {
  test.each([
    ['free votes', {}],
    ['votes by chance', { votes: 'choose' }],
    ['without cooperative termination', { cooperative: false }],
    ['snapshots every 5 records, 3 transactions remembered', { snapshotEvery: 5, remember: 3 }],
    ['presumed nothing', { presumption: 'nothing' }],
    ['presumed commit', { presumption: 'commit' }],
    ['presumed commit, votes by chance, 3 remembered', { presumption: 'commit', votes: 'choose', snapshotEvery: 5, remember: 3 }],
  ] as const)(
    'no two sites decide differently, none changes its mind, no commit without all votes; after healing nothing is in doubt (%s)',
    (_, config) => {
      let [commits, aborts, crashes] = [0, 0, 0];
      for (let seed = 1; seed <= 300; seed++) {
        const run = new Run(seed, commitProtocol, config);
        expect(run.run(300), `seed ${seed}`).toBeNull();
        for (const site of sites) {
          expect(node(run, site).ledger.inDoubt.size, `seed ${seed}, site ${site}`).toBe(0);
          expect(node(run, site).ledger.open.size, `seed ${seed}, site ${site}`).toBe(0);
        }
        commits += run.commits;
        aborts += run.aborts;
        crashes += run.crashes;
      }
      expect(commits).toBeGreaterThan(300);
      expect(aborts).toBeGreaterThan(100);
      expect(crashes).toBeGreaterThan(300);
    },
  );

  test('after healing, what a committed transaction wrote is there at every one of its sites unless a later one overwrote it', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const run = new Run(seed, commitProtocol);
      run.run(300);
      const committed = run.asked.filter(({ answer }) => answer?.value === 'commit');
      for (const { writes } of committed) {
        for (const { site, key, value } of writes) {
          const now = node(run, site).ledger.data.get(key);
          const others = run.asked
            .filter((asked) => asked.writes.some((write) => write.site === site && write.key === key))
            .map((asked) => asked.writes[0]?.value);
          expect(others, `seed ${seed}`).toContain(now);
          if (others.length === 1) expect(now).toBe(value);
        }
      }
      const aborted = run.asked.filter(({ answer }) => answer?.value === 'abort').flatMap(({ writes }) => writes);
      for (const { site, key, value } of aborted) expect(node(run, site).ledger.data.get(key), `seed ${seed}`).not.toBe(value);
    }
  });
});

class NoVotesNeeded extends LocalCommit {
  override mayCommit(_: Coordinated, yes: ReadonlySet<number>): boolean {
    return yes.size > 0;
  }
}
class DecisionNotPersisted extends LocalCommit {
  override mustPersist(record: CommitRecord): boolean {
    return record.type !== 'decided' && super.mustPersist(record);
  }
}
class PreparedForgotten extends LocalCommit {
  override replays(record: CommitRecord): boolean {
    return record.type !== 'prepared';
  }
}
class VoteNotPersisted extends LocalCommit {
  override mustPersist(record: CommitRecord): boolean {
    return record.type !== 'prepared' && super.mustPersist(record);
  }
}
class AbortsWhenInDoubt extends LocalCommit {
  override whenInDoubt(): 'abort' {
    return 'abort';
  }
}
class PresumesCommit extends LocalCommit {
  override presumption(): 'commit' {
    return 'commit';
  }
}
class LivesNotCounted extends LocalCommit {
  override replays(record: CommitRecord): boolean {
    return record.type !== 'life' && record.type !== 'decided';
  }
}

describe('every mutant is found by random runs', () => {
  test.each([
    ['commits without all votes', NoVotesNeeded],
    ['tells a decision that is not persisted', DecisionNotPersisted],
    ['forgets at a restart that it is prepared', PreparedForgotten],
    ['votes before its record is durable', VoteNotPersisted],
    ['aborts by itself when in doubt', AbortsWhenInDoubt],
    ['presumes commit', PresumesCommit],
    ['forgets its decisions at a restart', LivesNotCounted],
  ])('%s', (name, nodeClass) => {
    const protocol = commitProtocolOf(name, nodeClass);
    let found = 0;
    for (let seed = 1; seed <= 400 && found === 0; seed++) if (new Run(seed, protocol, { votes: 'choose' }).run(300) !== null) found = seed;
    expect(found).toBeGreaterThan(0);
  });
});

describe('requests', () => {
  const start = (config: Partial<CommitConfig> = {}): Run => {
    const run = new Run(1, commitProtocol, config);
    run.cluster.settle();
    return run;
  };
  const answers = (run: Run, op: Value, options: { session?: number; id?: number; mode?: 'write' | 'linearizable' } = {}): Reply[] => {
    const replies: Reply[] = [];
    (run.cluster.watcher as { reply?: unknown }).reply = (_from: number, _to: number, reply: Reply) => void replies.push(reply);
    run.cluster.ask(1, { id: options.id ?? 1, session: options.session ?? 0, op, mode: options.mode ?? 'write' }, 9);
    run.cluster.settle();
    return replies;
  };
  const write = (value: number): Value => ({ f: 'transaction', parts: [{ site: 2, writes: [{ key: 'x', value }] }] });

  test('a request repeated within its session is the same transaction and has the same answer', () => {
    const run = start();
    const session = answers(run, { f: 'open-session' })[0]?.value as number;
    expect(answers(run, write(1), { session, id: 1 })[0]?.value).toBe('commit');
    expect(answers(run, write(1), { session, id: 1 })[0]?.value).toBe('commit');
    expect(node(run, 1).ledger.coordinated.size).toBe(1);
    expect(answers(run, write(2), { session, id: 2 })[0]?.value).toBe('commit');
    expect(answers(run, write(1), { session, id: 1 })[0]).toMatchObject({ outcome: 'info', code: 'LC_SESSION_UNKNOWN' });
    expect(node(run, 1).ledger.coordinated.size).toBe(2);
  });

  test('a request whose transaction was forgotten is not carried out again: its outcome is unknown', () => {
    const run = start({ remember: 2 });
    const sessions = [1, 2, 3].map(() => answers(run, { f: 'open-session' })[0]?.value as number);
    for (const session of sessions) expect(answers(run, write(session), { session, id: 1 })[0]?.value).toBe('commit');
    const begun = node(run, 1).ledger.number;
    expect(answers(run, write(0), { session: sessions[0] as number, id: 1 })[0]).toMatchObject({
      outcome: 'info',
      code: 'LC_SESSION_UNKNOWN',
    });
    expect(node(run, 1).ledger.number).toBe(begun);
  });

  test('a request that an earlier life answered with abort does not begin in a later one', () => {
    const run = start();
    const session = answers(run, { f: 'open-session' })[0]?.value as number;
    expect(answers(run, write(1), { session, id: 1 })[0]?.value).toBe('commit');
    run.cluster.crash(1, 0);
    run.cluster.start(1);
    run.cluster.settle();
    // Aborts are not written down: this one may be the late copy of an aborted one.
    expect(answers(run, write(2), { session, id: 2 })[0]).toMatchObject({ outcome: 'info', code: 'LC_SESSION_UNKNOWN' });
    expect(node(run, 2).ledger.data.get('x')).toBe(1);
  });

  test('a repeated request is the same transaction after a restart too, once it was committed', () => {
    const run = start();
    const session = answers(run, { f: 'open-session' })[0]?.value as number;
    expect(answers(run, write(1), { session, id: 1 })[0]?.value).toBe('commit');
    run.cluster.crash(1, 0);
    run.cluster.start(1);
    run.cluster.settle();
    expect(answers(run, write(1), { session, id: 1 })[0]?.value).toBe('commit');
    expect(node(run, 2).ledger.participated.size).toBe(1);
  });

  test.each([
    ['no operation', null],
    ['no parts', { f: 'transaction', parts: [] }],
    ['a site that does not exist', { f: 'transaction', parts: [{ site: 7, writes: [] }] }],
    [
      'a site twice',
      {
        f: 'transaction',
        parts: [
          { site: 2, writes: [] },
          { site: 2, writes: [] },
        ],
      },
    ],
    ['a write without a key', { f: 'transaction', parts: [{ site: 2, writes: [{ value: 1 }] }] }],
    ['an unknown operation', { f: 'append', key: 'x' }],
  ] as [string, Value][])('%s is refused with LC_HISTORY_OPERATION', (_, op) => {
    expect(answers(start(), op)).toMatchObject([{ outcome: 'fail', code: 'LC_HISTORY_OPERATION' }]);
  });

  test('before its life is durable a node begins no transaction', () => {
    const run = new Run(1, commitProtocol);
    const replies: Reply[] = [];
    (run.cluster.watcher as { reply?: unknown }).reply = (_from: number, _to: number, reply: Reply) => void replies.push(reply);
    run.cluster.ask(1, { id: 1, session: 0, op: write(1), mode: 'write' }, 9);
    expect(replies).toMatchObject([{ outcome: 'fail', code: 'LC_OVERLOADED' }]);
  });
});

test('messages and records survive their schemas', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed);
      for (const each of [messageSchema, recordSchema] as (typeof recordSchema)[]) {
        const sample = each.mutate(random, each.sample(random));
        const w = new Writer();
        each.write(w, sample);
        expect(each.read(new Reader(w.take()))).toEqual(sample);
      }
    }),
  );
});

test('a clone goes its own way and has equal bytes until then', () => {
  const bytes = (each: LocalCommit): string => {
    const w = new Writer();
    each.encode(w);
    return Buffer.from(w.take()).toString('hex');
  };
  for (let seed = 1; seed <= 50; seed++) {
    const run = new Run(seed, commitProtocol);
    for (let i = 0; i < 100; i++) run.event();
    for (const site of sites) {
      const original = run.cluster.node(site) as LocalCommit | null;
      if (original === null) continue;
      const copy = original.clone();
      const before = bytes(original);
      expect(bytes(copy)).toBe(before);
      copy.ledger.apply({ type: 'session', id: 1 });
      expect(bytes(original)).toBe(before);
      expect(bytes(copy)).not.toBe(before);
    }
  }
});
