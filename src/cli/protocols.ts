/** The protocols that can be simulated, and their mutants, by the names used on the command line. */
import {
  exploreProtocol,
  mutantNamed,
  type ProtocolExploration,
  raftMutants,
  raftSubject,
  raftWorld,
  type Subject,
} from '../simulator/index.ts';
import { suggestion, usageError } from './arguments.ts';

export interface ExploreRequest {
  readonly nodes: number;
  readonly mutant: string | undefined;
  readonly seed: number;
  /** Distinct states of each breadth-first part, walks of each random one. */
  readonly states?: number;
  readonly walks?: number;
  expired(): boolean;
}

export interface SimulatedProtocol {
  readonly name: string;
  /** What it promises to survive. */
  readonly tolerates: 'crashes' | 'lies';
  /** Known bugs: id and what it does wrong. */
  readonly mutants: readonly { readonly id: string; readonly about: string; readonly harmless?: string }[];
  /** `blackBox`: judged only by what clients see and what any protocol must keep. Throws LC_USAGE for a mutant that is not there. */
  subject(mutant?: string, blackBox?: boolean): Subject;
  explore(request: ExploreRequest): ProtocolExploration;
}

function findMutant(id: string): NonNullable<ReturnType<typeof mutantNamed>> {
  const found = mutantNamed(id);
  if (found === null) {
    const names = raftMutants.map((mutant) => mutant.id);
    throw usageError(`raft has no mutant ${JSON.stringify(id)}; ${suggestion(id, names)} (--mutant list names all ${names.length})`, {
      mutant: id,
    });
  }
  return found;
}

const raft: SimulatedProtocol = {
  name: 'raft',
  tolerates: 'crashes',
  mutants: raftMutants,
  subject(mutant, blackBox = false) {
    const invariants = !blackBox;
    if (mutant === undefined) return raftSubject({ invariants });
    const { raft: raftClass, replica } = findMutant(mutant);
    return raftSubject({ raft: raftClass, replica, invariants });
  },
  explore: ({ nodes, mutant, ...rest }) =>
    exploreProtocol({ ...raftWorld(nodes, mutant === undefined ? undefined : findMutant(mutant).raft), ...rest }),
};

const protocols: readonly SimulatedProtocol[] = [raft];

export const protocolNames: readonly string[] = protocols.map(({ name }) => name);

export function protocolNamed(name: string): SimulatedProtocol {
  const found = protocols.find((protocol) => protocol.name === name);
  if (found === undefined)
    throw usageError(`there is no protocol ${JSON.stringify(name)}; ${suggestion(name, protocolNames)}`, { protocol: name });
  return found;
}
