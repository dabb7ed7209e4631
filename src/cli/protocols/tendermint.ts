/** Tendermint on the command line. */
import {
  defaultTendermintSettings,
  exploreProtocol,
  type Settings,
  tendermintMutantNamed,
  tendermintMutants,
  tendermintSubject,
  tendermintWorld,
} from '../../simulator/index.ts';
import { known, type SimulatedProtocol } from './simulated-protocol.ts';

const tendermintMutant = (id: string) => known('tendermint', tendermintMutantNamed(id), id, tendermintMutants);

export const tendermint: SimulatedProtocol = {
  name: 'tendermint',
  tolerates: 'lies',
  validated: true,
  defaultSettings: defaultTendermintSettings as unknown as Settings,
  explored: 'one height of two rounds, the first validator Byzantine, no commands',
  mutants: tendermintMutants,
  subject(mutant, blackBox = false) {
    const invariants = !blackBox;
    if (mutant === undefined) return tendermintSubject({ invariants });
    const { node, client } = tendermintMutant(mutant);
    return tendermintSubject({ node, client, invariants });
  },
  explore: ({ nodes, mutant, ...rest }) =>
    exploreProtocol({ ...tendermintWorld(nodes, mutant === undefined ? undefined : tendermintMutant(mutant).node), ...rest }),
};
