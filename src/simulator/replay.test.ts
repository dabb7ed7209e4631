import { describe, expect, test } from 'vitest';
import { schema } from '../core/index.ts';
import { Raft } from '../protocols/raft/index.ts';
import { buildView, type TraceRecord } from '../trace/index.ts';
import { campaign } from './campaign.ts';
import { Recorder } from './recorder.ts';
import { parseReplay, replayOf } from './replay-file.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import { raftSubject } from './subjects/raft/raft.ts';
import { drawPlan } from './swarm.ts';
import { toyPlan, toySubject } from './testing.ts';

const subject = raftSubject();

class NoUpToDateCheck extends Raft {
  protected override isUpToDate(): boolean {
    return true;
  }
}

describe('replay', () => {
  test('the same seed gives the same hash, watched or not, and its resolved schedule gives it again', () => {
    for (const seed of [3, 10, 21, 38, 40, 55]) {
      const plan = drawPlan(subject, seed);
      const first = simulate(subject, plan);
      const records: TraceRecord[] = [];
      const observer = new Recorder(subject, plan, (record) => records.push(record));
      expect(simulate(subject, plan, { observer }).hash, `seed ${seed}`).toBe(first.hash);
      const replay = parseReplay(JSON.parse(JSON.stringify(replayOf('raft', plan, first))));
      expect(simulate(subject, replay.plan).hash, `seed ${seed}`).toBe(first.hash);
      const { history } = buildView(records);
      expect(history.count, `seed ${seed}`).toBe(first.history.count);
      expect([...history.status], `seed ${seed}`).toEqual([...first.history.status]);
    }
  });

  test('a run of the operations that another invoked, at their times, invokes the same ones', () => {
    const plan = toyPlan({ durationMs: 500, liveness: null });
    const first = simulate(toySubject(), plan, { recordOperations: true });
    const planned = { ...plan, workload: { ...plan.workload, planned: first.invocations } };
    const again = simulate(toySubject(), planned, { recordOperations: true });
    expect(again.invocations).toEqual(first.invocations);
  });

  test('a bad replay file is refused in one sentence that names the value', () => {
    const good = JSON.parse(JSON.stringify(replayOf('toy', toyPlan(), simulate(toySubject(), toyPlan()))));
    expect(() => parseReplay(good, 'x.json')).not.toThrow();
    const cases: [object, RegExp][] = [
      [{ replay: 7 }, /x\.json: `replay` must be 1, not 7/],
      [{ plan: { ...good.plan, seed: 'six' } }, /x\.json: replay\.plan\.seed must be an integer, not "six"/],
      [{ plan: { ...good.plan, nodes: 0 } }, /plan\.nodes must be 1 to 1000, not 0/],
      [{ plan: { ...good.plan, faults: [{ fault: 'kill', node: 'n9', atMs: 1 }] } }, /n9/],
      [{ plan: { ...good.plan, links: 3 } }, /replay\.plan\.links must be an object, not 3/],
    ];
    for (const [change, message] of cases) expect(() => parseReplay({ ...good, ...change }, 'x.json')).toThrow(message);
    expect(() => parseReplay(null)).toThrow(/replay/);
  });
});

describe('shrinking', () => {
  test('a failing schedule of some 150 faults becomes at most 15, still fails alike, and within two million steps', () => {
    const mutant = raftSubject({ raft: NoUpToDateCheck });
    let tried = 0;
    for (let seed = 1; tried < 3; seed++) {
      const plan = drawPlan(mutant, seed);
      if (plan.faults.length < 120) continue;
      const result = simulate(mutant, plan);
      if (result.violation === null) continue;
      tried++;
      const shrunk = shrink(mutant, replayOf('raft', { ...plan, faults: result.resolved }, result, 'no-up-to-date-check'));
      const { faults, workload } = shrunk.replay.plan;
      expect(faults.length, `seed ${seed}`).toBeLessThanOrEqual(15);
      expect(workload.planned?.length ?? 0, `seed ${seed}`).toBeLessThanOrEqual(15);
      expect(shrunk.steps, `seed ${seed}`).toBeLessThanOrEqual(2_100_000);
      const again = simulate(mutant, shrunk.replay.plan);
      expect(again.violation, `seed ${seed}`).toEqual(shrunk.replay.violation);
      expect(again.hash, `seed ${seed}`).toBe(shrunk.replay.hash);
    }
  });

  test('a run that does not fail comes back as it is', () => {
    const plan = toyPlan({ durationMs: 200 });
    const replay = replayOf('toy', plan, simulate(toySubject(), plan));
    expect(shrink(toySubject(), replay).replay).toBe(replay);
  });
});

describe('the default campaign', () => {
  test('Raft keeps its promises, and every goal is reached', () => {
    const result = campaign({ subject, seeds: 250 });
    expect(result.failures.map(({ seed, result: { violation } }) => `seed ${seed}: ${violation?.message}`)).toEqual([]);
    expect([...result.coverage].filter(([, runs]) => runs === 0)).toEqual([]);
    const stalled = [...result.stalled.values()].reduce((sum, runs) => sum + runs, 0);
    expect(stalled).toBeLessThan(result.runs / 10);
  });

  test('faults that Raft does not promise to survive break it: a lost disk, a liar', () => {
    for (const kind of ['disk-loss', 'adversary'] as const) {
      const calm = { faults: [], extraFaults: [kind], nodes: 3, settings: { spares: 0, learners: 0, witnesses: 0 } };
      const plain = raftSubject({ invariants: false });
      const found = campaign({ subject: plain, seeds: 300, ...calm });
      expect(found.failures.length, kind).toBe(1);
    }
  });

  test('a message that its bytes do not hold is found in the encoded runs', () => {
    const broken = { ...toySubject(), message: schema.struct({ type: schema.text }) as never };
    const result = simulate(broken, toyPlan({ encoded: true }));
    expect(result.violation).not.toBeNull();
    expect(simulate(broken, toyPlan()).violation).toBeNull();
  });
});
