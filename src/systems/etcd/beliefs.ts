/** What an etcd node says of itself: its term, its role, whom it takes for leader, how far it has applied. */
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

export async function beliefsOf(node: string, gateway: Gateway, names: MemberNames): Promise<readonly ObservedBelief[]> {
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
  const role = leader === id ? 'leader' : status.isLearner === true ? 'learner' : leader === '0' ? 'candidate' : 'follower';
  return [
    { kind: 'epoch', value: epoch },
    { kind: 'role', value: role, epoch },
    { kind: 'leader', value: leader === '0' ? null : (names.nameOf(leader) ?? `member ${leader}`), epoch },
    { kind: 'position', value: Number(status.raftAppliedIndex ?? status.raftIndex ?? 0) },
  ];
}
