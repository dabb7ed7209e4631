/** etcd's data-driven cases, where they are at hand; and the comparison itself: it must be able to fail. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { firstDifference, runFile } from './raft-cases/cases.ts';

const folder = new URL('../../shared/raft-cases/', import.meta.url);

describe('cases of etcd raft', () => {
  if (!existsSync(folder)) {
    test('are not at hand', () => {
      console.log('../shared/raft-cases is not here: the cases of etcd raft were not run');
    });
    return;
  }
  for (const kind of ['quorum', 'confchange', 'interaction']) {
    for (const name of readdirSync(new URL(`${kind}/`, folder)).filter((file) => file.endsWith('.txt'))) {
      test(`${kind}/${name} gives what etcd gives`, () => {
        const result = runFile(readFileSync(new URL(`${kind}/${name}`, folder), 'utf8'));
        expect(result.format).toBe(kind);
        expect(result.passed).toBeGreaterThan(0);
        expect(result.differences.map((difference) => `${name}:${difference.line} ${firstDifference(difference, result.format)}`)).toEqual(
          [],
        );
      });
    }
  }
});

describe('the comparison', () => {
  const script =
    'add-nodes 1 voters=(1) index=3\n----\nok\n\ncampaign 1\n----\nINFO anything\n\nraft-state\n----\n1: ROLE (Voter) Term:1 Lead:0\n';

  test('ignores log lines and accepts equal states', () => {
    expect(runFile(script.replace('ROLE', 'StateCandidate'))).toMatchObject({ format: 'interaction', passed: 3, differences: [] });
  });

  test('names the line and both texts of a difference', () => {
    const [difference] = runFile(script.replace('ROLE', 'StateLeader')).differences;
    expect(difference).toMatchObject({ line: 9, command: 'raft-state', actual: '1: StateCandidate (Voter) Term:1 Lead:0' });
  });

  test('does not forgive a missing message, an extra one, or a wrong number', () => {
    const run = (output: string) =>
      runFile(`add-nodes 3 voters=(1,2,3) index=3\n----\n\ncampaign 1\n----\n\nprocess-ready 1\n----\n${output}\n`).differences.length;
    const right = [
      'Ready MustSync=true:',
      'Lead:0 State:StateCandidate',
      'HardState Term:1 Vote:1 Commit:3',
      'Messages:',
      '1->2 MsgVote Term:1 Log:1/3',
      '1->3 MsgVote Term:1 Log:1/3',
    ];
    expect(run(right.join('\n'))).toBe(0);
    expect(run(right.slice(0, -1).join('\n'))).toBe(1);
    expect(run([...right, '1->4 MsgVote Term:1 Log:1/3'].join('\n'))).toBe(1);
    expect(run(right.join('\n').replace('Log:1/3', 'Log:1/4'))).toBe(1);
  });

  test('quorum and configuration cases are compared exactly', () => {
    expect(runFile('vote cfg=(1,2,3) votes=(y,y,_)\n----\nVoteLost\n').differences).toHaveLength(1);
    expect(runFile('simple\nv1\n----\nvoters=(1)\n1: StateProbe match=0 next=2\n').differences).toHaveLength(1);
  });

  test('an unknown command is a difference, not a crash', () => {
    expect(runFile('fly 1\n----\nok\n').differences[0]).toMatchObject({ actual: 'unknown command' });
    expect(runFile('campaign 7\n----\nok\n').differences[0]?.actual).toContain('there is no node 7');
  });
});
