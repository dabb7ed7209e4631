/** Three-phase commit on the command line. */
import {
  defaultThreePhaseSettings,
  exploreProtocol,
  type Settings,
  threePhaseMutantNamed,
  threePhaseMutants,
  threePhaseSubject,
  threePhaseWorld,
} from '../../simulator/index.ts';
import { known, type SimulatedProtocol } from './simulated-protocol.ts';

const mutantOf = (id: string) => known('3pc', threePhaseMutantNamed(id), id, threePhaseMutants);

export const threePhaseCommit: SimulatedProtocol = {
  name: '3pc',
  tolerates: 'crashes',
  validated: false,
  defaultSettings: defaultThreePhaseSettings as unknown as Settings,
  explored: 'a time-out may fire while its cause is only slow, as under a partition, which it does not survive',
  mutants: threePhaseMutants,
  subject: (mutant, blackBox = false) =>
    threePhaseSubject({ invariants: !blackBox, ...(mutant === undefined ? {} : { node: mutantOf(mutant).node }) }),
  explore: ({ nodes, mutant, ...rest }) =>
    exploreProtocol({ ...threePhaseWorld(nodes, mutant === undefined ? undefined : mutantOf(mutant).node), ...rest }),
};
