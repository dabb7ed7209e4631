import { test } from 'vitest';
import { campaign } from '../../campaign.ts';
import { brachaSubject } from '../../subjects/broadcast/bracha.ts';
import { cardElectionSubject, highestCardSubject } from '../../subjects/broadcast/cards.ts';
import { generalsSubject, signedGeneralsSubject } from '../../subjects/broadcast/generals.ts';
import * as zoo from './broadcast-mutants.ts';

const N = Number(process.env.SEEDS ?? 100);
const all = {
  generals: [generalsSubject, zoo.oralMutants],
  signed: [signedGeneralsSubject, zoo.signedMutants],
  highest: [highestCardSubject, zoo.highestCardMutants],
  election: [cardElectionSubject, zoo.cardElectionMutants],
  bracha: [brachaSubject, zoo.brachaMutants],
} as const;
for (const [name, [subject, mutants]] of Object.entries(all)) {
  if (process.env.ONLY && process.env.ONLY !== name) continue;
  test(name, () => {
    const t = Date.now();
    const r = campaign({ subject: subject({}), seeds: N, keepGoing: true });
    console.log(name, r.runs, r.steps, r.acknowledged, (Date.now() - t) / 1000, [...r.coverage].join(' '), [...r.stalled].join(' '));
    for (const f of r.failures.slice(0, 4)) console.log(f.seed, f.plan.nodes, JSON.stringify(f.plan.liveness), f.result.violation?.message);
    for (const m of mutants) {
      const t = Date.now();
      const f = campaign({ subject: subject({ node: m.node as never }), seeds: N }).failures[0];
      console.log('   ', m.id, m.expected, f?.seed, f?.result.violation?.invariant, f?.result.violation?.message, (Date.now() - t) / 1000);
    }
  }, 900000);
}
