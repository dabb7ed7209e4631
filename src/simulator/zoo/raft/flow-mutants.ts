/** Mutants of batching, pipelining and flow control (thesis 10.2): they cost time, or break a limit on memory and traffic. */
import type { NodeId } from '../../../core/index.ts';
import { type Entry, Inflights, Progress, Raft, type RaftMessage } from '../../../protocols/raft/index.ts';
import { harmlessMutant, type Mutant, raftMutant } from './mutant.ts';

export const flowMutants: readonly Mutant[] = [
  harmlessMutant(
    'probes-one-by-one',
    'goes back one entry at a time, whatever the follower says about its log',
    'repair takes more messages',
    class extends Raft {
      protected override handleAppendResponse(member: Progress, m: RaftMessage): void {
        super.handleAppendResponse(member, m.reject ? { ...m, hint: Math.max(m.index - 1, 0), logTerm: 0 } : m);
      }
    },
  ),
  harmlessMutant(
    'one-message-at-a-time',
    'waits for the answer to an append before it sends the next (no pipelining)',
    'slower, and right',
    class extends Raft {
      protected override newProgress(id: NodeId): Progress {
        return new Progress(id, new Inflights(1, 0));
      }
    },
  ),
  raftMutant(
    'no-window',
    'sends any number of messages and bytes that are not acknowledged',
    'flow-window',
    class extends Raft {
      protected override newProgress(id: NodeId): Progress {
        return new Progress(id, new Inflights(1_000_000, 0));
      }
    },
  ),
  raftMutant(
    'no-message-limit',
    'puts everything that a follower lacks into one message',
    'message-size',
    class extends Raft {
      protected override maybeSendAppend(member: Progress, evenEmpty: boolean): boolean {
        const config = this.config as { maxMessageBytes: number };
        const { maxMessageBytes } = config;
        config.maxMessageBytes = Number.POSITIVE_INFINITY;
        const sent = super.maybeSendAppend(member, evenEmpty);
        config.maxMessageBytes = maxMessageBytes;
        return sent;
      }
    },
  ),
  harmlessMutant(
    'one-entry-a-message',
    'sends one entry in a message, however much the follower lacks (no batching)',
    'more messages, the same order',
    class extends Raft {
      protected override maybeSendAppend(member: Progress, evenEmpty: boolean): boolean {
        const config = this.config as { maxMessageBytes: number };
        const { maxMessageBytes } = config;
        config.maxMessageBytes = 1;
        const sent = super.maybeSendAppend(member, evenEmpty);
        config.maxMessageBytes = maxMessageBytes;
        return sent;
      }
    },
  ),
  raftMutant(
    'takes-any-amount',
    'takes proposals however much is not committed',
    'uncommitted-bytes',
    class extends Raft {
      protected override appendEntry(entry: Entry): boolean {
        this.uncommittedBytes = 0;
        return super.appendEntry(entry);
      }
    },
  ),
];
