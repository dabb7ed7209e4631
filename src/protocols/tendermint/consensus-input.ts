/**
 * The inputs of a specification that sums messages up before consensus sees them (malachite's Quint: ConsensusInput), in
 * terms of the messages that this machine counts by itself: "a polka of any values" is a vote of everybody else.
 */
import type { ScriptedRounds } from './scripted-rounds.ts';
import type { VoteType } from './statement.ts';

/** As the specification names them, without its suffix `CInput`. */
export type ConsensusInputName =
  | 'NewHeight'
  | 'NewRound'
  | 'NewRoundProposer'
  | 'Proposal'
  | 'ProposalInvalid'
  | 'ProposalAndPolkaPreviousAndValid'
  | 'ProposalAndPolkaAndValid'
  | 'ProposalAndCommitAndValid'
  | 'PolkaAny'
  | 'PolkaNil'
  | 'PrecommitAny'
  | 'RoundSkip'
  | 'TimeoutPropose'
  | 'TimeoutPrevote'
  | 'TimeoutPrecommit';

export interface ConsensusInput {
  readonly name: ConsensusInputName;
  /** `NewHeight` only. */
  readonly height?: number;
  /** Absent: the round that the machine is in. */
  readonly round?: number;
  readonly value?: string;
  /** Of `ProposalAndPolkaPreviousAndValid`; absent: -1. */
  readonly validRound?: number;
}

/** All but the machine itself, which is node 1, vote in `round`: `values` in turn, the last for all who are left. */
function vote(machine: ScriptedRounds, type: VoteType, round: number, values: readonly (string | null)[]): void {
  const others = machine.validators.members.filter(({ id }) => id !== machine.id);
  others.forEach(({ id }, i) => {
    machine.vote(type, round, values[Math.min(i, values.length - 1)] ?? null, id);
  });
}

/** A quorum that agrees on nothing. */
const any = (value: string): readonly (string | null)[] => [value, null, `${value} not`];

/** Hands `input` to the machine; `machine.take()` and `machine.state` say what came of it. */
export function feed(machine: ScriptedRounds, input: ConsensusInput): void {
  const { name, height = machine.height + 1, round = machine.round, value = 'v', validRound = -1 } = input;
  switch (name) {
    case 'NewHeight':
      return machine.newHeight(height);
    case 'NewRound':
    case 'NewRoundProposer':
      return machine.newRound(round);
    case 'Proposal':
      return machine.proposal(round, value, validRound);
    case 'ProposalInvalid':
      machine.invalid.add(value);
      return machine.proposal(round, value, validRound);
    case 'ProposalAndPolkaPreviousAndValid':
      vote(machine, 'prevote', validRound, [value]);
      return machine.proposal(round, value, validRound);
    case 'ProposalAndPolkaAndValid':
      machine.proposal(round, value, validRound);
      return vote(machine, 'prevote', round, [value]);
    case 'ProposalAndCommitAndValid':
      machine.proposal(round, value, validRound);
      return vote(machine, 'precommit', round, [value]);
    case 'PolkaAny':
      return vote(machine, 'prevote', round, any(value));
    case 'PolkaNil':
      return vote(machine, 'prevote', round, [null]);
    case 'PrecommitAny':
      return vote(machine, 'precommit', round, any(value));
    case 'RoundSkip':
      return vote(machine, 'prevote', round, any(value));
    case 'TimeoutPropose':
      return machine.timeout('propose', round);
    case 'TimeoutPrevote':
      return machine.timeout('prevote', round);
    case 'TimeoutPrecommit':
      return machine.timeout('precommit', round);
  }
}
