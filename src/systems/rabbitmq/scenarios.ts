/** What a queue loses when its cluster splits, by how it is replicated and how the split is healed. */
import { scenarios, type Timing } from '../schedule.ts';

const publishing = { workload: 'queue', readShare: 0, timeoutMs: 3000, ratePerSecond: 400 } as const;
const isolateThenKill = (time: Timing) => [
  time.during(0.15, 0.7, { fault: 'partition', shape: 'isolate', node: 'leader' }),
  time.during(0.8, 0.9, { fault: 'kill', node: 'follower' }),
];

export const rabbitmqScenarios = scenarios('rabbitmq', {
  default: (time) => ({
    about: 'A quorum queue whose leader is cut off, then a node is killed: what was confirmed comes out (control of mirrored-autoheal).',
    ...publishing,
    faults: isolateThenKill(time),
  }),
  quorum: (time) => ({
    about: 'A quorum queue whose leader is cut off, then a node is killed: what was confirmed comes out (control of mirrored-autoheal).',
    ...publishing,
    faults: isolateThenKill(time),
  }),
  'mirrored-autoheal': (time) => ({
    about: 'A mirrored classic queue that heals itself: both sides of a split confirm, and what the losing side confirmed is gone.',
    ...publishing,
    settings: { queueType: 'mirrored', partitionHandling: 'autoheal' },
    faults: isolateThenKill(time),
  }),
});
