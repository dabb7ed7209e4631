/** Leadership transfer (thesis 3.10). */
import type { Theme } from './case.ts';
import { type Lab, plainConfig } from './lab.ts';

function led(lab: Lab, config = {}): void {
  lab.start(3, { config });
  lab.elect(1);
  lab.beat(1);
  lab.settle();
}

const to = (node: number) => ({ type: 'transfer-leadership', to: node });

export const transfer: Theme = {
  name: 'Leadership transfer',
  file: 'transfer.ts',
  cases: [
    {
      section: 'thesis 3.10',
      claim: 'the target of a transfer is told to campaign, campaigns at once, and leads',
      run(lab) {
        led(lab);
        const asked = lab.order(1, to(3));
        lab.equal(lab.sent('timeoutNow', 1).length, 1, 'orders to campaign');
        lab.settle();
        lab.equal([lab.leaders(), lab.raft(3).term, lab.reply(1, asked)?.outcome], [[3], 2, 'ok'], 'the group');
      },
    },
    {
      section: 'thesis 3.10',
      claim: "a target that lacks entries is told to campaign only once it holds all of the leader's log",
      run(lab) {
        led(lab);
        lab.isolate(3);
        lab.propose(1, 'x');
        lab.settle();
        lab.heal();
        lab.order(1, to(3));
        lab.equal(lab.sent('timeoutNow', 1).length, 0, 'orders to campaign while entries are missing');
        lab.pass(50_000);
        lab.equal([lab.leaders(), lab.raft(3).log.last], [[3], 3], 'the group');
      },
    },
    {
      section: 'thesis 3.10',
      claim: 'a leader takes no proposals while it hands over',
      run(lab) {
        led(lab);
        lab.order(1, to(3));
        const asked = lab.propose(1, 'x');
        lab.equal([lab.reply(1, asked)?.outcome, lab.raft(1).log.last], ['fail', 1], 'the answer');
      },
    },
    {
      section: 'thesis 3.10',
      claim: 'a transfer that is not done within an election time-out is given up, and proposals are taken again',
      run(lab) {
        led(lab);
        lab.isolate(3);
        const asked = lab.order(1, to(3));
        lab.pass(2 * plainConfig.electionTimeoutUs);
        lab.equal([lab.leaders(), lab.raft(1).transferee, lab.reply(1, asked)?.outcome], [[1], 0, 'info'], 'the leader');
        lab.propose(1, 'x');
        lab.settle();
        lab.equal(lab.raft(1).commit, 2, 'its commit index');
      },
    },
    {
      section: 'thesis 3.10, 4.2.3',
      claim: "the target's campaign is heard although the leader is alive, and needs no pre-vote",
      run(lab) {
        led(lab, { checkQuorum: true, preVote: true });
        lab.pass(20_000);
        lab.order(1, to(2));
        lab.settle();
        lab.equal([lab.leaders(), lab.raft(2).term], [[2], 2], 'the group');
      },
    },
    {
      section: 'thesis 3.10',
      claim: 'learners and witnesses cannot be the target',
      run(lab) {
        const initial = { voters: [1, 2, 3], outgoing: [], learners: [4], learnersNext: [], witnesses: [3], autoLeave: false };
        lab.start(4, { config: { initial } });
        lab.elect(1);
        for (const target of [3, 4, 9]) {
          const asked = lab.order(1, to(target));
          lab.equal([lab.reply(1, asked)?.code, lab.raft(1).transferee], ['LC_MEMBERSHIP', 0], `the answer for ${target}`);
        }
      },
    },
    {
      section: 'thesis 6.4.1',
      claim: 'a leader that hands over does not answer reads from its lease',
      run(lab) {
        led(lab, { readMode: 'lease', checkQuorum: true });
        lab.pass(20_000);
        const early = lab.read(1);
        lab.equal(lab.readReady(1, early), 1, 'a read before the transfer');
        lab.order(1, to(3));
        lab.hold(3, 1);
        lab.hold(2, 1);
        lab.settle();
        lab.equal([lab.raft(3).role, lab.raft(1).role], ['leader', 'leader'], 'the target, and the leader that has not heard of it');
        const late = lab.read(1);
        lab.equal(lab.readReady(1, late), null, 'a read after it');
      },
    },
  ],
};
