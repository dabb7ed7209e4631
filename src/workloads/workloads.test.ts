import { describe, expect, it } from 'vitest';
import { checkers, unlimitedBudget } from '../checkers/index.ts';
import { Random, type Value } from '../core/index.ts';
import { NONE, OK, type TraceView } from '../trace/index.ts';
import { workloadNamed, workloads } from './index.ts';
import { type Bug, MemorySystem, play } from './testing.ts';
import type { Completion, Operation, WorkloadOptions } from './workload.ts';

const kinds = Object.values(workloads);
const options: WorkloadOptions = { seed: 7, clients: 5, keys: 4, readShare: 0.5 };

/** Questions and answers of a run in which clients take turns at random. */
function asked(name: string, opts: WorkloadOptions, count: number): Operation[] {
  const generator = workloadNamed(name).generator(opts);
  const system = new MemorySystem(name, 'none', 1);
  const random = new Random(3);
  const questions: Operation[] = [];
  for (const operation of generator.setup) system.invoke(operation, 0);
  while (questions.length < count) {
    const client = random.below(opts.clients);
    const operation = generator.next(client);
    if (operation === null) continue;
    questions.push(operation);
    generator.completed(client, operation, system.invoke(operation, client));
  }
  return questions;
}

/** Everything that an update writes, with its key where values need to be unique only below it. */
function written({ f, key, value }: Operation): string[] {
  if (f === 'txn') return (value as readonly Value[][]).flatMap(([step, at, item]) => (step === 'r' ? [] : [`${at} ${item}`]));
  if (f === 'cas') return [`${key} ${(value as readonly Value[])[1]}`];
  return ['write', 'put', 'add', 'enqueue'].includes(f) ? [`${key} ${value}`] : [];
}

describe.each(kinds.map((kind) => [kind.name, kind] as const))('the workload %s', (name, kind) => {
  it('asks the same with equal seeds and answers, and something else with another seed', () => {
    expect(asked(name, options, 400)).toEqual(asked(name, options, 400));
    if (kind.functions.length > 1 || name.includes('-')) {
      const other = asked(name, { ...options, seed: 8 }, 400);
      if (!['unique-ids', 'replication', 'set', 'watch'].includes(name)) expect(other).not.toEqual(asked(name, options, 400));
    }
  });

  it('writes no value twice', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const values = asked(name, { ...options, seed, clients: 1 + (seed % 7), keys: 1 + (seed % 5) }, 500).flatMap(written);
      expect(new Set(values).size).toBe(values.length);
    }
  });

  it('asks only functions that it names', () => {
    const functions = new Set(asked(name, options, 400).map(({ f }) => f));
    expect([...functions].filter((f) => !kind.functions.includes(f))).toEqual([]);
  });

  it('ends: every client runs out of final questions', () => {
    const generator = kind.generator(options);
    for (let client = 0; client < options.clients; client++) {
      let last = generator.last(client);
      for (let i = 0; last !== null; i++) {
        expect(i).toBeLessThan(1000);
        generator.completed(client, last, { outcome: 'ok', value: null });
        last = generator.last(client);
      }
    }
  });

  it('goes on when nothing is ever answered with certainty', () => {
    const generator = kind.generator(options);
    const outcomes: readonly Completion[] = [
      { outcome: 'info', code: 'LC_TIMEOUT' },
      { outcome: 'fail', code: 'LC_TIMEOUT' },
      { outcome: 'fail' },
    ];
    for (let i = 0; i < 500; i++) {
      const client = i % options.clients;
      const operation = generator.next(client) as Operation;
      generator.completed(client, operation, outcomes[i % 3] as Completion);
    }
  });
});

/** How each kind is broken so that its own checks must see it. */
const breaks: { readonly [kind: string]: Bug } = {
  'set-full': 'lost',
  set: 'lost',
  replication: 'lost',
  counter: 'lost',
  queue: 'twice',
  'unique-ids': 'twice',
  bank: 'lost',
  lock: 'twice',
};

function verdicts(name: string, view: TraceView): { readonly check: string; readonly verdict: string; readonly reason: string }[] {
  const known = workloadNamed(name).checks.filter((check) => Object.hasOwn(checkers, check));
  return known.map((check) => {
    const { verdict, reason = '' } = checkers[check as keyof typeof checkers].check(view, unlimitedBudget);
    return { check, verdict, reason };
  });
}

describe.each(kinds.filter(({ checks }) => checks.some((check) => Object.hasOwn(checkers, check))).map(({ name }) => name))(
  'a history of %s',
  (name) => {
    it('passes its own checks on a system that does everything at one instant', () => {
      for (let seed = 1; seed <= 10; seed++) {
        const found = verdicts(name, play(workloadNamed(name), { ...options, seed, clients: 2 + (seed % 5) }, 300));
        expect(found.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
      }
    });

    it('is found out on a broken one', () => {
      let found = 0;
      for (let seed = 1; seed <= 10; seed++) {
        const view = play(workloadNamed(name), { ...options, seed }, 400, breaks[name] ?? 'stale');
        if (verdicts(name, view).some(({ verdict }) => verdict === 'violation')) found++;
      }
      expect(found).toBeGreaterThanOrEqual(8);
    });
  },
);

describe('final questions', () => {
  it.each(['set', 'replication', 'set-full'])('of %s read everything that was added, through every client', (name) => {
    const { history, others } = play(workloadNamed(name), options, 200);
    const mark = others.find((record) => record.type === 'note');
    const from = mark?.type === 'note' ? mark.seq : 0;
    const added = history.f.reduce((sum, f, row) => sum + (history.functions[f] === 'add' && history.status[row] === OK ? 1 : 0), 0);
    const reads = [...history.result].filter((id, row) => id !== NONE && (history.invoke[row] as number) > from);
    expect(reads.map((id) => (history.values[id] as readonly Value[]).length)).toEqual(Array(options.clients).fill(added));
  });

  it('empty the queue', () => {
    const { history } = play(workloadNamed('queue'), options, 300);
    const count = (f: string): number =>
      history.f.filter((id, row) => history.functions[id] === f && (f === 'enqueue' || (history.result[row] as number) > 0)).length;
    expect(count('dequeue')).toBe(count('enqueue'));
  });
});

it('options that make no sense are refused in one sentence', () => {
  expect(() => workloadNamed('register').generator({ ...options, clients: 0 })).toThrow('a workload needs at least one client, not 0');
  expect(() => workloadNamed('register').generator({ ...options, readShare: 2 })).toThrow('a share of reads from 0 to 1, not 2');
  expect(() => workloadNamed('registr')).toThrow('there is no workload "registr"; there are: register, cas-register, ');
});
