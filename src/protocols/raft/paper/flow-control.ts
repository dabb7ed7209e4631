/** Batching, pipelining and flow control by messages and bytes (thesis 10.2; our README). */
import type { Theme } from './case.ts';
import type { Lab } from './lab.ts';

function led(lab: Lab, config: object): void {
  lab.start(3, { config });
  lab.elect(1);
  lab.beat(1);
  lab.settle();
}

const propose = (lab: Lab, count: number): void => {
  for (let i = 0; i < count; i++) lab.propose(1, `op${i}`);
};

export const flowControl: Theme = {
  name: 'Batching and flow control',
  file: 'flow-control.ts',
  cases: [
    {
      section: 'thesis 10.2.2',
      claim: 'a leader sends the next entries without waiting for the answer to those before (pipelining)',
      run(lab) {
        led(lab, {});
        propose(lab, 3);
        lab.equal(
          lab.sent('app', 1, 2).map((m) => m.index),
          [1, 2, 3],
          'indexes before the entries sent',
        );
        lab.settle();
        lab.equal(lab.terms(2).length, 4, "the follower's log");
      },
    },
    {
      section: 'README',
      claim: 'no more messages with entries are under way to a follower than its window allows',
      run(lab) {
        led(lab, { maxInflightMessages: 2 });
        propose(lab, 6);
        const full = (): number => lab.sent('app', 1, 2).filter((m) => m.entries.length > 0).length;
        lab.equal(full(), 2, 'messages under way');
        lab.deliver('app', 1, 2);
        lab.equal(full(), 0, 'messages under way, none acknowledged');
        lab.deliver('appResp', 2);
        lab.holds(full() >= 1 && full() <= 2, 'acknowledgements let the next ones go');
        lab.settle();
        lab.equal(lab.terms(2).length, 7, "the follower's log");
      },
    },
    {
      section: 'README',
      claim: 'no more bytes of entries are under way to a follower than its window allows',
      run(lab) {
        led(lab, { maxMessageBytes: 100, maxInflightBytes: 100 });
        for (let i = 0; i < 6; i++) lab.propose(1, 'x'.repeat(60));
        lab.equal(lab.sent('app', 1, 2).filter((m) => m.entries.length > 0).length, 2, 'messages of 62 bytes under way');
        lab.settle();
        lab.equal(lab.terms(2).length, 7, "the follower's log");
      },
    },
    {
      section: 'README',
      claim: 'a message carries no more bytes of entries than it may, and at least one entry',
      run(lab) {
        led(lab, { maxMessageBytes: 130 });
        lab.isolate(3);
        for (let i = 0; i < 5; i++) lab.propose(1, 'x'.repeat(60));
        lab.propose(1, 'y'.repeat(500));
        lab.settle();
        lab.heal();
        lab.beat(1);
        lab.deliver('heartbeat', 1, 3);
        lab.deliver('heartbeatResp', 3);
        const sizes: number[] = [];
        for (let i = 0; i < 20 && lab.network.length > 0; i++) {
          for (const m of lab.sent('app', 1, 3)) if (m.entries.length > 0) sizes.push(m.entries.length);
          lab.deliver('app', 1, 3);
          lab.deliver('appResp', 3);
        }
        lab.holds(sizes.length > 0 && sizes.every((entries) => entries <= 2), `batches of at most two entries of 62 bytes (${sizes})`);
        lab.pass(50_000);
        lab.equal([lab.terms(3).length, sizes.includes(2)], [7, true], "the follower's log");
      },
    },
    {
      section: 'thesis 10.2.2',
      claim: 'what a follower lacks goes in one message (batching)',
      run(lab) {
        led(lab, {});
        lab.isolate(3);
        propose(lab, 5);
        lab.settle();
        lab.heal();
        lab.beat(1);
        lab.settle();
        lab.beat(1);
        lab.settle();
        lab.equal(lab.terms(3).length, 6, "the follower's log after two heartbeats");
      },
    },
    {
      section: 'README',
      claim: 'a leader refuses proposals while too many bytes are not committed, and takes them again afterwards',
      run(lab) {
        led(lab, { maxUncommittedBytes: 100 });
        lab.isolate(1);
        lab.propose(1, 'x'.repeat(60));
        const refused = lab.propose(1, 'x'.repeat(60));
        lab.equal([lab.reply(1, refused)?.code, lab.raft(1).log.last], ['LC_OVERLOADED', 2], 'the answer');
        lab.heal();
        lab.pass(50_000);
        lab.propose(1, 'x'.repeat(60));
        lab.equal(lab.raft(1).log.last, 3, 'the log after the commit');
      },
    },
    {
      section: 'README',
      claim: 'a follower that is not known to be in step is probed with one message at a time',
      run(lab) {
        lab.start(3);
        lab.isolate(3);
        lab.expire(1);
        lab.settle();
        propose(lab, 3);
        lab.equal(lab.sent('app', 1, 3).length, 0, 'more messages to the follower that does not answer');
        lab.settle();
        lab.heal();
        lab.pass(50_000);
        lab.equal(lab.terms(3).length, 4, "the follower's log once it answers");
      },
    },
  ],
};
