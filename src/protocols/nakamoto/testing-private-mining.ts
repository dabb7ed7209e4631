/**
 * How often private mining takes back a confirmed payment, measured by running it: a node that mines honestly, and one whose
 * messages the host holds back until its secret branch has more work (the attack of Nakamoto 2008, section 11, with one
 * block mined in advance as in Rosenfeld 2014). For tests and campaigns: the nodes are the protocol's, the attack is the host's.
 */
import { Random } from '../../core/index.ts';
import { ChainLab } from './testing.ts';

const [HONEST, ATTACKER] = [1, 2];
/** Behind by so many blocks the attacker gives up: with 40 % of the power it would catch up in one case of a thousand. */
const HOPELESS = 18;
const DIFFICULTY = 8;

/** One race; true when a payment of `z` confirmations was taken back. `share`: the attacker's, in percent. */
function isReversed(seed: number, share: number, z: number): boolean {
  const config = { confirmations: z, firstDifficulty: DIFFICULTY, retargetEvery: 1_000_000, power: 1 };
  const lab = new ChainLab(seed, [config, config]);
  const random = new Random(seed, 'race');
  const blocks = (id: number): number => lab.node(id).tree.tip.height;
  const toss = (): void => {
    lab.mine([random.below(100) < share ? ATTACKER : HONEST]);
    // What the honest node says reaches the attacker, who ignores it while its own branch is a secret.
    lab.net = [];
  };
  while (blocks(ATTACKER) < 1) lab.mine([ATTACKER]);
  lab.pay(HONEST, 9, 1, 'coin', 'merchant');
  while (!lab.answers.some(({ outcome }) => outcome === 'ok')) toss();
  while (blocks(ATTACKER) <= blocks(HONEST)) {
    if (blocks(HONEST) - blocks(ATTACKER) > HOPELESS) return false;
    toss();
  }
  lab.net = [];
  lab.announce();
  for (let left = 100; left > 0 && lab.node(HONEST).tree.tip.id !== lab.node(ATTACKER).tree.tip.id; left--) {
    lab.deliver();
    lab.announce();
  }
  return lab.node(HONEST).tree.spenderOf('coin') === undefined;
}

/** The share of `runs` races in which the payment was reversed. */
export function measuredReversal(share: number, z: number, runs: number): number {
  let reversed = 0;
  for (let run = 1; run <= runs; run++) if (isReversed(run * 1000 + share * 10 + z, share, z)) reversed += 1;
  return reversed / runs;
}
