import { test } from 'vitest';
import { campaign } from '../../campaign.ts';
import { nakamotoSubject } from '../../subjects/nakamoto/nakamoto.ts';
import { chainMutants } from './chain-mutants.ts';

const N = Number(process.env.SEEDS ?? 100);
test('honest', () => {
  const t = Date.now();
  const r = campaign({ subject: nakamotoSubject(), seeds: N, firstSeed: Number(process.env.FIRST ?? 1), keepGoing: true });
  console.log(r.runs, r.steps, r.acknowledged, (Date.now() - t) / 1000, [...r.coverage].join(' '), [...r.stalled].join(' '));
  for (const f of r.failures.slice(0, 8))
    console.log(f.seed, f.plan.nodes, JSON.stringify(f.plan.liveness), f.result.violation?.invariant, f.result.violation?.message);
}, 900000);
if (process.env.MUT)
  test.each(chainMutants.filter((m) => process.env.MUT === 'all' || m.id === process.env.MUT))(
    '$id',
    (m) => {
      const t = Date.now();
      const r = campaign({ subject: nakamotoSubject({ node: m.node }), seeds: N });
      const f = r.failures[0];
      console.log(m.id, m.expected, f?.seed, f?.result.violation?.message, (Date.now() - t) / 1000);
    },
    900000,
  );
