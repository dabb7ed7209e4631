import { describe, expect, test } from 'vitest';
import { type Effects, type Input, Writer } from '../../../core/index.ts';
import { Tendermint, type TendermintEffects, type TendermintMessage, type TendermintRecord } from '../../../protocols/tendermint/index.ts';
import { campaign, goalsOf } from '../../campaign.ts';
import { simulate } from '../../simulate.ts';
import { drawPlan } from '../../swarm.ts';
import { tendermintSubject } from './tendermint.ts';
import { liarsSurvived, powersOf, tendermintSettings } from './tendermint-settings.ts';

/** Reached by some of so many seeds; the rest is for the campaign. */
const rare = new Set([
  'leader-lost-unsynced',
  'election-during-snapshot',
  'snapshot-restored',
  'one-way-hid-leader',
  'disk-was-full',
  'clock-jumped',
  'proposed-again',
  'liar-told-two-versions',
  'round-skipped',
]);

describe('Tendermint in the swarm', () => {
  test('20 seeds under every fault, with liars: every invariant, a linearizable store, and the common goals', { timeout: 240_000 }, () => {
    const subject = tendermintSubject();
    const result = campaign({ subject, seeds: 20 });
    expect(result.failures.map(({ seed, result: { violation } }) => [seed, violation])).toEqual([]);
    const never = goalsOf(subject).filter(({ name }) => result.coverage.get(name) === 0 && !rare.has(name));
    expect(never).toEqual([]);
    expect(result.acknowledged).toBeGreaterThan(500);
  });

  test('a plan replays to the same hash, also through encoded bytes', () => {
    const plan = drawPlan(tendermintSubject(), 10);
    expect(plan.encoded).toBe(true);
    const first = simulate(tendermintSubject(), plan);
    expect(first.violation).toBeNull();
    expect(simulate(tendermintSubject(), { ...plan, faults: first.resolved }).hash).toBe(first.hash);
  });

  test('more liars than a third of the power break it, and are found', { timeout: 240_000 }, () => {
    const subject = tendermintSubject();
    const settings = { powers: 'equal', authentication: 'signature' } as const;
    const [failure] = campaign({ subject, seeds: 60, nodes: 4, liars: 2, settings }).failures;
    expect(failure?.result.violation?.invariant).toMatch(
      /^(agreement|state-machine-safety|linearizability|certificate|lock-rule|validity|.*-rule)$/,
    );
  });
});

describe('copies', () => {
  let compared = 0;

  function bytesOf(node: Tendermint): string {
    const w = new Writer();
    node.encode(w);
    return w.take().toString();
  }

  function recording(log: unknown[], out: TendermintEffects | null): TendermintEffects {
    const note =
      (name: string) =>
      (...args: unknown[]): void => {
        log.push([name, ...args]);
        if (out !== null) (out as unknown as Record<string, (...all: unknown[]) => void>)[name]?.(...args);
      };
    const effects: Record<string, unknown> = {};
    for (const name of ['send', 'persist', 'checkpoint', 'timer', 'reply', 'indicate', 'belief', 'sign', 'verify'])
      effects[name] = note(name);
    return effects as unknown as Effects<never, never, never> & TendermintEffects;
  }

  /** Runs a clone alongside, taken anew every now and then. */
  class Shadowed extends Tendermint {
    #shadow: Tendermint | null = null;
    #steps = 0;

    override step(input: Input<TendermintMessage, TendermintRecord>, out: TendermintEffects): void {
      if (input.kind === 'start') return super.step(input, out);
      if (this.#steps++ % 30 === 0) this.#shadow = Object.setPrototypeOf(this.clone(), Tendermint.prototype) as Tendermint;
      const shadow = this.#shadow as Tendermint;
      const before = bytesOf(this);
      expect(bytesOf(shadow)).toBe(before);
      const mine: unknown[] = [];
      const its: unknown[] = [];
      super.step(input, recording(mine, out));
      expect(bytesOf(shadow), 'the clone did not move').toBe(before);
      shadow.step(input, recording(its, null));
      expect(its).toEqual(mine);
      compared++;
    }
  }

  test('clones do what their originals do, under faults, restarts, snapshots, changes of power and liars', { timeout: 120_000 }, () => {
    for (const seed of [4, 10, 17]) {
      const result = simulate(tendermintSubject({ node: Shadowed }), drawPlan(tendermintSubject(), seed), { maxSteps: 1200 });
      expect([seed, result.violation]).toEqual([seed, null]);
    }
    expect(compared).toBeGreaterThan(800);
  });
});

describe('settings', () => {
  test('what it does not have is refused by name', () => {
    expect(() => tendermintSettings({ electionTimeoutMs: 3 })).toThrow(
      /Tendermint has no setting "electionTimeoutMs" \(it has timeoutMs, /,
    );
    expect(() => tendermintSettings({ gossipMs: 'often' })).toThrow(/the setting gossipMs is a number, not "often"/);
    expect(() => tendermintSettings({ powers: 'secret' })).toThrow(/the setting powers is one of equal, close, spread, not "secret"/);
  });

  test('liars survived: brute force over all subsets of that size', () => {
    for (const powers of ['equal', 'close', 'spread'] as const) {
      for (let nodes = 1; nodes <= 9; nodes++) {
        const settings = tendermintSettings({ powers });
        const all = powersOf(
          settings,
          Array.from({ length: nodes }, (_, i) => i + 1),
        ).map(({ power }) => power);
        const total = all.reduce((a, b) => a + b, 0);
        const harmless = (size: number): boolean =>
          Array.from({ length: 1 << nodes }, (_, subset) => all.filter((_power, i) => ((subset >> i) & 1) === 1))
            .filter((subset) => subset.length === size)
            .every((subset) => 3 * subset.reduce((a, b) => a + b, 0) < total);
        let most = 0;
        while (most < nodes && harmless(most + 1)) most++;
        expect([powers, nodes, liarsSurvived(nodes, settings)]).toEqual([powers, nodes, most]);
      }
    }
  });
});
