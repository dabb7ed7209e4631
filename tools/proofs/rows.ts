/**
 * What is proved on real systems: each row is one `lightcone check` command and the verdict that it must come to. A
 * control is the same without what breaks the promise; it counts only in runs in which its danger was there.
 */

/** `violation`: found in every run. `sometimes`: in at least one run of twenty. `pass`: in no run, and decided in every one. */
export type Expectation = 'violation' | 'sometimes' | 'pass';

export interface ProofRow {
  readonly system: string;
  readonly scenario: string;
  /** `--time`, seconds. */
  readonly seconds: number;
  readonly expect: Expectation;
  readonly about: string;
  /**
   * Codes of which one must have been answered for the run to have been in danger, where the scenario has no fault that
   * could be seen to bite: a lease that ran out, transactions that clashed.
   */
  readonly danger?: readonly string[];
  /** The lead must have changed hands. */
  readonly deposes?: boolean;
}

const found = (system: string, scenario: string, seconds: number, about: string): ProofRow => ({
  ...{ system, scenario, seconds, about, expect: 'violation' },
});
const clean = (system: string, scenario: string, seconds: number, about: string, more: Partial<ProofRow> = {}): ProofRow => ({
  ...{ system, scenario, seconds, about, expect: 'pass', ...more },
});

const CLASH = ['SQL_40001', 'SQL_40P01'];

export const rows: readonly ProofRow[] = [
  found('redis-sentinel', 'default', 12, 'a primary that was cut off is overruled'),
  found('redis-sentinel', 'partition-primary-min-replicas', 12, 'the same with `min-replicas-to-write 1`'),
  found('redis-sentinel', 'restart-primary', 12, 'the old primary comes back as one'),
  clean('redis-sentinel', 'kill-primary', 15, 'control: killed, and stays down', { deposes: true }),
  found('redis-sentinel', 'replica-reads', 8, 'reads from replicas 100 ms behind'),
  clean('redis-sentinel', 'primary-reads', 8, 'control: the same delay, reads from the primary'),
  found('postgres', 'default', 10, 'asynchronous: a standby is promoted during a partition'),
  clean('postgres', 'sync-promote', 10, 'control: synchronous'),
  found('postgres', 'cancelled-sync', 10, 'synchronous, waits cancelled'),
  found('postgres', 'replica-read-async', 8, 'reads from standbys, commits wait for none'),
  found('postgres', 'replica-read', 8, 'reads from standbys, commits wait for any one'),
  found('postgres', 'replica-read-remote-write', 8, 'reads from standbys, commits wait until all have written'),
  clean('postgres', 'replica-read-remote-apply', 8, 'control: commits wait until all have applied'),
  found('postgres', 'bank-read-committed', 8, 'transfers under read committed'),
  clean('postgres', 'bank-serializable', 8, 'control: serializable', { danger: CLASH }),
  found('postgres', 'list-append-repeatable-read', 8, 'write skew under snapshot isolation'),
  clean('postgres', 'list-append', 8, 'control: serializable', { danger: CLASH }),
  clean('postgres', 'kill-primary', 8, 'control: the primary is killed and starts again'),
  clean('postgres', 'clock-jump', 10, 'the clock of the primary jumps an hour ahead, then two hours back'),
  found('etcd', 'stale-reads', 8, 'serializable reads from a follower that was cut off'),
  found('etcd', 'stale-reads-delay', 8, 'serializable reads, nodes 30 ms apart, nothing cut'),
  clean('etcd', 'linearizable-reads', 8, 'control: linearizable reads, which it refuses'),
  found('etcd', 'lock', 20, 'a counter under a lock whose holders outlive their lease'),
  clean('etcd', 'lock-fenced', 20, 'control: with a fencing token', { danger: ['LOCK_LOST'] }),
  clean('etcd', 'one-way', 12, 'one-way cuts of the leader: another leads', { deposes: true }),
  found('etcd', 'one-way-follower', 10, 'a deaf follower drives up the term, and deposes the leader'),
  clean('etcd', 'one-way-follower-pre-vote', 10, 'control: pre-vote'),
  clean('etcd', 'default', 12, 'cuts of the leader and of a half', { deposes: true }),
  clean('etcd', 'kill-leader', 12, 'the leader is killed, and later loses its disk', { deposes: true }),
  clean('etcd', 'list-append', 12, 'transactions while the leader is cut off and killed', { deposes: true }),
  clean('etcd', 'rw-register', 12, 'the same with registers', { deposes: true }),
  clean('etcd', 'disk-full', 12, 'the disk of a follower, then of the leader, is full for a while'),
  clean('etcd', 'slow-disk', 12, 'each fsync of the leader takes 100 ms longer'),
  found('zookeeper', 'stale-reads', 8, 'reads after the write of another session, servers 60 ms apart'),
  clean('zookeeper', 'sync-reads', 8, 'control: `sync` first'),
  found('zookeeper', 'isolated-follower', 10, 'a follower that was cut off serves old values until it notices'),
  clean('zookeeper', 'sessions', 10, 'control: own writes are seen, and nothing goes back'),
  clean('zookeeper', 'default', 15, 'the leader is cut off, then killed', { deposes: true }),
  found('nats', 'power-loss', 10, 'power lost on all nodes: it never forced its messages to a disk'),
  found('nats', 'power-loss-two', 20, 'power lost on two nodes of three'),
  clean('nats', 'power-loss-one', 10, 'control: power lost on one node'),
  clean('nats', 'kill-all', 10, 'control: all nodes killed'),
  clean('nats', 'default', 15, 'the leader of the stream is cut off, then all nodes are killed'),
  clean('nats', 'partition', 10, 'control: the leader of the stream is cut off'),
  found('rabbitmq', 'mirrored-autoheal', 25, 'a mirrored queue is split, and heals by dropping one side'),
  clean('rabbitmq', 'quorum', 25, 'control: a quorum queue', { deposes: true }),
  found('nats', 'compare-and-set', 5, 'two who expect the same last message are both acknowledged'),
  { system: 'nats', scenario: 'rolling-kill', seconds: 30, expect: 'sometimes', about: 'one node after another is killed' },
];

export const nameOf = ({ system, scenario }: ProofRow): string => `${system} ${scenario}`;

/** As it is typed, without what is default. */
export const commandOf = ({ system, scenario, seconds }: ProofRow): string =>
  `${system}${scenario === 'default' ? '' : ` --scenario ${scenario}`} --time ${seconds}s`;
