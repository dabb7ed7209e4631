import { expect, test } from 'vitest';
import { exploreProtocol, nakamotoWorld } from '../../explorer/index.ts';
test('explored', () => {
  const r = exploreProtocol({ ...nakamotoWorld(2), seed: 1, states: 60000, walks: 100, onPart: (p) => console.log(p.role, p.world, p.verdict, p.distinct ?? '', Date.now() % 100000) });
  console.log(r.verdict, JSON.stringify(r.violation)?.slice(0, 600));
}, 100000);
