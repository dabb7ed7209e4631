/** Bracha 1987: what an equivocating sender and its friends can do, by drawn schedules of any delay. */
import { describe, expect, test } from 'vitest';
import { type NodeId, Random } from '../../core/index.ts';
import { type BrachaMessage, ReliableBroadcast } from './reliable-broadcast.ts';

interface Word {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: BrachaMessage;
}

/** Node 1 sends; the first `liars` nodes say to each reader what the seed draws. What honest nodes deliver. */
function broadcast(seed: number, n: number, faults: number, liars: number, Node = ReliableBroadcast): ReadonlyMap<NodeId, number> {
  const random = new Random(seed, 'bracha');
  const ids = Array.from({ length: n }, (_, i) => i + 1);
  const net: Word[] = [];
  const delivered = new Map<NodeId, number>();
  const nodes = new Map(ids.map((id) => [id, new Node(id, ids, { faults, resendUs: 1000 })]));
  const effects = (id: NodeId) =>
    ({
      send: (to: NodeId, message: BrachaMessage) => {
        if (id > liars) net.push({ from: id, to, message });
        // A liar may echo and be ready for both, to different readers, or say nothing.
        else for (const value of [0, 1]) if (random.below(2) === 0) net.push({ from: id, to, message: { ...message, value } });
      },
      indicate: ({ value }: { readonly value: number }) => {
        expect(delivered.has(id), 'integrity').toBe(false);
        delivered.set(id, value);
      },
      timer: () => undefined,
      reply: () => undefined,
    }) as never;
  const request = { id: 1, session: 1, op: { f: 'broadcast', value: 1, game: 'g' }, mode: 'write' as const };
  nodes.get(1)?.step({ kind: 'request', now: 0, from: 99, request }, effects(1));
  while (net.length > 0) {
    const [{ from, to, message }] = net.splice(random.below(net.length), 1) as [Word];
    nodes.get(to)?.step({ kind: 'message', now: 0, from, message }, effects(to));
  }
  for (let id = 1; id <= liars; id++) delivered.delete(id);
  return delivered;
}

/** Agreement and totality. */
const isSound = (delivered: ReadonlyMap<NodeId, number>, honest: number): boolean =>
  new Set(delivered.values()).size <= 1 && (delivered.size === 0 || delivered.size === honest);

describe('reliable broadcast', () => {
  test.each([
    [4, 1],
    [7, 2],
    [10, 3],
  ])('n = %i, f = %i: an honest sender is delivered by all', (n, f) => {
    for (let seed = 1; seed <= 30; seed++) expect([...broadcast(seed, n, f, 0)].map(([, value]) => value)).toEqual(new Array(n).fill(1));
  });

  test.each([
    [4, 1, 600],
    [7, 2, 200],
  ])('n = %i, f = %i liars, the sender one of them: all honest deliver one value, or none does', (n, f, seeds) => {
    let some = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const delivered = broadcast(seed, n, f, f);
      expect([seed, isSound(delivered, n - f)]).toEqual([seed, true]);
      if (delivered.size > 0) some += 1;
    }
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(seeds);
  });

  test('n = 3, f = 1 is broken, and so is n = 4 with two liars', () => {
    const broken = (n: number, liars: number): boolean =>
      Array.from({ length: 400 }, (_, seed) => broadcast(seed, n, 1, liars)).some((delivered) => !isSound(delivered, n - liars));
    expect([broken(3, 1), broken(4, 2)]).toEqual([true, true]);
  });

  test('each threshold is needed: with any of them lower, liars break it', () => {
    const lower: readonly (typeof ReliableBroadcast)[] = [
      class extends ReliableBroadcast {
        override echoQuorum(): number {
          return 2;
        }
      },
      class extends ReliableBroadcast {
        override readySupport(): number {
          return 1;
        }
      },
      class extends ReliableBroadcast {
        override deliverQuorum(): number {
          return 2;
        }
      },
    ];
    for (const Node of lower) {
      const broken = Array.from({ length: 600 }, (_, seed) => broadcast(seed, 4, 1, 1, Node)).some((delivered) => !isSound(delivered, 3));
      expect(broken).toBe(true);
    }
  });

  test('a sender that floods opens no more than its share; nonsense is counted', () => {
    const node = new ReliableBroadcast(2, [1, 2, 3, 4], { faults: 1, resendUs: 1000 });
    const out = new Proxy({}, { get: () => () => undefined }) as never;
    const say = (from: NodeId, message: Partial<BrachaMessage>): void =>
      node.step(
        {
          kind: 'message',
          now: 0,
          from,
          message: { type: 'init', sender: 1, number: 'x', value: 1, delivered: false, again: false, ...message },
        },
        out,
      );
    for (let i = 0; i < 1000; i++) say(1, { number: `${i}` });
    expect(node.broadcasts.size).toBe(64);
    say(3, { sender: 1, number: '1' });
    say(9, {});
    say(3, { sender: 9 });
    say(3, { type: 'echo', number: '1' });
    say(3, { type: 'echo', number: '1', value: 2 });
    expect([...node.dropped].sort()).toEqual([
      ['not-new', 1],
      ['not-sound', 1],
      ['stranger', 2],
      ['too-many', 936],
    ]);
  });

  test('whoever speaks in a sender’s name before it does neither silences it nor takes up its room', () => {
    const peers = [1, 2, 3, 4];
    const word = (type: BrachaMessage['type'], number: string): BrachaMessage => ({
      type,
      sender: 1,
      number,
      value: 2,
      delivered: false,
      again: false,
    });
    const sent: BrachaMessage[] = [];
    const out = new Proxy(
      {},
      { get: (_, name) => (name === 'send' ? (_to: number, message: BrachaMessage) => sent.push(message) : () => undefined) },
    );
    const hear = (node: ReliableBroadcast, from: NodeId, message: BrachaMessage): void =>
      node.step({ kind: 'message', now: 0, from, message }, out as never);
    const sender = new ReliableBroadcast(1, peers, { faults: 1, resendUs: 1000 });
    hear(sender, 4, word('echo', 'mine'));
    const request = { id: 1, session: 1, op: { f: 'broadcast', value: 1, game: 'mine' }, mode: 'write' } as const;
    for (let i = 0; i < 2; i++) sender.step({ kind: 'request', now: 0, from: 9, request }, out as never);
    expect(sent.map(({ type, value }) => `${type} ${value}`)).toEqual(['init 1', 'init 1', 'init 1', 'echo 1', 'echo 1', 'echo 1']);

    const other = new ReliableBroadcast(2, peers, { faults: 1, resendUs: 1000 });
    for (let i = 0; i < 1000; i++) hear(other, 4, word('echo', `${i}`));
    expect([other.broadcasts.size, other.dropped.get('too-many')]).toEqual([64, 936]);
    hear(other, 1, word('init', 'mine'));
    expect(other.broadcasts.get('1/mine')?.echoed).toBe(2);
  });
});
