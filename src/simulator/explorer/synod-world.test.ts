import { describe, expect, test } from 'vitest';
import { Synod } from '../../protocols/paxos/index.ts';
import { explore, synodWorld, WorldModel } from './index.ts';

class Forgetful extends Synod {
  protected override mayPromise(): boolean {
    return true;
  }
  override ignores(): boolean {
    return false;
  }
}
class AcceptsBelow extends Synod {
  protected override mayAccept(): boolean {
    return true;
  }
  override ignores(): boolean {
    return false;
  }
}
class OwnValue extends Synod {
  protected override selectValue(_promises: unknown, own: string): string {
    return own;
  }
}
class LowestBallot extends Synod {
  protected override selectValue(promises: readonly { readonly ballot: number; readonly value: string }[], own: string): string {
    const told = promises.filter(({ ballot }) => ballot > 0).sort((a, b) => a.ballot - b.ballot);
    return told[0]?.value ?? own;
  }
}
class SmallQuorum extends Synod {
  protected override quorum(): number {
    return super.quorum() - 1;
  }
}

describe('single-decree Paxos, every state of it', () => {
  test('two proposers of one ballot each: the same verdict with and without what receivers ignore, in fewer states', () => {
    const world = synodWorld(2, 1, 3);
    const reduced = explore(new WorldModel(world));
    const { ignores: _, ...plain } = world;
    const full = explore(new WorldModel(plain));
    expect([reduced.verdict, full.verdict]).toEqual(['pass', 'pass']);
    expect([reduced.truncated, reduced.unique]).toEqual([null, 3_870]);
    expect(full.unique).toBeGreaterThan(5 * reduced.unique);
  });

  test('one may have a second ballot: 90,022 states, none broken', () => {
    const world = synodWorld(2, 2, 3);
    const found = explore(new WorldModel({ ...world, bounds: { ...world.bounds, timers: 1 } }));
    expect([found.verdict, found.truncated, found.unique]).toEqual(['pass', null, 90_022]);
  });

  test.each([
    ['a promise that is forgotten', Forgetful, 1],
    ['acceptance below a promise', AcceptsBelow, 1],
    ['a proposer that keeps its own value', OwnValue, 1],
    ['the value of the lowest ballot', LowestBallot, 2],
    ['quorums that do not meet', SmallQuorum, 1],
  ])('%s breaks it', (_what, node, ballots) => {
    const { violations } = explore(new WorldModel(synodWorld(2, ballots, 3, node as typeof Synod)), { bounds: { states: 400_000 } });
    expect(violations[0]?.property).toMatch(/agreement|chosen-once/);
  });
});
