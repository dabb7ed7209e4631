/**
 * What a server owes its disk (Raft figure 2, "Persistent state"; 5.3; thesis 3.8, 10.2.1): it restarts as what its disk
 * says, applies only what it could apply again, deletes only what conflicts, and hands over no more than it may.
 */
import type { Raft } from '../../../protocols/raft/index.ts';
import type { RaftLimits } from './raft-conduct.ts';
import type { DiskLog } from './raft-quorums.ts';
import { type BeforeStep, fail } from './raft-receiver-rules.ts';

/** The first step of a server's life. */
export function restartedAsWritten({ id, term, vote, log }: Raft, disk: DiskLog): void {
  if (term !== disk.term || vote !== disk.vote)
    fail('restarts-as-written', `n${id} restarts in term ${term} with vote ${vote}, its disk has ${disk.term} and ${disk.vote} (Raft 5.2)`);
  if (log.last !== disk.last || log.lastTerm !== disk.lastTerm)
    fail(
      'restarts-as-written',
      `n${id} restarts with entry ${log.last} of term ${log.lastTerm} as its last, its disk has ${disk.last} of ${disk.lastTerm} (Raft 5.3)`,
    );
}

export function storedWell(node: Raft, before: BeforeStep, disk: DiskLog, limits: RaftLimits): void {
  const { id, log } = node;
  const { applied, base, last } = log;
  if (applied > before.applied && applied > base && !disk.holds(applied, log.term(applied)))
    fail('applied-is-durable', `n${id} applied entry ${applied} of term ${log.term(applied)}, which its disk does not have`);
  if (last < before.last && base === before.base && log.changedFrom > last)
    fail('deletes-only-conflicts', `n${id} deletes entries ${last + 1} to ${before.last} and has nothing in their place (Raft 5.3)`);
  if (node.writesInFlight > limits.maxInflightPersists)
    fail('write-window', `n${id} has ${node.writesInFlight} writes under way, ${limits.maxInflightPersists} are allowed`);
}
