import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../core/index.ts';
import { defineScenario, type Fault, type Scenario } from '../../scenario/index.ts';
import { failsOften } from './repeated-trial.ts';
import { type ShrinkOptions, shrinkSchedule } from './shrink-schedule.ts';

const fault = (i: number, forMs = 600): Fault => ({ fault: 'kill', node: 'n1', atMs: 1000 + 1000 * i, forMs });
const scenarioWith = (faults: readonly Fault[], durationMs = 60_000): Scenario =>
  defineScenario({ name: 'x', target: 'etcd', nodes: 3, workload: { kind: 'register', clients: 1, operations: 1 }, faults, durationMs });

/** The numbers of the faults that are left. */
const kept = ({ faults }: Scenario): number[] => faults.map(({ atMs }) => atMs / 1000 - 1);
const mask = (numbers: readonly number[]): number => numbers.reduce((bits, i) => bits | (1 << i), 0);

/** Deterministic: one run decides. */
const once = (fails: (scenario: Scenario) => boolean, more: Partial<ShrinkOptions> = {}): ShrinkOptions => ({
  ...{ wanted: 1, tries: 1, slots: 1, mayRun: () => true, fails: async (scenario) => fails(scenario) },
  ...more,
});

describe('shrinking a schedule', () => {
  it('leaves exactly the faults that it needs, as brute force over all subsets finds them', async () => {
    const sets = fc.array(fc.integer({ min: 1, max: 127 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(sets, async (needed) => {
        // Fails where one of the needed sets is there: every monotone predicate is of this form.
        const fails = (bits: number): boolean => needed.some((set) => (bits & set) === set);
        const { scenario, again, minimal } = await shrinkSchedule(
          scenarioWith([0, 1, 2, 3, 4, 5, 6].map((i) => fault(i))),
          once((candidate) => fails(mask(kept(candidate)))),
        );
        const bits = mask(kept(scenario));
        expect([again, minimal, fails(bits)]).toEqual([true, true, true]);
        for (let subset = 0; subset < bits; subset++) if ((subset & bits) === subset) expect(fails(subset)).toBe(false);
        if (needed.length === 1) expect(bits).toBe(needed[0]);
      }),
      { numRuns: 500 },
    );
  });

  it('of any predicate leaves a schedule that fails, and of which no single fault can be left out', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.integer({ min: 1, max: 6 }), async (table, count) => {
        const all = (1 << count) - 1;
        const fails = (bits: number): boolean => bits === all || (table[bits] as number) % 3 === 0;
        const { scenario } = await shrinkSchedule(
          scenarioWith(Array.from({ length: count }, (_, i) => fault(i))),
          once((candidate) => fails(mask(kept(candidate)))),
        );
        const bits = mask(kept(scenario));
        expect(fails(bits)).toBe(true);
        for (const i of kept(scenario)) expect(fails(bits & ~(1 << i))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('then makes faults shorter, and the run', async () => {
    const failing = scenarioWith([fault(0, 8000), fault(3, 4000)]);
    // Needs the second fault, for at least 900 ms.
    const fails = ({ faults }: Scenario): boolean => faults.some(({ atMs, forMs = 0 }) => atMs === 4000 && forMs >= 900);
    const { scenario } = await shrinkSchedule(failing, once(fails));
    expect(scenario.faults).toEqual([{ ...fault(3), forMs: 1000 }]);
    expect(scenario.durationMs).toBe(4000 + 1000 + 2000);
  });

  it('finds out that no fault is needed at all', async () => {
    const { scenario } = await shrinkSchedule(
      scenarioWith([fault(0), fault(1)]),
      once(() => true),
    );
    expect(scenario.faults).toEqual([]);
  });

  it('keeps a schedule that does not fail again, and says so', async () => {
    const failing = scenarioWith([fault(0), fault(1)]);
    let runs = 0;
    const shrunk = await shrinkSchedule(
      failing,
      once(() => runs++ < 0, { wanted: 2, tries: 3 }),
    );
    expect(shrunk).toEqual({ scenario: failing, again: false, minimal: false });
    expect(runs).toBe(2);
  });

  it('ends with the best so far when time is up, and says that it did', async () => {
    let runs = 0;
    const shrunk = await shrinkSchedule(
      scenarioWith([0, 1, 2, 3].map((i) => fault(i))),
      once((candidate) => kept(candidate).includes(3), { mayRun: () => runs++ < 4 }),
    );
    // As it was, none, the first half, the second half.
    expect([kept(shrunk.scenario), shrunk.again, shrunk.minimal]).toEqual([[2, 3], true, false]);
    const none = await shrinkSchedule(
      scenarioWith([fault(0)]),
      once(() => true, { mayRun: () => false }),
    );
    expect([none.again, none.minimal]).toEqual([null, false]);
  });

  it('finds what is needed through runs that fail only now and then, with m of n', async () => {
    let good = 0;
    for (let seed = 0; seed < 50; seed++) {
      const random = new Random(seed, 'flaky');
      // The one fault that is needed shows in nine runs of ten; without it nothing ever fails.
      const { scenario, again } = await shrinkSchedule(
        scenarioWith([0, 1, 2, 3, 4].map((i) => fault(i))),
        once((candidate) => kept(candidate).includes(2) && random.below(10) > 0, { wanted: 2, tries: 5, slots: 2 }),
      );
      if (again === true && kept(scenario).join() === '2') good++;
      // Whatever chance does, what is kept did fail.
      if (again === true) expect(kept(scenario)).toContain(2);
    }
    expect(good).toBeGreaterThanOrEqual(48);
  });
});

describe('m of n runs', () => {
  it('is decided as by counting all n, with no more runs than that needs', async () => {
    const cases = fc.tuple(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), fc.nat(), fc.integer({ min: 1, max: 4 }));
    await fc.assert(
      fc.asyncProperty(cases, async ([outcomes, m, slots]) => {
        const tries = outcomes.length;
        const wanted = 1 + (m % tries);
        let runs = 0;
        const decided = await failsOften(
          async () => outcomes[runs++] as boolean,
          { wanted, tries, slots },
          () => true,
        );
        expect(decided).toBe(outcomes.filter(Boolean).length >= wanted);
        let [failed, held, needed] = [0, 0, 0];
        while (failed < wanted && tries - held >= wanted) outcomes[needed++] === true ? failed++ : held++;
        if (slots === 1) expect(runs).toBe(needed);
        expect(runs).toBeLessThanOrEqual(tries);
      }),
    );
  });

  it('makes runs again that said nothing, and gives up on a system that never says anything', async () => {
    const outcomes: (boolean | null)[] = [null, true, null, true];
    const limits = { wanted: 2, tries: 3, slots: 1 };
    expect(
      await failsOften(
        async () => outcomes.shift() as boolean | null,
        limits,
        () => true,
      ),
    ).toBe(true);
    let runs = 0;
    const mute = async (): Promise<null> => {
      runs++;
      return null;
    };
    expect(await failsOften(mute, limits, () => true)).toBe(null);
    expect(runs).toBe(4);
  });
});
