/** PBFT on the command line. */
import {
  defaultPbftSettings,
  exploreProtocol,
  pbftMutantNamed,
  pbftMutants,
  pbftSubject,
  pbftWorld,
  type Settings,
} from '../../simulator/index.ts';
import { known, type SimulatedProtocol } from './simulated-protocol.ts';

const pbftMutant = (id: string) => known('pbft', pbftMutantNamed(id), id, pbftMutants);

export const pbft: SimulatedProtocol = {
  name: 'pbft',
  tolerates: 'lies',
  validated: true,
  defaultSettings: defaultPbftSettings as unknown as Settings,
  explored:
    'of four, with a liar: one number in two views; otherwise nobody lies, and what the network loses stays lost: no status messages',
  mutants: pbftMutants,
  subject(mutant, blackBox = false) {
    const invariants = !blackBox;
    if (mutant === undefined) return pbftSubject({ invariants });
    const { pbft: replica, client } = pbftMutant(mutant);
    return pbftSubject({ pbft: replica, client, invariants });
  },
  explore: ({ nodes, mutant, ...rest }) =>
    exploreProtocol({ ...pbftWorld(nodes, mutant === undefined ? undefined : pbftMutant(mutant).pbft), ...rest }),
};
