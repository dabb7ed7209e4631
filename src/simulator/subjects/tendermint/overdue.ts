/**
 * The upon-rules of Algorithm 1 once more, as questions: which of them ought to have fired at this node, by what it
 * holds? Written from the paper, with tallies of its own; none may be open after a step.
 */
import type { NodeId } from '../../../core/index.ts';
import { type RoundLog, type Statement, type Tendermint, timers, type ValidatorSet } from '../../../protocols/tendermint/index.ts';

/** The power behind those of `votes` that are for `value`, or behind all, every validator once. */
function powerBehind(votes: readonly Statement[], { members }: ValidatorSet, value?: string | null): number {
  let power = 0;
  for (const member of members) {
    for (let i = 0; i < votes.length; i++) {
      const vote = votes[i] as Statement;
      if (vote.signer !== member.id || (value !== undefined && vote.value !== value)) continue;
      power += member.power;
      break;
    }
  }
  return power;
}

const isHeardIn = ({ proposals, prevotes, precommits }: RoundLog, id: NodeId): boolean =>
  proposals.some(({ statement }) => statement.signer === id) ||
  prevotes.some(({ signer }) => signer === id) ||
  precommits.some(({ signer }) => signer === id);

/** The rule that is overdue, with its line in the paper; null: none. */
export function overdueRule(node: Tendermint): string | null {
  const { validators, round, roundStep, armed } = node;
  let total = 0;
  for (const { power } of validators.members) total += power;
  const quorum = (votes: readonly Statement[], value?: string | null): boolean => 3 * powerBehind(votes, validators, value) > 2 * total;
  const polka = (of: number, value: string | null): boolean => quorum(node.log(of)?.prevotes ?? [], value);
  for (const at of node.rounds()) {
    const log = node.log(at);
    if (log === null) continue;
    for (const { statement } of log.proposals) {
      if (quorum(log.precommits, statement.value)) return `line 49: round ${at} decides`;
    }
    if (at > round) {
      let here = 0;
      for (const { id, power } of validators.members) if (isHeardIn(log, id)) here += power;
      if (3 * here > total) return `line 55: f+1 are in round ${at}`;
    }
  }
  if (round < 0) return node.pool.size > 0 || node.pendingEvidence.size > 0 ? 'line 11: there is something to agree on' : null;
  const log = node.log(round);
  if (log === null)
    return roundStep === 'propose' && node.proposer(round) !== node.id && !Number.isFinite(armed[timers.propose])
      ? 'line 21: no time-out for the proposal'
      : null;
  if (log.prevoteTimed && !quorum(log.prevotes)) return 'line 34: a time-out without 2f+1 prevotes';
  if (log.precommitTimed && !quorum(log.precommits)) return 'line 47: a time-out without 2f+1 precommits';
  if (roundStep === 'propose') {
    for (const { statement } of log.proposals) {
      if (statement.validRound < 0) return 'line 22: there is a proposal';
      if (statement.validRound < round && polka(statement.validRound, statement.value))
        return 'line 28: there is a proposal with its polka';
    }
    if (node.proposer(round) !== node.id && !Number.isFinite(armed[timers.propose])) return 'line 21: no time-out for the proposal';
  } else if (roundStep === 'prevote') {
    if (polka(round, null)) return 'line 44: 2f+1 prevotes for nil';
    if (quorum(log.prevotes) && !Number.isFinite(armed[timers.prevote])) return 'line 34: no time-out for prevotes';
  }
  if (roundStep !== 'propose') {
    for (const { statement } of log.proposals) {
      if (!polka(round, statement.value)) continue;
      if (roundStep === 'prevote') return 'line 36: there is a polka';
      if (node.validRound < round) return 'line 42: a polka makes a value valid';
    }
  }
  return quorum(log.precommits) && !Number.isFinite(armed[timers.precommit]) ? 'line 47: no time-out for precommits' : null;
}
