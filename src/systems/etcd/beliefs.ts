/** What an etcd node says of itself, in its log and its status: its term, its role, whom it takes for leader, how far it has applied. */
import { completionOf } from '../completion.ts';
import type { ObservedBelief } from '../system.ts';
import type { Gateway } from './gateway.ts';
import type { RaftLog } from './raft-log.ts';

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

/** Without a log nobody can say of which term its role is: then nothing is said of terms. */
export async function beliefsOf(
  node: string,
  gateway: Gateway,
  names: MemberNames,
  log: RaftLog | null = null,
): Promise<readonly ObservedBelief[]> {
  let status: Awaited<ReturnType<Gateway['status']>>;
  try {
    status = await gateway.status();
  } catch (error) {
    completionOf(error, true);
    return [];
  }
  const id = String((status.header as { readonly member_id?: string } | undefined)?.member_id ?? '');
  names.learn(id, node);
  const position: ObservedBelief = { kind: 'position', value: Number(status.raftAppliedIndex ?? status.raftIndex ?? 0) };
  const named = (leader: string | null): string | null => (leader === null ? null : (names.nameOf(leader) ?? `member ${leader}`));
  const learner = status.isLearner === true;
  const state = log?.read() ?? null;
  if (state !== null) {
    const { role, term: epoch, leader } = state;
    return [
      { kind: 'epoch', value: epoch },
      { kind: 'role', value: learner ? 'learner' : role, epoch },
      { kind: 'leader', value: named(leader), epoch },
      position,
    ];
  }
  const leader = String(status.leader ?? '0');
  const role = leader === id ? 'leader' : learner ? 'learner' : leader === '0' ? 'candidate' : 'follower';
  return [{ kind: 'role', value: role }, { kind: 'leader', value: named(leader === '0' ? null : leader) }, position];
}
