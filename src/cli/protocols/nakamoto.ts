/** The proof-of-work chain on the command line. */
import {
  chainMutantNamed,
  chainMutants,
  defaultChainSettings,
  exploreProtocol,
  nakamotoSubject,
  nakamotoWorld,
  type Settings,
} from '../../simulator/index.ts';
import { known, type SimulatedProtocol } from './simulated-protocol.ts';

const chainMutant = (id: string) => known('nakamoto', chainMutantNamed(id), id, chainMutants);

export const nakamoto: SimulatedProtocol = {
  name: 'nakamoto',
  tolerates: 'lies',
  validated: false,
  defaultSettings: defaultChainSettings as unknown as Settings,
  explored: 'every try finds a block',
  mutants: chainMutants,
  subject: (mutant, blackBox = false) =>
    nakamotoSubject({ invariants: !blackBox, ...(mutant === undefined ? {} : { node: chainMutant(mutant).node }) }),
  explore: ({ nodes, mutant, ...rest }) =>
    exploreProtocol({ ...nakamotoWorld(nodes, mutant === undefined ? undefined : chainMutant(mutant).node), ...rest }),
};
