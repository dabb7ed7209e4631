import { expect, it } from 'vitest';
import { TermWitness } from './beliefs.ts';

it('who was just elected does not lead the term of its predecessor, which its status still names', () => {
  const witness = new TermWitness();
  expect(witness.leads('n1', 2)).toBe(true);
  expect([witness.leads('n2', 2), witness.leads('n2', 2), witness.leads('n2', 3)]).toEqual([false, false, true]);
  // The old one does not know yet: it goes on in its own term.
  expect([witness.leads('n1', 2), witness.leads('n2', 3)]).toEqual([true, true]);
  // Elected again, it names what it applied of the other's.
  expect([witness.leads('n1', 3), witness.leads('n1', 4)]).toEqual([false, true]);
});
