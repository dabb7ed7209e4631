import { describe, expect, test } from 'vitest';
import { type Effects, type NodeId, Random, Writer } from '../../core/index.ts';
import { BenOr, type BenOrMessage, type Bit, messageSchema } from './index.ts';

type Out = Effects<BenOrMessage, never, never>;

/** Runs a group on a random schedule; processes of `stopped` stop after so many steps. What each decided, and when. */
function run(inputs: readonly Bit[], seed: number, make: typeof BenOr = BenOr, stops = true) {
  const random = new Random(seed, 'schedule');
  const coins = new Random(seed, 'coins');
  const peers = inputs.map((_, i) => i + 1);
  const stopped = Math.ceil(peers.length / 2) - 1;
  const nodes = inputs.map((input, i) => new make(i + 1, peers, { input, stopped }));
  const mail: { from: NodeId; to: NodeId; message: BenOrMessage }[] = [];
  const down = new Map(
    stops
      ? random
          .shuffle([...peers])
          .slice(0, stopped)
          .map((id) => [id, random.below(40)])
      : [],
  );
  const decisions = new Map<NodeId, Bit>();
  const out = (from: NodeId) =>
    ({
      send: (to: NodeId, message: BenOrMessage) => mail.push({ from, to, message }),
      choose: (n: number) => coins.below(n),
      belief: (kind: string, value: Bit) => {
        if (kind !== 'decision') return;
        expect(decisions.has(from)).toBe(false);
        decisions.set(from, value);
      },
    }) as unknown as Out;
  nodes.forEach((node, i) => {
    node.step({ kind: 'start', now: 0, records: [] }, out(i + 1));
  });
  let steps = 0;
  for (; steps < 20_000 && mail.length > 0; steps++) {
    const [{ from, to, message }] = mail.splice(random.below(mail.length), 1) as [(typeof mail)[number]];
    if (steps >= (down.get(to) ?? Number.POSITIVE_INFINITY)) continue;
    nodes[to - 1]?.step({ kind: 'message', now: 0, from, message }, out(to));
    if (peers.every((id) => down.has(id) || decisions.has(id))) break;
  }
  return { decisions, alive: peers.filter((id) => !down.has(id)), rounds: Math.max(...nodes.map((node) => node.round)) };
}

const inputsOf = (random: Random, count: number): Bit[] => Array.from({ length: count }, () => random.below(2) as Bit);

describe('Ben-Or 1983, protocol A', () => {
  test('agreement and termination: all that do not stop decide, and alike, though fewer than half stop', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = new Random(seed);
      const { decisions, alive } = run(inputsOf(random, random.pick([2, 3, 4, 5, 7])), seed);
      for (const id of alive) expect(decisions.has(id), `seed ${seed}, n${id}`).toBe(true);
      expect(new Set(decisions.values()).size, `seed ${seed}`).toBe(1);
    }
  });

  test('validity: where all begin with one bit it is decided in the first round', () => {
    for (const bit of [0, 1] as const) {
      for (let seed = 1; seed <= 20; seed++) {
        const { decisions, rounds } = run([bit, bit, bit, bit, bit], seed, BenOr, false);
        expect([...new Set(decisions.values())]).toEqual([bit]);
        expect(rounds).toBeLessThanOrEqual(3);
      }
    }
  });

  test('a process that proposes what half hold, or decides on one proposal, breaks agreement', () => {
    class HalfProposes extends BenOr {
      override proposal(reports: readonly number[]): number {
        return reports[0] as number;
      }
    }
    class OneDecides extends BenOr {
      override decides(): boolean {
        return true;
      }
    }
    for (const Bug of [HalfProposes, OneDecides]) {
      let broken = 0;
      for (let seed = 1; seed <= 300; seed++) {
        const { decisions } = run(inputsOf(new Random(seed), 5), seed, Bug);
        if (new Set(decisions.values()).size > 1) broken++;
      }
      expect(broken, Bug.name).toBeGreaterThan(0);
    }
  });

  test('what is malformed, foreign, repeated or past is dropped and counted, and changes nothing else', () => {
    const random = new Random(7);
    const node = new BenOr(1, [1, 2, 3, 4, 5], { input: 1, stopped: 2 });
    const out = { send() {}, belief() {}, choose: () => 0 } as unknown as Out;
    node.step({ kind: 'start', now: 0, records: [] }, out);
    const bytes = (): string => {
      const copy = node.clone() as BenOr;
      copy.dropped = 0;
      const w = new Writer();
      copy.encode(w);
      return String(w.take());
    };
    for (let i = 0; i < 3000; i++) {
      const message = messageSchema.sample(random);
      const from = random.below(9);
      const before = bytes();
      const { dropped } = node;
      const strange = from < 1 || from > 5 || message.value > 2 || message.round === 0 || message.round > node.round + 1000;
      const foreign = strange || (message.type === 'report' && message.value > 1);
      node.step({ kind: 'message', now: 0, from, message }, out);
      if (!foreign) continue;
      expect(node.dropped).toBe(dropped + 1);
      expect(bytes()).toBe(before);
    }
    expect(node.dropped).toBeGreaterThan(1000);
  });

  test('a copy goes its own way', () => {
    const node = new BenOr(1, [1, 2, 3], { input: 1, stopped: 1 });
    const out = { send() {}, belief() {}, choose: () => 0 } as unknown as Out;
    node.step({ kind: 'start', now: 0, records: [] }, out);
    const copy = node.clone();
    copy.step({ kind: 'message', now: 0, from: 2, message: { type: 'report', round: 1, value: 1 } }, out);
    expect([node.phase, copy.phase]).toEqual(['report', 'propose']);
  });
});
