/** The vote of services on the command line. */
import {
  defaultVoteSettings,
  exploreProtocol,
  type Settings,
  voteMutantNamed,
  voteMutants,
  voteSubject,
  voteWorld,
} from '../../simulator/index.ts';
import { known, type SimulatedProtocol } from './simulated-protocol.ts';

const voteMutant = (id: string) => known('vote', voteMutantNamed(id), id, voteMutants);

export const vote: SimulatedProtocol = {
  name: 'vote',
  tolerates: 'lies',
  validated: false,
  defaultSettings: defaultVoteSettings as unknown as Settings,
  explored: 'any service may be ready or not, the last third of the voters lie, clients ask the others the same',
  mutants: voteMutants,
  subject: (mutant, blackBox = false) =>
    voteSubject({ invariants: !blackBox, ...(mutant === undefined ? {} : { node: voteMutant(mutant).node }) }),
  explore: ({ nodes, mutant, ...rest }) =>
    exploreProtocol({ ...voteWorld(nodes, mutant === undefined ? undefined : voteMutant(mutant).node), ...rest }),
};
