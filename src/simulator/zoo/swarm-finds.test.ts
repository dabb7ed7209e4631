import { expect, test } from 'vitest';
import { campaign } from '../campaign.ts';
import { raftSubject } from '../subjects/raft.ts';
import type { Mutant } from './mutant.ts';
import { mutantNamed } from './raft-mutants.ts';

/** One budget for all, no setting of a mutant's own: the first seeds of the default portfolio. */
const SEEDS = 100;

const found = [
  'double-vote',
  'vote-not-persisted',
  'vote-before-persist',
  'no-up-to-date-check',
  'election-quorum-off-by-one',
  'counts-refusals-as-votes',
  'counts-votes-twice',
  'own-vote-before-persist',
  'campaign-without-new-term',
  'ignores-votes',
  'votes-for-nobody',
  'never-campaigns',
  'leads-in-silence',
  'commit-quorum-off-by-one',
  'no-truncation',
  'truncates-on-every-append',
  'heartbeat-commits-beyond-match',
  'leader-drops-tail',
  'never-commits',
  'followers-never-told',
  'gives-up-after-refusal',
  'stuck-probe',
  'learners-count',
  'ack-before-persist',
  'commit-from-unsynced-leader',
  'log-tail-lost-on-restart',
  'snapshot-overwrites-newer-log',
  'recovers-without-snapshot',
  'snapshot-never-sent',
  'newcomer-without-log',
  'stale-read-index',
  'follower-reads-alone',
  'reads-never-answered',
  'snapshot-without-sessions',
  'lease-without-quorum',
];

test.each(found)(`%s is found within ${SEEDS} seeds of the default campaign`, (id) => {
  const mutant = mutantNamed(id) as Mutant;
  const { failures } = campaign({ subject: raftSubject({ raft: mutant.raft, replica: mutant.replica }), seeds: SEEDS, mutant: id });
  expect(failures).toHaveLength(1);
});

test('Raft itself survives the same seeds and as many again', () => {
  const { failures } = campaign({ subject: raftSubject(), seeds: 2 * SEEDS });
  expect(failures.map(({ seed, result }) => [seed, result.violation?.message])).toEqual([]);
});
