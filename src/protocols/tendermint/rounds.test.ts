/** Algorithm 1, rule by rule, as traces: events in, outputs and state out (in the style of Quint's and TLA+'s runs of Tendermint). */
import { describe, expect, test } from 'vitest';
import { Random } from '../../core/index.ts';
import { type ConsensusInputName, feed } from './consensus-input.ts';
import { ScriptedRounds } from './scripted-rounds.ts';
import type { VoteType } from './statement.ts';

const four = [1, 2, 3, 4].map((id) => ({ id, power: 1 }));
/** Node 2 proposes in round 0, 3 in round 1, 4 in round 2, 1 in round 3. */
const machine = (powers = four): ScriptedRounds => new ScriptedRounds(powers, (round) => ((round + 1) % 4) + 1);
const votes = (m: ScriptedRounds, type: VoteType, round: number, values: readonly (string | null)[]): void =>
  values.forEach((value, i) => {
    m.vote(type, round, value, i + 2);
  });

/** Locked on `a` in round 0, and in round 1. */
function locked(): ScriptedRounds {
  const m = machine();
  m.newRound(0);
  m.proposal(0, 'a');
  votes(m, 'prevote', 0, ['a', 'a', 'a']);
  votes(m, 'precommit', 0, [null, null, null]);
  m.timeout('precommit', 0);
  m.take();
  return m;
}

describe('a run without faults', () => {
  test('a non-proposer decides in one round (Quint: DecideNonProposer)', () => {
    const m = machine();
    m.newRound(0);
    expect([m.take(), m.state]).toEqual([['timeout propose r0'], 'h1 r0 propose locked nil@-1 valid nil@-1']);
    m.proposal(0, 'a');
    expect([m.take(), m.state]).toEqual([['prevote r0 a'], 'h1 r0 prevote locked nil@-1 valid nil@-1']);
    votes(m, 'prevote', 0, ['a', 'a', 'a']);
    expect([m.take(), m.state]).toEqual([['precommit r0 a'], 'h1 r0 precommit locked a@0 valid a@0']);
    votes(m, 'precommit', 0, ['a', 'a', 'a']);
    expect([m.take(), m.state]).toEqual([['decide r0 a'], 'h1 r0 decided locked a@0 valid a@0']);
  });

  test('the proposer proposes, and waits for no proposal (lines 14-21)', () => {
    const m = machine();
    m.newRound(3);
    expect(m.take()).toEqual(['proposal r3 new1 vr-1']);
  });
});

test('a trace of two heights in the words of a Quint specification: each event has its output and its state', () => {
  let turn = 0;
  const m = new ScriptedRounds(four, (round) => (round === 0 ? turn : 3));
  turn = 2;
  const trace: readonly (readonly [event: ConsensusInputName, round: number, value: string, outputs: readonly string[], state: string])[] =
    [
      ['NewRound', 0, '', ['timeout propose r0'], 'h1 r0 propose locked nil@-1 valid nil@-1'],
      ['Proposal', 0, 'block', ['prevote r0 block'], 'h1 r0 prevote locked nil@-1 valid nil@-1'],
      ['ProposalAndPolkaAndValid', 0, 'block', ['precommit r0 block'], 'h1 r0 precommit locked block@0 valid block@0'],
      ['ProposalAndCommitAndValid', 0, 'block', ['decide r0 block'], 'h1 r0 decided locked block@0 valid block@0'],
      ['NewHeight', 0, '', [], 'h2 r-1 propose locked nil@-1 valid nil@-1'],
      ['NewRoundProposer', 0, '', ['proposal r0 new1 vr-1'], 'h2 r0 propose locked nil@-1 valid nil@-1'],
      ['Proposal', 0, 'new1', ['prevote r0 new1'], 'h2 r0 prevote locked nil@-1 valid nil@-1'],
      ['PolkaAny', 0, 'new1', ['timeout prevote r0'], 'h2 r0 prevote locked nil@-1 valid nil@-1'],
      ['TimeoutPrevote', 0, '', ['precommit r0 nil'], 'h2 r0 precommit locked nil@-1 valid nil@-1'],
      ['PrecommitAny', 0, 'new1', ['timeout precommit r0'], 'h2 r0 precommit locked nil@-1 valid nil@-1'],
      // The specification has its round begin in an event of its own (skipRound, NewRound).
      ['TimeoutPrecommit', 0, '', ['timeout propose r1'], 'h2 r1 propose locked nil@-1 valid nil@-1'],
      ['TimeoutPropose', 1, '', ['prevote r1 nil'], 'h2 r1 prevote locked nil@-1 valid nil@-1'],
      ['PolkaNil', 1, '', ['precommit r1 nil'], 'h2 r1 precommit locked nil@-1 valid nil@-1'],
      ['PrecommitAny', 1, 'new1', ['timeout precommit r1'], 'h2 r1 precommit locked nil@-1 valid nil@-1'],
    ];
  for (const [event, round, value, outputs, state] of trace) {
    if (event === 'NewRoundProposer') turn = 1;
    feed(m, { name: event, round, value });
    expect([event, m.take(), m.state]).toEqual([event, outputs, state]);
  }
});

test('inputs that name what was seen before, what is invalid, and where others are', () => {
  const m = machine();
  feed(m, { name: 'NewRound', round: 0 });
  feed(m, { name: 'ProposalInvalid', value: 'bad' });
  expect(m.take()).toEqual(['timeout propose r0', 'prevote r0 nil']);
  feed(m, { name: 'RoundSkip', round: 2 });
  expect([m.take(), m.round]).toEqual([['timeout propose r2'], 2]);
  feed(m, { name: 'ProposalAndPolkaPreviousAndValid', value: 'a', validRound: 1 });
  expect(m.take()).toEqual(['prevote r2 a', 'timeout prevote r2']);
});

describe('prevotes', () => {
  test('nil for an invalid proposal, nil after the time-out, and only one (lines 22-26, 57)', () => {
    const m = machine();
    m.invalid.add('bad');
    m.newRound(0);
    m.take();
    m.proposal(0, 'bad');
    expect(m.take()).toEqual(['prevote r0 nil']);
    m.timeout('propose', 0);
    expect(m.take()).toEqual([]);
    const late = machine();
    late.newRound(0);
    late.timeout('propose', 0);
    late.proposal(0, 'a');
    expect(late.take()).toEqual(['timeout propose r0', 'prevote r0 nil']);
  });

  test('nil against its lock, for what is locked, and for a newer polka (lines 23, 29)', () => {
    const m = locked();
    m.proposal(1, 'b');
    expect([m.take(), m.state]).toEqual([['prevote r1 nil'], 'h1 r1 prevote locked a@0 valid a@0']);
    const same = locked();
    same.proposal(1, 'a');
    expect(same.take()).toEqual(['prevote r1 a']);
    const newer = locked();
    votes(newer, 'precommit', 1, [null, null, null]);
    newer.timeout('precommit', 1);
    newer.take();
    newer.proposal(2, 'b', 1);
    expect(newer.take()).toEqual([]);
    votes(newer, 'prevote', 1, ['b', 'b', 'b']);
    expect(newer.take()).toEqual(['prevote r2 b']);
  });

  test('a proposal with a valid round waits for its polka, of that very round and value (line 28)', () => {
    const m = locked();
    m.proposal(1, 'a', 0);
    expect(m.take()).toEqual(['prevote r1 a']);
    const other = locked();
    other.proposal(1, 'b', 0);
    expect(other.take()).toEqual([]);
    votes(other, 'prevote', 1, ['b', 'b']);
    expect(other.take()).toEqual([]);
    other.timeout('propose', 1);
    expect(other.take()).toEqual(['prevote r1 nil']);
  });

  test('a polka for an older round than the lock does not unlock (line 29)', () => {
    const m = locked();
    // Locked anew in round 1, on b by its polka; then a comes back with the polka of round 0.
    m.proposal(1, 'a', 0);
    votes(m, 'prevote', 1, ['a', 'a', 'a']);
    expect(m.state).toBe('h1 r1 precommit locked a@1 valid a@1');
    votes(m, 'precommit', 1, [null, null, null]);
    m.timeout('precommit', 1);
    votes(m, 'prevote', 0, ['c', 'c', 'c']);
    m.take();
    m.proposal(2, 'c', 0);
    expect(m.take()).toEqual(['prevote r2 nil']);
  });
});

describe('precommits, locks and valid values', () => {
  test('a polka in the step of prevotes locks; after it, it only makes the value valid (lines 36-43)', () => {
    const m = machine();
    m.newRound(0);
    m.timeout('propose', 0);
    votes(m, 'prevote', 0, [null, null, null]);
    expect([m.take().at(-1), m.state]).toEqual(['precommit r0 nil', 'h1 r0 precommit locked nil@-1 valid nil@-1']);
    m.proposal(0, 'a');
    votes(m, 'prevote', 0, ['a', 'a', 'a']);
    expect([m.take(), m.state]).toEqual([[], 'h1 r0 precommit locked nil@-1 valid a@0']);
  });

  test('prevotes that do not agree start the time-out once, and it ends in nil (lines 34, 61)', () => {
    const m = machine();
    m.newRound(0);
    m.proposal(0, 'a');
    m.take();
    votes(m, 'prevote', 0, ['a', null, null]);
    m.vote('prevote', 0, 'a', 1);
    expect(m.take()).toEqual(['timeout prevote r0']);
    m.timeout('prevote', 0);
    expect(m.take()).toEqual(['precommit r0 nil']);
  });

  test('a proposer proposes its valid value again, with its round (lines 15-16)', () => {
    const m = locked();
    m.timeout('precommit', 1);
    m.timeout('precommit', 2);
    expect(m.take().at(-1)).toBe('proposal r3 a vr0');
  });
});

describe('rounds', () => {
  test('precommits that do not agree lead to the next round (lines 47, 65)', () => {
    const m = machine();
    m.newRound(0);
    m.take();
    votes(m, 'precommit', 0, ['a', null, 'b']);
    expect(m.take()).toEqual(['timeout precommit r0']);
    m.timeout('precommit', 0);
    expect([m.take(), m.state]).toEqual([['timeout propose r1'], 'h1 r1 propose locked nil@-1 valid nil@-1']);
    m.timeout('precommit', 0);
    expect(m.take()).toEqual([]);
  });

  test('f+1 of a later round, whatever they say, take the node along; f do not (line 55)', () => {
    const m = machine();
    m.newRound(0);
    m.take();
    m.vote('prevote', 5, null, 2);
    m.vote('precommit', 5, 'a', 2);
    expect(m.round).toBe(0);
    m.vote('precommit', 5, 'b', 3);
    expect(m.round).toBe(5);
  });

  test('a decision of an earlier round is one (line 49), of votes of different rounds is none', () => {
    const m = locked();
    m.vote('precommit', 0, 'a', 1);
    m.vote('precommit', 1, 'a', 2);
    m.vote('precommit', 1, 'a', 3);
    expect(m.take()).toEqual([]);
    m.vote('precommit', 0, 'a', 2);
    m.vote('precommit', 0, 'a', 3);
    expect(m.take()).toEqual(['decide r0 a']);
  });

  test('quorums are of power, not of heads', () => {
    const m = machine([
      { id: 1, power: 1 },
      { id: 2, power: 7 },
      { id: 3, power: 1 },
      { id: 4, power: 1 },
    ]);
    m.newRound(0);
    m.proposal(0, 'a');
    m.vote('prevote', 0, 'a', 2);
    expect(m.take()).toEqual(['timeout propose r0', 'prevote r0 a', 'precommit r0 a']);
    m.vote('precommit', 0, 'a', 3);
    m.vote('precommit', 0, 'a', 4);
    expect(m.decided).toBe(false);
    m.vote('precommit', 0, 'a', 2);
    expect(m.decided).toBe(true);
  });
});

test('four machines under any order of messages and time-outs, one of them saying anything, never decide differently', () => {
  let decisions = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const random = new Random(seed, 'rounds');
    const honest = [2, 3, 4].map(() => new ScriptedRounds(four, (round) => (round % 4) + 1));
    const network: { to: number; said: string; from: number }[] = [];
    const timeouts: { at: number; kind: 'propose' | 'prevote' | 'precommit'; round: number }[] = [];
    const decided = new Set<string>();
    const settle = (at: number): void => {
      for (const output of (honest[at] as ScriptedRounds).take()) {
        const [what = '', a = '', b = ''] = output.split(' ');
        if (what === 'timeout') timeouts.push({ at, kind: a as 'propose', round: Number(b.slice(1)) });
        else if (what === 'decide') decided.add(b);
        else for (let to = 0; to < 3; to++) network.push({ to, said: output, from: at + 2 });
      }
    };
    // The Byzantine node 1 may tell each what it likes.
    for (let round = 0; round < 4; round++) {
      for (let to = 0; to < 3; to++) {
        for (const value of ['a', 'b', 'nil']) {
          for (const type of ['prevote', 'precommit']) network.push({ to, said: `${type} r${round} ${value}`, from: 1 });
          if (round % 4 === 0 && value !== 'nil') network.push({ to, said: `proposal r${round} ${value} vr-1`, from: 1 });
        }
      }
    }
    honest.forEach((m, at) => {
      m.newRound(0);
      settle(at);
    });
    for (let step = 0; step < 250 && network.length + timeouts.length > 0; step++) {
      if (timeouts.length > 0 && (network.length === 0 || random.below(12) === 0)) {
        const { at, kind, round } = timeouts.splice(random.below(timeouts.length), 1)[0] as (typeof timeouts)[0];
        (honest[at] as ScriptedRounds).timeout(kind, round);
        settle(at);
        continue;
      }
      const { to, said, from } = network.splice(random.below(network.length), 1)[0] as (typeof network)[0];
      const [what = '', r = '', value = '', vr = 'vr-1'] = said.split(' ');
      const m = honest[to] as ScriptedRounds;
      const round = Number(r.slice(1));
      if (what === 'proposal' && m.proposer(round) === from) m.proposal(round, value, Number(vr.slice(2)));
      else if (what !== 'proposal') m.vote(what as VoteType, round, value === 'nil' ? null : value, from);
      settle(to);
    }
    expect([seed, decided.size]).toEqual([seed, Math.min(decided.size, 1)]);
    decisions += decided.size;
  }
  expect(decisions).toBeGreaterThan(100);
});
