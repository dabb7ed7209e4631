import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { defineScenario, type Scenario } from '../../scenario/index.ts';
import { readScenarioFile } from '../scenario-file.ts';
import { Campaign, type Launcher, type RunRequest } from './campaign.ts';
import { lockCampaign } from './campaign-lock.ts';
import { campaignExit, campaignJson, campaignMarkdown, campaignReport, campaignText } from './campaign-report.ts';
import { CampaignState } from './campaign-state.ts';
import { spread } from './figures.ts';
import { type CampaignPlan, refuseOther, scenarioOfRun } from './plan.ts';
import { makeRegressions } from './regressions.ts';
import { type RunOutcome, readReport } from './run-outcome.ts';

const root = mkdtempSync(join(tmpdir(), 'lightcone-campaign-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(root, `c${++folders}`);

const base: Scenario = defineScenario({
  ...{ name: 'x', target: 'etcd', nodes: 3, workload: { kind: 'register', clients: 1, operations: 1 } },
  faults: [0, 1, 2].map((i) => ({ fault: 'kill', node: 'n1', atMs: 1000 * (i + 1), forMs: 400 })),
  durationMs: 8000,
});
const planOf = (runs: number, draws: CampaignPlan['draws'] = null): CampaignPlan => ({
  ...{ campaign: 1, id: 'c', system: 'etcd', runs, seed: 10, options: { time: '8s' }, base, draws },
});
const outcome = (verdict: RunOutcome['verdict'], acknowledged = 100): RunOutcome => ({
  ...{ verdict, said: `said ${verdict}`, broken: verdict === 'violation' ? ['linearizability'] : [] },
  ...{ figures: { acknowledged, lost: verdict === 'violation' ? 7 : 0 }, tookMs: 5 },
});

/** Runs of no time at all, that remember who was asked. */
class FakeLauncher implements Launcher {
  readonly asked: RunRequest[] = [];
  readonly slots: number;
  readonly remote = false;
  readonly #outcome: (request: RunRequest, nth: number) => RunOutcome;
  most = 0;
  #now = 0;

  constructor(slots: number, made: (request: RunRequest, nth: number) => RunOutcome) {
    this.slots = slots;
    this.#outcome = made;
  }

  async launch(request: RunRequest): Promise<RunOutcome> {
    const nth = this.asked.push(request);
    this.most = Math.max(this.most, ++this.#now);
    await new Promise((resolve) => setTimeout(resolve, nth % 3));
    this.#now--;
    return this.#outcome(request, nth);
  }
}

const runAll = (state: CampaignState, launcher: Launcher, stopped = () => false): Campaign =>
  new Campaign({ state, launcher, stopped, nowMs: () => performance.now(), expectedMs: 1000 });
const seedsOf = (requests: readonly RunRequest[]): number[] => requests.map(({ scenario }) => scenario.seed).sort((a, b) => a - b);

describe('a campaign', () => {
  it('does every run once, so many at a time, each with its own seed', async () => {
    const state = CampaignState.begin(folder(), planOf(20));
    const launcher = new FakeLauncher(3, () => outcome('pass'));
    const campaign = runAll(state, launcher);
    expect(campaign.progress).toMatchObject({ done: 0, runs: 20, leftMs: expect.closeTo(7000, -3) });
    await campaign.run();
    expect(seedsOf(launcher.asked)).toEqual(Array.from({ length: 20 }, (_, i) => 10 + i));
    expect(launcher.most).toBe(3);
    expect(campaign.progress).toEqual({ done: 20, runs: 20, underWay: 0, violations: 0, undecided: 0, leftMs: 0 });
    // Of runs that passed nothing stays.
    expect(readdirSync(state.folder)).toEqual(['state.jsonl']);
  });

  it('keeps what did not pass: folder, scenario, figures', async () => {
    const state = CampaignState.begin(folder(), planOf(4));
    const launcher = new FakeLauncher(1, ({ scenario }) =>
      outcome((['pass', 'violation', 'unknown', 'environment'] as const)[scenario.seed - 10] as 'pass'),
    );
    await runAll(state, launcher).run();
    expect(readdirSync(state.folder).sort()).toEqual(['run-0002', 'run-0003', 'run-0004', 'state.jsonl']);
    const [, failing] = CampaignState.open(state.folder).done;
    expect(failing).toMatchObject({ run: 1, seed: 11, verdict: 'violation', figures: { lost: 7 }, folder: join(state.folder, 'run-0002') });
    expect(await readScenarioFile(join(state.folder, 'run-0002', 'scenario.yaml'))).toEqual(scenarioOfRun(state.plan, 1));
  });

  it('goes on after any death: what was written down is not run again, all else is', async () => {
    const cuts = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.nat());
    await fc.assert(
      fc.asyncProperty(cuts, async ([runs, cut]) => {
        const path = folder();
        await runAll(CampaignState.begin(path, planOf(runs)), new FakeLauncher(2, () => outcome('pass'))).run();
        const file = join(path, 'state.jsonl');
        const text = readFileSync(file, 'utf8');
        const planEnd = text.indexOf('\n') + 1;
        // As kill -9 leaves it: anywhere after the plan, in the middle of a line too.
        writeFileSync(file, text.slice(0, planEnd + (cut % (text.length - planEnd))));
        const state = CampaignState.open(path);
        const before = state.done.map(({ seed }) => seed);
        const launcher = new FakeLauncher(2, () => outcome('pass'));
        await runAll(state, launcher).run();
        expect(seedsOf(launcher.asked)).toEqual(Array.from({ length: runs }, (_, i) => 10 + i).filter((seed) => !before.includes(seed)));
        expect(CampaignState.open(path).done.map(({ run }) => run)).toEqual(Array.from({ length: runs }, (_, i) => i));
      }),
      { numRuns: 40 },
    );
  });

  it('whoever brings a run twice changes nothing', () => {
    const state = CampaignState.begin(folder(), planOf(2));
    state.add({ run: 0, seed: 10, ...outcome('violation'), folder: null });
    state.add({ run: 0, seed: 10, ...outcome('pass'), folder: null });
    expect(CampaignState.open(state.folder).done).toMatchObject([{ run: 0, verdict: 'violation' }]);
  });

  it('stopped, begins no more runs, drops what was interrupted, keeps a violation', async () => {
    const state = CampaignState.begin(folder(), planOf(10));
    let stopped = false;
    const launcher = new FakeLauncher(2, ({ scenario }, nth) => {
      stopped ||= nth === 4;
      return outcome(scenario.seed === 13 ? 'violation' : 'pass');
    });
    await runAll(state, launcher, () => stopped).run();
    expect(launcher.asked.length).toBeLessThanOrEqual(5);
    expect(state.done.map(({ seed }) => seed)).toContain(13);
    expect(state.left.length).toBeGreaterThanOrEqual(6);
  });

  it('ends early where the system does not come up once', async () => {
    const state = CampaignState.begin(folder(), planOf(50));
    const launcher = new FakeLauncher(1, () => outcome('environment'));
    await runAll(state, launcher).run();
    expect(launcher.asked.length).toBe(3);
    const report = campaignReport(state, [], { interrupted: false, rerun: 'again', replay: (file) => file });
    expect([campaignExit(report), campaignText(report)]).toEqual([
      5,
      expect.stringContaining('etcd did not come up once: said environment'),
    ]);
  });

  it('draws a schedule for every seed, never an empty one, whatever the time', () => {
    for (const durationMs of [500, 2000, 20_000]) {
      const plan = { ...planOf(200, ['partition', 'kill', 'pause', 'restart', 'delay', 'loss']), base: { ...base, durationMs } };
      const drawn = Array.from({ length: 200 }, (_, run) => scenarioOfRun(plan, run));
      expect(drawn.filter(({ faults }) => faults.length === 0)).toEqual([]);
      for (const { faults } of drawn) for (const { atMs, forMs = 0 } of faults) expect(atMs + forMs).toBeLessThan(durationMs);
      expect(new Set(drawn.map(({ faults }) => JSON.stringify(faults))).size).toBeGreaterThan(150);
      expect(scenarioOfRun(plan, 7)).toEqual(drawn[7]);
    }
  });
});

describe('a folder of a campaign', () => {
  it('is refused to another campaign, with what differs', () => {
    const asked = { system: 'etcd', options: {} };
    const refused = (wanted: Partial<Parameters<typeof refuseOther>[1]>) => () => refuseOther(planOf(5), { ...asked, ...wanted }, 'c');
    expect(refused({})).not.toThrow();
    expect(refused({ seed: 10, runs: 9, options: { time: '8s' } })).not.toThrow();
    expect(refused({ system: 'nats' })).toThrow('the campaign in c was begun with etcd, not nats');
    expect(refused({ seed: 1 })).toThrow('was begun with --seed 10, not --seed 1');
    expect(refused({ runs: 4 })).toThrow('was begun with --runs 5, not --runs 4');
    expect(refused({ options: { time: '9s' } })).toThrow('was begun with --time 8s, not --time 9s');
    expect(refused({ options: { rate: '9' } })).toThrow('was begun with no --rate, not --rate 9');
  });

  it('takes more runs, whose seeds go on', () => {
    const state = CampaignState.begin(folder(), planOf(2));
    state.extendTo(5);
    expect(CampaignState.open(state.folder).left).toEqual([0, 1, 2, 3, 4]);
  });

  it('is one process at a time; a dead one holds it no longer', () => {
    const path = CampaignState.begin(folder(), planOf(1)).folder;
    const unlock = lockCampaign(path);
    expect(() => lockCampaign(path)).toThrow(`the campaign in ${path} is under way in process ${process.pid}`);
    unlock();
    // A process of this number lives, but it is another one; and one that is gone.
    for (const holder of [
      { pid: process.pid, startTime: '1' },
      { pid: 2 ** 22 + 1, startTime: null },
    ]) {
      writeFileSync(join(path, 'lock'), JSON.stringify(holder));
      if (holder.startTime === null || process.platform === 'linux') lockCampaign(path)();
      expect(existsSync(join(path, 'lock'))).toBe(process.platform !== 'linux' && holder.startTime !== null);
      rmSync(join(path, 'lock'), { force: true });
    }
  });

  it('that is none, or of another version, is one sentence', () => {
    expect(() => CampaignState.open(join(root, 'nowhere'))).toThrow('there is no campaign in');
    const path = CampaignState.begin(folder(), planOf(1)).folder;
    writeFileSync(join(path, 'state.jsonl'), '{"campaign":2}\n');
    expect(() => CampaignState.open(path)).toThrow('is no state of a campaign of this version');
    expect(() => CampaignState.begin(path, planOf(1))).toThrow('there is a campaign in');
  });
});

describe('regressions', () => {
  /** Fails where the second fault is there. */
  const needsSecond = ({ scenario }: RunRequest): RunOutcome =>
    outcome(scenario.faults.some(({ atMs }) => atMs === 2000) ? 'violation' : 'pass');
  const options = { wanted: 2, tries: 3, withinMs: 60_000, nowMs: () => performance.now() };

  it('are scenario files that hold only the faults that are needed', async () => {
    const state = CampaignState.begin(folder(), planOf(2));
    const launcher = new FakeLauncher(2, needsSecond);
    await runAll(state, launcher).run();
    const [regression, ...more] = await makeRegressions({ ...options, state, launcher, stopped: () => false });
    expect(more).toEqual([]);
    expect(regression).toMatchObject({
      run: 0,
      checks: ['linearizability'],
      faults: { before: 3, after: 1 },
      shrunk: { again: true, minimal: true },
    });
    const written = await readScenarioFile(join(state.folder, 'regression-linearizability.yaml'));
    expect(written).toMatchObject({ seed: 10, faults: [{ fault: 'kill', atMs: 2000 }], durationMs: 4400 });
    expect(written.about).toContain('had to fail in 2 of 3 runs: nothing smaller failed');
    // Nothing of the tries stays.
    expect(readdirSync(state.folder).filter((name) => name.startsWith('try'))).toEqual([]);
  });

  it('go on where they were stopped, without a run twice', async () => {
    const whole = CampaignState.begin(folder(), planOf(1));
    const all = new FakeLauncher(1, needsSecond);
    await runAll(whole, all).run();
    const [expected] = await makeRegressions({ ...options, state: whole, launcher: all, stopped: () => false });
    for (let stopAt = 2; stopAt <= all.asked.length; stopAt++) {
      const state = CampaignState.begin(folder(), planOf(1));
      const first = new FakeLauncher(1, needsSecond);
      await runAll(state, first).run();
      await makeRegressions({ ...options, state, launcher: first, stopped: () => first.asked.length >= stopAt });
      const second = new FakeLauncher(1, needsSecond);
      const [regression] = await makeRegressions({
        ...options,
        state: CampaignState.open(state.folder),
        launcher: second,
        stopped: () => false,
      });
      expect(regression?.faults).toEqual(expected?.faults);
      // The one that was stopped is done again, unless it had found something.
      expect(first.asked.length + second.asked.length - all.asked.length).toBeLessThanOrEqual(1);
    }
  });

  it('of another check do not count', async () => {
    const state = CampaignState.begin(folder(), planOf(1));
    const launcher = new FakeLauncher(1, ({ name, scenario }) =>
      name.startsWith('run') || scenario.faults.length === 3 ? outcome('violation') : { ...outcome('violation'), broken: ['split-brain'] },
    );
    await runAll(state, launcher).run();
    const [regression] = await makeRegressions({ ...options, state, launcher, stopped: () => false, withinMs: 500 });
    expect(regression?.faults).toEqual({ before: 3, after: 3 });
  });
});

describe('the sum', () => {
  it('of figures is smallest, median, largest', () => {
    expect(spread([5, 1, 3])).toEqual({ min: 1, median: 3, max: 5, runs: 3 });
    expect(spread([4, 1, 2, 3])).toEqual({ min: 1, median: 2.5, max: 4, runs: 4 });
    expect(spread([])).toBe(null);
  });

  it.each([
    [['pass', 'pass'], false, 0],
    [['pass', 'violation', 'environment'], false, 1],
    [['pass', 'violation'], true, 1],
    [['pass', 'unknown', 'environment'], false, 3],
    [['pass', 'environment'], false, 5],
    [['pass'], true, 130],
    [[], false, 3],
  ] as const)('of %j (interrupted: %s) ends with %i', (verdicts, interrupted, exit) => {
    const state = CampaignState.begin(folder(), planOf(Math.max(1, verdicts.length)));
    for (const [run, verdict] of verdicts.entries()) state.add({ run, seed: 10 + run, ...outcome(verdict, 100 + run), folder: null });
    const report = campaignReport(state, [], { interrupted, rerun: 'npx lightcone again', replay: (file) => file });
    expect(campaignExit(report)).toBe(exit);
    expect(campaignText(report)).toContain('again: npx lightcone again'.slice(7));
    expect(JSON.parse(campaignJson(report))).toMatchObject({ exitCode: exit, id: 'c', left: state.left.length });
    for (const verdict of verdicts) if (verdict !== 'pass') expect(campaignMarkdown(report)).toContain(`| ${verdict} | said ${verdict} |`);
  });

  it('of a report that is none is null; of one that skipped everything it is unknown', () => {
    expect(readReport('Segmentation fault')).toBe(null);
    const report = { verdict: 'skip', checks: [], counts: { acknowledged: 3, errors: {} }, run: { directory: '/r', leaderChanges: 2 } };
    expect(readReport(JSON.stringify(report))).toEqual({
      outcome: { verdict: 'unknown', said: 'skip', broken: [], figures: { acknowledged: 3, leaderChanges: 2 } },
      directory: '/r',
    });
  });

  it('reads a state with a line that a dying process left half', () => {
    const state = CampaignState.begin(folder(), planOf(2));
    appendFileSync(join(state.folder, 'state.jsonl'), '{"kind":"run","run":{"ru');
    state.add({ run: 1, seed: 11, ...outcome('pass'), folder: null });
    expect(CampaignState.open(state.folder).left).toEqual([0]);
  });
});
