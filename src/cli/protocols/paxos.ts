/** Multi-Paxos on the command line. */
import {
  defaultPaxosSettings,
  exploreProtocol,
  paxosMutantNamed,
  paxosMutants,
  paxosSubject,
  paxosWorld,
  type Settings,
} from '../../simulator/index.ts';
import { known, type SimulatedProtocol } from './simulated-protocol.ts';

const paxosMutant = (id: string) => known('paxos', paxosMutantNamed(id), id, paxosMutants);

export const paxos: SimulatedProtocol = {
  name: 'paxos',
  tolerates: 'crashes',
  validated: true,
  defaultSettings: defaultPaxosSettings as unknown as Settings,
  explored: 'with plain time-outs for elections',
  mutants: paxosMutants,
  subject(mutant, blackBox = false) {
    const invariants = !blackBox;
    if (mutant === undefined) return paxosSubject({ invariants });
    const { paxos: paxosClass, replica } = paxosMutant(mutant);
    return paxosSubject({ paxos: paxosClass, replica, invariants });
  },
  explore: ({ nodes, mutant, ...rest }) =>
    exploreProtocol({ ...paxosWorld(nodes, mutant === undefined ? undefined : paxosMutant(mutant).paxos), ...rest }),
};
