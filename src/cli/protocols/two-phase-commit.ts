/** Two-phase commit on the command line. */
import {
  commitMutantNamed,
  commitMutants,
  commitSubject,
  commitWorld,
  defaultCommitSettings,
  exploreProtocol,
  type Settings,
} from '../../simulator/index.ts';
import { known, type SimulatedProtocol } from './simulated-protocol.ts';

const commitMutant = (id: string) => known('2pc', commitMutantNamed(id), id, commitMutants);

export const twoPhaseCommit: SimulatedProtocol = {
  name: '2pc',
  tolerates: 'crashes',
  validated: false,
  defaultSettings: defaultCommitSettings as unknown as Settings,
  explored: 'any site may refuse, the coordinator aborts after one reminder',
  mutants: commitMutants,
  subject: (mutant, blackBox = false) =>
    commitSubject({ invariants: !blackBox, ...(mutant === undefined ? {} : { node: commitMutant(mutant).node }) }),
  explore: ({ nodes, mutant, ...rest }) =>
    exploreProtocol({ ...commitWorld(nodes, mutant === undefined ? undefined : commitMutant(mutant).node), ...rest }),
};
