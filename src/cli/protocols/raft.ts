/** Raft on the command line. */
import {
  defaultRaftSettings,
  exploreProtocol,
  mutantNamed,
  raftMutants,
  raftSubject,
  raftWorld,
  type Settings,
} from '../../simulator/index.ts';
import { known, type SimulatedProtocol } from './simulated-protocol.ts';

const raftMutant = (id: string) => known('raft', mutantNamed(id), id, raftMutants);

export const raft: SimulatedProtocol = {
  name: 'raft',
  tolerates: 'crashes',
  validated: true,
  defaultSettings: defaultRaftSettings as unknown as Settings,
  explored: 'without pre-vote and check-quorum',
  mutants: raftMutants,
  subject(mutant, blackBox = false) {
    const invariants = !blackBox;
    if (mutant === undefined) return raftSubject({ invariants });
    const { raft: raftClass, replica } = raftMutant(mutant);
    return raftSubject({ raft: raftClass, replica, invariants });
  },
  explore: ({ nodes, mutant, ...rest }) =>
    exploreProtocol({ ...raftWorld(nodes, mutant === undefined ? undefined : raftMutant(mutant).raft), ...rest }),
};
