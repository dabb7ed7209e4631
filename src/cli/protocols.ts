/** The protocols that can be simulated, and their mutants, by the names used on the command line. */
import {
  commitMutantNamed,
  commitMutants,
  commitSubject,
  commitWorld,
  defaultCommitSettings,
  defaultRaftSettings,
  type ExploredPart,
  exploreProtocol,
  mutantNamed,
  type ProtocolExploration,
  raftMutants,
  raftSubject,
  raftWorld,
  type Settings,
  type Subject,
} from '../simulator/index.ts';
import { suggestion, usageError } from './arguments.ts';

export interface ExploreRequest {
  readonly nodes: number;
  readonly mutant: string | undefined;
  readonly seed: number;
  onPart(part: ExploredPart): void;
  expired(): boolean;
}

export interface SimulatedProtocol {
  readonly name: string;
  /** What it promises to survive. */
  readonly tolerates: 'crashes' | 'lies';
  /** `validate` asks for leaders: null where there are none. */
  readonly validated: boolean;
  /** What a run has where its seed or scenario says nothing else. */
  readonly defaultSettings: Settings;
  /** What the explored nodes leave out, in words. */
  readonly explored: string;
  /** Known bugs: id and what it does wrong. */
  readonly mutants: readonly { readonly id: string; readonly about: string; readonly harmless?: string }[];
  /** `blackBox`: judged only by what clients see and what any protocol must keep. Throws LC_USAGE for a mutant that is not there. */
  subject(mutant?: string, blackBox?: boolean): Subject;
  explore(request: ExploreRequest): ProtocolExploration;
}

function known<M extends { readonly id: string }>(protocol: string, found: M | null, id: string, all: readonly M[]): M {
  if (found !== null) return found;
  const names = all.map((mutant) => mutant.id);
  throw usageError(`${protocol} has no mutant ${JSON.stringify(id)}; ${suggestion(id, names)} (--mutant list names all ${names.length})`, {
    mutant: id,
    path: 'settings.mutant',
  });
}

const raftMutant = (id: string) => known('raft', mutantNamed(id), id, raftMutants);
const commitMutant = (id: string) => known('2pc', commitMutantNamed(id), id, commitMutants);

const raft: SimulatedProtocol = {
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

const twoPhaseCommit: SimulatedProtocol = {
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

const protocols: readonly SimulatedProtocol[] = [raft, twoPhaseCommit];

export const protocolNames: readonly string[] = protocols.map(({ name }) => name);
export const validatedNames: readonly string[] = protocols.filter(({ validated }) => validated).map(({ name }) => name);

export function protocolNamed(name: string): SimulatedProtocol {
  const found = protocols.find((protocol) => protocol.name === name);
  if (found === undefined)
    throw usageError(`there is no protocol ${JSON.stringify(name)}; ${suggestion(name, protocolNames)}`, { protocol: name });
  return found;
}
