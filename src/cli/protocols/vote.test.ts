import { expect, it } from 'vitest';
import { run } from '../main.ts';
import { recordingIo } from '../testing.ts';

async function lightcone(line: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const io = recordingIo();
  const code = await run(line.split(' '), io);
  return { code, out: io.outText(), err: io.errText() };
}

it('the vote is simulated, its mutants are named, found and explored', { timeout: 120_000 }, async () => {
  const passed = await lightcone('simulate vote --seeds 2 --nodes 4');
  expect([passed.code, passed.out]).toEqual([0, expect.stringMatching(/^PASS {4}no violation in 2 seeds/m)]);
  const found = await lightcone('simulate vote --mutant votes-anew --seeds 3');
  expect([found.code, found.out]).toEqual([1, expect.stringMatching(/vote-kept|agreement/)]);
  const explored = await lightcone('simulate vote --explore --nodes 4 --mutant first-vote-decides');
  expect([explored.code, explored.out]).toEqual([1, expect.stringMatching(/certified/)]);
});

it('a mutant that the vote does not have is refused in one sentence', async () => {
  const { code, err } = await lightcone('simulate vote --mutant double-vote');
  expect([code, err]).toEqual([
    2,
    expect.stringContaining('LC_USAGE: vote has no mutant "double-vote"; see the help (--mutant list names all '),
  ]);
});
