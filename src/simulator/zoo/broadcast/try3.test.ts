import { test } from 'vitest';
import * as x from '../../explorer/index.ts';
import * as zoo from './broadcast-mutants.ts';
test('x', () => {
  for (const [name, w, n, m] of [['generals', x.generalsWorld, 4, zoo.oralMutants], ['highest', x.highestCardWorld, 3, zoo.highestCardMutants], ['election', x.cardElectionWorld, 2, zoo.cardElectionMutants], ['bracha', x.brachaWorld, 4, zoo.brachaMutants], ['signed', x.signedGeneralsWorld, 3, zoo.signedMutants]] as const) {
    const t = Date.now();
    const r = x.exploreProtocol({ ...w(n), seed: 1, states: 60000, walks: 100 });
    console.log(name, r.verdict, r.parts.map(p => `${p.role}:${p.verdict}:${JSON.stringify((p as never as {stats: unknown}).stats ?? Object.keys(p)).slice(0,60)}`).join(' '), r.violation?.property, JSON.stringify(r.violation?.path ?? null).slice(-400), Date.now() - t);
    for (const mu of m) { const t = Date.now(); const r = x.exploreProtocol({ ...w(n, mu.node as never), seed: 1, states: 20000, walks: 50 }); console.log('  ', mu.id, r.verdict, r.violation?.property, Date.now() - t); }
  }
}, 100000);
