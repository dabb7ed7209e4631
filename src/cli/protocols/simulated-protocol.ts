/** What `simulate` and `validate` know of a protocol. */
import type { ExploredPart, ProtocolExploration, Settings, Subject } from '../../simulator/index.ts';
import { suggestion, usageError } from '../arguments.ts';

export interface ExploreRequest {
  readonly nodes: number;
  readonly mutant: string | undefined;
  readonly seed: number;
  /** Distinct states of each breadth-first part, walks of each random one. */
  readonly states?: number;
  readonly walks?: number;
  onPart(part: ExploredPart): void;
  expired(): boolean;
}

export interface SimulatedProtocol {
  readonly name: string;
  /** What it promises to survive. */
  readonly tolerates: 'crashes' | 'lies';
  /** `validate` asks for leaders: null where there are none. */
  readonly validated: boolean;
  /** What `validate` allows for: without it Raft's. `electionTimeoutMaxMs`: the longest until a failed leader is replaced. */
  readonly timing?: { readonly heartbeatMs: number; readonly electionTimeoutMaxMs: number };
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

/** Throws LC_USAGE for a mutant that is not there. */
export function known<M extends { readonly id: string }>(protocol: string, found: M | null, id: string, all: readonly M[]): M {
  if (found !== null) return found;
  const names = all.map((mutant) => mutant.id);
  throw usageError(`${protocol} has no mutant ${JSON.stringify(id)}; ${suggestion(id, names)} (--mutant list names all ${names.length})`, {
    mutant: id,
    path: 'settings.mutant',
  });
}
