/**
 * The simulator on full Tendermint: Replica, key-value machine, signing clients, liars, protocol invariants; with signatures
 * (symbolic) and without. An event is one `step` on a live node. And the exploration of its rounds, every state.
 */
import { defaultTendermintConfig } from '../src/protocols/tendermint/index.ts';
import { drawPlan, explore, HearsayModel, simulate, TendermintRounds, tendermintSubject } from '../src/simulator/index.ts';
import { cpuSeconds, type Figure, median } from './measure.ts';

export const name = 'tendermint';

const SEEDS = 60;
const WARM_UP = 1;
const ROUNDS = 5;
const NEVER = Number.POSITIVE_INFINITY;

function rates(authentication: 'signature' | 'channel'): { readonly rate: number; readonly steps: number } {
  const subject = tendermintSubject();
  const plans = Array.from({ length: SEEDS }, (_, i) => drawPlan(subject, i + 1, { nodes: 4, settings: { authentication } }));
  const measured: number[] = [];
  let steps = 0;
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    steps = 0;
    const seconds = cpuSeconds(() => {
      for (const plan of plans) steps += simulate(subject, plan, { skipHistory: true }).steps;
    });
    if (round >= WARM_UP) measured.push(steps / seconds);
  }
  return { rate: median(measured), steps };
}

export async function run(): Promise<Figure[]> {
  const signed = rates('signature');
  const unsigned = rates('channel');
  const config = { ...defaultTendermintConfig, emptyBlocks: true, gossipUs: NEVER, commitUs: NEVER };
  let states = 0;
  const seconds = cpuSeconds(() => {
    states = explore(new HearsayModel(new TendermintRounds({ validators: 4, liar: 1, rounds: 2 }, config))).unique;
  });
  const unit = 'events per CPU-second';
  return [
    {
      metric: 'events, n=4, signatures, all invariants on',
      value: Math.round(signed.rate),
      unit,
      note: `${SEEDS} seeds, ${signed.steps} events`,
    },
    {
      metric: 'events, n=4, no signatures, all invariants on',
      value: Math.round(unsigned.rate),
      unit,
      note: `${SEEDS} seeds, ${unsigned.steps} events`,
    },
    { metric: 'states of two rounds, one of four Byzantine', value: states, unit: 'states', bar: '= 396288' },
    { metric: 'to see them all', value: Math.round(seconds), unit: 'CPU seconds' },
  ];
}
