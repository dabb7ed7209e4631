import { test } from 'vitest';
import { simulate } from '../../simulate.ts';
import { brachaSubject } from '../../subjects/broadcast/bracha.ts';
import { drawPlan } from '../../swarm.ts';

test('x', () => {
  for (let seed = 13; seed <= 40; seed++) {
    const s = brachaSubject();
    const plan = drawPlan(s, seed);
    const t = Date.now();
    const r = simulate(s, plan, { maxSteps: 300000 });
    console.log(
      seed,
      plan.nodes,
      plan.clients,
      plan.durationMs,
      JSON.stringify(plan.liveness),
      plan.faults.length,
      r.steps,
      r.timeUs,
      r.acknowledged,
      r.invoked,
      r.violation?.message,
      Date.now() - t,
      plan.faults
        .filter((f) => f.fault === 'adversary')
        .map((f) => JSON.stringify(f))
        .join(' '),
    );
  }
}, 60000);
