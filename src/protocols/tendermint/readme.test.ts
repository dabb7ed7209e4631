/** The example of the README does what its comments say. */
import { expect, test } from 'vitest';
import { feed, ScriptedRounds } from './index.ts';

test('the README: a trace by hand', () => {
  const four = [1, 2, 3, 4].map((id) => ({ id, power: 1 }));
  const machine = new ScriptedRounds(four, (round) => (round % 4) + 2);
  machine.newRound(0);
  machine.proposal(0, 'block');
  for (const signer of [2, 3, 4]) machine.vote('prevote', 0, 'block', signer);
  machine.timeout('precommit', 0);
  expect(machine.take()).toEqual(['timeout propose r0', 'prevote r0 block', 'precommit r0 block', 'timeout propose r1']);
  expect(machine.state).toBe('h1 r1 propose locked block@0 valid block@0');
  feed(machine, { name: 'ProposalAndPolkaPreviousAndValid', value: 'block', validRound: 0 });
  expect(machine.take()).toEqual(['prevote r1 block']);
});
