/** The chain in the simulator: replay, what a partition takes back, how slow blocks go stale, what is refused. */
import { expect, test } from 'vitest';
import type { ChainIndication } from '../../../protocols/nakamoto/index.ts';
import { campaign } from '../../campaign.ts';
import type { Observer } from '../../observer.ts';
import type { Plan } from '../../plan.ts';
import { simulate } from '../../simulate.ts';
import { drawPlan } from '../../swarm.ts';
import { chainSettings } from './chain-settings.ts';
import { nakamotoSubject } from './nakamoto.ts';

const calm = (seed: number, delayUs: number, change: Partial<Plan> = {}): Plan => {
  const plan = drawPlan(nakamotoSubject(), seed, { nodes: 5, faults: [], liars: 0 });
  const links = { minUs: delayUs, maxUs: delayUs, tailPpm: 0, tailUs: 0, lossPpm: 0, duplicatePpm: 0, reorderPpm: 0 };
  return {
    ...plan,
    clients: 3,
    links,
    clientLinks: links,
    faults: [],
    encoded: false,
    durationMs: 30_000,
    liveness: null,
    settings: {},
    ...change,
  };
};

test('a plan replays to the same hash, also through encoded bytes', () => {
  const plan = drawPlan(nakamotoSubject(), 10);
  expect(plan.encoded).toBe(true);
  const once = simulate(nakamotoSubject(), plan);
  expect(simulate(nakamotoSubject(), { ...plan, faults: once.resolved }).hash).toBe(once.hash);
});

test('under a partition both sides go on and confirm; the heal takes back what one side confirmed, and double spends succeed', () => {
  let [reversed, doubled] = [0, 0];
  for (let seed = 1; seed <= 6; seed++) {
    const split = {
      fault: 'partition',
      shape: 'groups',
      groups: [
        ['n1', 'n2'],
        ['n3', 'n4', 'n5'],
      ],
      atMs: 3000,
      forMs: 8000,
    } as const;
    const plan = calm(seed, 2000, { faults: [split], durationMs: 16_000, clients: 8 });
    const { coverage, violation } = simulate(nakamotoSubject(), {
      ...plan,
      workload: { ...plan.workload, keys: 1, readPpm: 0, thinkMinUs: 0, thinkMaxUs: 2000 },
    });
    // Allowed: blocks were slow. It is a loss all the same, and counted.
    expect([seed, violation]).toEqual([seed, null]);
    reversed += coverage.get('confirmed-reversed') ?? 0;
    doubled += coverage.get('double-spend-succeeded') ?? 0;
  }
  console.log(
    `partition of 8 s, blocks every 100 ms, 8 confirmations: ${reversed} confirmed payments taken back in 6 runs, ${doubled} by a double spend`,
  );
  expect(reversed).toBeGreaterThan(0);
  expect(doubled).toBeGreaterThan(0);
});

/** The share of blocks that are on no final branch. */
function staleShare(delayUs: number): number {
  let [mined, height] = [0, 0];
  const nothing = (): void => undefined;
  const observer: Observer = {
    sent: nothing,
    dropped: nothing,
    delivered: nothing,
    believed: nothing,
    fault: nothing,
    note: nothing,
    indicated(_node, told) {
      const indication = told as ChainIndication;
      if (indication.kind === 'mined') mined += 1;
      else if (indication.kind === 'chain') height = Math.max(height, indication.height);
    },
  };
  for (let seed = 1; seed <= 2; seed++) {
    height = 0;
    const before = mined;
    simulate(nakamotoSubject(), calm(seed, delayUs, { clients: 1 }), { observer, maxSteps: 200_000 });
    mined -= height;
    total += mined - before + height;
  }
  return mined / total;
}
let total = 0;

test('the longer blocks travel, the more of them go stale (Decker, Wattenhofer 2013): about delay / (delay + interval)', () => {
  const shares = [1000, 10_000, 40_000].map((delayUs) => {
    total = 0;
    return [delayUs / 1000, staleShare(delayUs)] as const;
  });
  console.log(shares.map(([delay, share]) => `${delay} ms: ${(share * 100).toFixed(1)} % stale`).join(', '));
  for (const [i, [delay, share]] of shares.entries()) {
    if (i > 0) expect(share).toBeGreaterThan((shares[i - 1] as readonly [number, number])[1]);
    // Two blocks of one tick (25 ms, five miners) may meet at any delay.
    expect(share).toBeLessThan((2 * delay) / (delay + 100) + 0.05);
    expect(share).toBeGreaterThan(delay / (delay + 100) / 3 - 0.01);
  }
});

test('a confirmed payment that is taken back while blocks travel fast is a violation: with one confirmation it happens', () => {
  const draw = (_subject: unknown, seed: number): Plan =>
    calm(seed, 20_000, { settings: { confirmations: 1 }, clients: 8, durationMs: 10_000 });
  const [failure] = campaign({ subject: nakamotoSubject(), seeds: 30, draw }).failures;
  expect(failure?.result.violation?.invariant).toBe('confirmed-reversed');
});

test('settings that it does not have are refused by name', () => {
  expect(() => chainSettings({ blocks: 3 })).toThrow(/nakamoto has no setting "blocks" \(it has confirmations, /);
  expect(() => chainSettings({ confirmations: 'six' })).toThrow(/the setting confirmations is a number, not "six"/);
  expect(() => chainSettings({ fork: 'spoon' })).toThrow(/the setting fork is one of none, soft, hard, locks, not "spoon"/);
});
