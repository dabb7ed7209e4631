/** JetStream acknowledges once a majority has a message in memory: what survives kills, and what a power cut takes. */
import { scenarios, type Timing } from '../schedule.ts';

/** Whatever replica serves a read at the end, when all keep up again: it must have what was acknowledged. */
const checks = [{ check: 'durability', everywhere: true }, { check: 'set-full' }];
const publishing = { workload: 'replication', readShare: 0, timeoutMs: 2000, ratePerSecond: 1200, checks } as const;
const isolate = (node: string) => ({ fault: 'partition', shape: 'isolate', node }) as const;
const KILLS = 11;

/** One node after another, several times, each back at once: of 30 s, 0.5 s down and the next one 2.5 s later. */
const rolling = (time: Timing) =>
  Array.from({ length: KILLS }, (_, i) => {
    const from = 0.07 + i / 12;
    return time.during(from, from + 1 / 60, { fault: 'kill', node: `n${(i % 3) + 1}` });
  });

export const natsScenarios = scenarios('nats', {
  default: (time) => ({
    about: 'The leader of the stream is cut off, then all nodes are killed at once: what was acknowledged survives.',
    ...publishing,
    faults: [time.during(0.15, 0.4, isolate('leader')), time.during(0.6, 0.7, { fault: 'kill', node: 'all' })],
  }),
  'rolling-kill': (time) => ({
    about: 'One node after another is killed and starts again, the next soon after: now and then a replica lacks what was acknowledged.',
    ...publishing,
    checks: [...checks, { check: 'convergence' }],
    faults: rolling(time),
  }),
  'compare-and-set': () => ({
    about: 'Publishers that each expect the same last message of a subject: only one of them may be acknowledged. No fault.',
    workload: 'cas-register',
    readShare: 0.2,
  }),
  partition: (time) => ({
    about: 'The leader of the stream is cut off (control of rolling-kill).',
    ...publishing,
    faults: [time.during(0.2, 0.6, isolate('leader'))],
  }),
  'kill-all': (time) => ({
    about: 'All nodes are killed at once: what the operating system had it still has (control of power-loss).',
    ...publishing,
    faults: [time.during(0.5, 0.6, { fault: 'kill', node: 'all' })],
  }),
  'power-loss': (time) => ({
    about: 'The power of all nodes fails: acknowledged messages were never forced to a disk, and are lost.',
    ...publishing,
    faults: [time.during(0.5, 0.6, { fault: 'power-loss', node: 'all' })],
  }),
  'power-loss-two': (time) => ({
    about:
      'The power of two of three nodes fails, and the third is killed and comes back last: the majority without the messages overrules it.',
    ...publishing,
    faults: [
      // Long enough for the two to elect: they wait for some seconds before they do.
      time.during(0.2, 0.95, { fault: 'kill', node: 'n3' }),
      time.during(0.2, 0.25, { fault: 'power-loss', node: 'n1' }),
      time.during(0.2, 0.25, { fault: 'power-loss', node: 'n2' }),
    ],
  }),
  'power-loss-one': (time) => ({
    about: 'The power of one node fails: it gets from the others what it lost (control of power-loss).',
    ...publishing,
    faults: [time.during(0.5, 0.6, { fault: 'power-loss', node: 'follower' })],
  }),
});
