/** The invariants can fail: nodes that decide one thing wrongly are caught, each by the invariant that names the harm. */
import { expect, test } from 'vitest';
import { InvariantViolation } from '../../core/index.ts';
import { FaultRun } from './fault-run.ts';
import { Raft } from './raft.ts';

class VotesTwice extends Raft {
  protected override mayGrantVote(): boolean {
    return true;
  }
}
class ForgetsItsVote extends Raft {
  protected override mustPersistVote(): boolean {
    return false;
  }
}
class IgnoresLogs extends Raft {
  protected override isUpToDate(): boolean {
    return true;
  }
}
class KeepsConflicts extends Raft {
  protected override truncates(): boolean {
    return false;
  }
}
class AcknowledgesFirst extends Raft {
  protected override mustWaitForStorage(): boolean {
    return false;
  }
}
class AppendsAnywhere extends Raft {
  protected override appendFits(index: number): boolean {
    return index <= this.log.last;
  }
}
class CountsOneIsEnough extends Raft {
  protected override quorumHolds(): number {
    return Math.max(...this.members.map(({ match }) => match));
  }
}

for (const [mutant, name] of [
  [VotesTwice, /vote-once|election-safety/],
  [ForgetsItsVote, /durable-vote|vote-once|election-safety/],
  [IgnoresLogs, /leader-completeness|committed-is-final/],
  [KeepsConflicts, /log-matching|state-machine-safety|leader-completeness|terms-ascend|commit-bounds/],
  [AcknowledgesFirst, /durable-before-acknowledged|durable-vote/],
  [AppendsAnywhere, /log-matching|terms-ascend|state-machine-safety|leader-completeness/],
  [CountsOneIsEnough, /leader-completeness|state-machine-safety|commit-bounds|committed-is-final/],
] as const) {
  test(`${mutant.name} breaks an invariant within 60 random storms`, () => {
    let broken = '';
    for (let seed = 1; seed <= 60 && broken === ''; seed++) {
      try {
        new FaultRun(seed, (id, peers, config) => new mutant(id, peers, config)).storm();
      } catch (error) {
        if (!(error instanceof InvariantViolation)) throw error;
        broken = error.invariant;
      }
    }
    expect(broken).toMatch(name);
  });
}
