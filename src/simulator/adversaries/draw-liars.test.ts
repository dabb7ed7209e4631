import { expect, test } from 'vitest';
import { Random } from '../../core/index.ts';
import { drawPlan } from '../swarm.ts';
import { checkedBehaviours } from './behaviour.ts';
import { drawLiars } from './draw-liars.ts';
import { toyAgreement } from './testing.ts';

const namesOf = (nodes: number): string[] => Array.from({ length: nodes }, (_, i) => `n${i + 1}`);

test('what liars are drawn is a behaviour, however few servers there are and however many of them lie', () => {
  for (const nodes of [1, 2, 4])
    for (let liars = 1; liars <= nodes; liars++)
      for (let seed = 1; seed <= 100; seed++)
        for (const fault of drawLiars(new Random(seed, 'liars'), { nodes, liars, durationMs: 3000, timeoutMs: 300 })) {
          const behaviour = fault.fault === 'adversary' ? fault.behaviour : '';
          expect(() => checkedBehaviours(behaviour, namesOf(nodes)), `seed ${seed}, ${liars} of ${nodes}: ${behaviour}`).not.toThrow();
        }
});

test('somebody honest is left, whatever is asked for', () => {
  for (const nodes of [1, 2, 4]) {
    const { faults } = drawPlan(toyAgreement(), 1, { nodes, liars: 15 });
    const lying = new Set(faults.flatMap((fault) => (fault.fault === 'adversary' ? [fault.node] : [])));
    expect(lying.size).toBe(nodes - 1);
  }
});
