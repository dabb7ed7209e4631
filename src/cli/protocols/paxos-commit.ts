/** Paxos Commit on the command line. */
import {
  defaultPaxosCommitSettings,
  exploreProtocol,
  paxosCommitMutantNamed,
  paxosCommitMutants,
  paxosCommitSubject,
  paxosCommitWorld,
  type Settings,
} from '../../simulator/index.ts';
import { known, type SimulatedProtocol } from './simulated-protocol.ts';

const mutantOf = (id: string) => known('paxos-commit', paxosCommitMutantNamed(id), id, paxosCommitMutants);

export const paxosCommit: SimulatedProtocol = {
  name: 'paxos-commit',
  tolerates: 'crashes',
  validated: false,
  defaultSettings: defaultPaxosCommitSettings as unknown as Settings,
  explored: 'any resource manager may refuse, an acceptor takes over after one reminder',
  mutants: paxosCommitMutants,
  subject: (mutant, blackBox = false) =>
    paxosCommitSubject({ invariants: !blackBox, ...(mutant === undefined ? {} : { node: mutantOf(mutant).node }) }),
  explore: ({ nodes, mutant, ...rest }) =>
    exploreProtocol({ ...paxosCommitWorld(nodes, mutant === undefined ? undefined : mutantOf(mutant).node), ...rest }),
};
