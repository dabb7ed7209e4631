import { expect, test } from 'vitest';
import type { Effects, OrderingIndication } from '../../core/index.ts';
import { defaultRaftConfig, Raft, type RaftMessage, type RaftRecord, raftProtocol } from './index.ts';

/** A host of one node that answers nothing: it keeps timers, completes writes at once, counts what is sent. */
class Alone {
  readonly due = new Map<number, number>();
  readonly sent: RaftMessage[] = [];
  readonly #writes: number[] = [];
  readonly raft: Raft;
  readonly out: Effects<RaftMessage, RaftRecord, OrderingIndication>;
  now = 0;

  constructor(raft: Raft) {
    this.raft = raft;
    const nothing = (): void => {};
    this.out = {
      send: (_to, message) => this.sent.push(message),
      persist: (token) => this.#writes.push(token),
      checkpoint: (token) => this.#writes.push(token),
      timer: (timer, atUs) => this.due.set(timer, atUs),
      choose: () => 0,
      load: nothing,
      sign: nothing,
      verify: nothing,
      request: nothing,
      reply: nothing,
      indicate: nothing,
      belief: nothing,
    };
    raft.step({ kind: 'start', now: 0, records: [] }, this.out);
    this.settle();
  }

  settle(): void {
    for (let token = this.#writes.shift(); token !== undefined; token = this.#writes.shift())
      this.raft.step({ kind: 'persisted', now: this.now, token }, this.out);
  }

  /** Fire timers until `untilUs`; of those due at one instant the highest number first, as a host may. */
  run(untilUs: number): void {
    for (;;) {
      const [next] = [...this.due].filter(([, at]) => at <= untilUs).sort((a, b) => a[1] - b[1] || b[0] - a[0]);
      if (next === undefined) return;
      this.due.delete(next[0]);
      this.now = Math.max(this.now, next[1]);
      this.raft.step({ kind: 'timer', now: this.now, timer: next[0] }, this.out);
      this.settle();
    }
  }

  hear(from: number, message: Partial<RaftMessage>): void {
    const template = this.sent[0] as RaftMessage;
    this.raft.step({ kind: 'message', now: this.now, from, message: { ...template, ...message } }, this.out);
    this.settle();
  }
}

const typeOf = (host: Alone): number => (host.sent.at(-1) as RaftMessage).type;

test('a leader that hears nobody steps down within two election time-outs, also when heartbeats fall due at the same instants (thesis 6.2)', () => {
  expect(raftProtocol.timers).toEqual(['election', 'heartbeat']);
  expect(defaultRaftConfig.electionTimeoutUs % defaultRaftConfig.heartbeatUs).toBe(0);
  const host = new Alone(new Raft(1, [1, 2, 3], { ...defaultRaftConfig, preVote: false }));
  host.run(defaultRaftConfig.electionTimeoutUs);
  expect(host.raft.role).toBe('candidate');
  const vote = typeOf(host);
  host.hear(2, { type: (vote + 1) as RaftMessage['type'], term: 1, reject: false });
  expect(host.raft.role).toBe('leader');
  host.run(host.now + 2 * defaultRaftConfig.electionTimeoutUs + 1);
  expect(host.raft.role).not.toBe('leader');
});

test('a node that is cut off keeps asking for pre-votes and never raises its term, whatever it was before (thesis 9.6)', () => {
  const host = new Alone(new Raft(1, [1, 2, 3], { ...defaultRaftConfig, version: 2 }));
  host.raft.step(
    { kind: 'start', now: 0, records: [{ term: 4, vote: 0, commit: 0, first: 1, entries: [], snapshot: null, baseTerm: 0 }] },
    host.out,
  );
  host.run(20 * defaultRaftConfig.electionTimeoutUs);
  expect(host.raft.term).toBe(4);
  expect(host.raft.role).toBe('pre-candidate');
  expect(host.sent.length).toBeGreaterThan(10);
});
