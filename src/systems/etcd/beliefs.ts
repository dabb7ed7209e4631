/**
 * What an etcd node says of itself: its term, its role, whom it takes for leader, how far it has applied. The term is that
 * of the last entry that it has applied: one who was just elected still names the term of its predecessor. Taken for its
 * own it would make two leaders of one term, so until it names a newer one than anybody named for another leader it counts
 * as a candidate. (So two real leaders of one term could not be told here; what clients see would have to show it.)
 */
import { completionOf } from '../completion.ts';
import type { ObservedBelief } from '../system.ts';
import type { Gateway } from './gateway.ts';

/** Members are numbers to etcd; a node's number is in the header of each of its answers. */
export class MemberNames {
  readonly #names = new Map<string, string>();

  learn(id: string, node: string): void {
    this.#names.set(id, node);
  }

  nameOf(id: string): string | null {
    return this.#names.get(id) ?? null;
  }

  idOf(node: string): string | null {
    for (const [id, name] of this.#names) if (name === node) return id;
    return null;
  }

  forget(node: string): void {
    for (const [id, name] of this.#names) if (name === node) this.#names.delete(id);
  }
}

/** Whose term is whose, as far as the nodes' answers show. */
export class TermWitness {
  /** The newest term that anybody named together with this leader. */
  readonly #named = new Map<string, number>();
  /** Leaders and the term that is certainly theirs. */
  readonly #own = new Map<string, number>();

  /** True when `leader` certainly leads `term`. Every answer of every node must be told. */
  leads(leader: string, term: number): boolean {
    if (this.#own.get(leader) === term) return true;
    const others = [...this.#named].filter(([other]) => other !== leader).map(([, named]) => named);
    const certain = others.every((named) => named < term);
    if (certain) this.#own.set(leader, term);
    this.#named.set(leader, Math.max(this.#named.get(leader) ?? 0, term));
    return certain;
  }
}

export async function beliefsOf(
  node: string,
  gateway: Gateway,
  names: MemberNames,
  witness: TermWitness,
): Promise<readonly ObservedBelief[]> {
  let status: Awaited<ReturnType<Gateway['status']>>;
  try {
    status = await gateway.status();
  } catch (error) {
    completionOf(error, true);
    return [];
  }
  const id = String((status.header as { readonly member_id?: string } | undefined)?.member_id ?? '');
  const leader = String(status.leader ?? '0');
  const epoch = Number(status.raftTerm ?? 0);
  names.learn(id, node);
  const certain = leader === '0' || witness.leads(leader, epoch);
  const role =
    leader === id ? (certain ? 'leader' : 'candidate') : status.isLearner === true ? 'learner' : leader === '0' ? 'candidate' : 'follower';
  return [
    { kind: 'epoch', value: epoch },
    { kind: 'role', value: role, epoch },
    { kind: 'leader', value: leader === '0' || (leader === id && !certain) ? null : (names.nameOf(leader) ?? `member ${leader}`), epoch },
    { kind: 'position', value: Number(status.raftAppliedIndex ?? status.raftIndex ?? 0) },
  ];
}
