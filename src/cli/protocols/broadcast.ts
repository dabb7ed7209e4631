/** The classics of agreement among liars on the command line: generals, reliable broadcast, games of cards. */
import {
  brachaMutants,
  brachaSubject,
  brachaWorld,
  cardElectionMutants,
  cardElectionSubject,
  cardElectionWorld,
  defaultGameSettings,
  type ExploreProtocolOptions,
  exploreProtocol,
  type GameMutant,
  gameMutantNamed,
  generalsSubject,
  generalsWorld,
  highestCardMutants,
  highestCardSubject,
  highestCardWorld,
  oralMutants,
  type Settings,
  type Subject,
  signedGeneralsSubject,
  signedGeneralsWorld,
  signedMutants,
} from '../../simulator/index.ts';
import { known, type SimulatedProtocol } from './simulated-protocol.ts';

interface Classic<C> {
  readonly name: string;
  readonly tolerates: SimulatedProtocol['tolerates'];
  readonly explored: string;
  readonly mutants: readonly GameMutant<C>[];
  subject(parts: { readonly node?: C; readonly invariants?: boolean }): Subject;
  world(count: number, node?: C): Omit<ExploreProtocolOptions, 'seed'>;
}

function classic<C>({ name, tolerates, explored, mutants, subject, world }: Classic<C>): SimulatedProtocol {
  const mutantOf = (id: string): GameMutant<C> => known(name, gameMutantNamed(mutants, id), id, mutants);
  return {
    name,
    tolerates,
    validated: false,
    defaultSettings: defaultGameSettings as unknown as Settings,
    explored,
    mutants,
    subject: (mutant, blackBox = false) =>
      subject({ invariants: !blackBox, ...(mutant === undefined ? {} : { node: mutantOf(mutant).node }) }),
    explore: ({ nodes, mutant, ...rest }) =>
      exploreProtocol({ ...world(nodes, mutant === undefined ? undefined : mutantOf(mutant).node), ...rest }),
  };
}

const withTraitor = 'node 1 may lie to each, and nobody has a clock';

export const classics: readonly SimulatedProtocol[] = [
  classic({
    name: 'generals',
    tolerates: 'lies',
    explored: withTraitor,
    mutants: oralMutants,
    subject: generalsSubject,
    world: generalsWorld,
  }),
  classic({
    name: 'signed-generals',
    tolerates: 'lies',
    explored: 'the commander lies, or the last lieutenant does, in every order of arrival in time',
    mutants: signedMutants,
    subject: signedGeneralsSubject,
    world: signedGeneralsWorld,
  }),
  classic({ name: 'bracha', tolerates: 'lies', explored: withTraitor, mutants: brachaMutants, subject: brachaSubject, world: brachaWorld }),
  classic({
    name: 'highest-card',
    tolerates: 'lies',
    explored: withTraitor,
    mutants: highestCardMutants,
    subject: highestCardSubject,
    world: highestCardWorld,
  }),
  classic({
    name: 'card-election',
    tolerates: 'crashes',
    explored: 'at most three players, a deck of three cards, two rounds, and nobody has a clock',
    mutants: cardElectionMutants,
    subject: cardElectionSubject,
    world: cardElectionWorld,
  }),
];
