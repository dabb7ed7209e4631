import { describe, expect, test } from 'vitest';
import { type NodeId, Random, type Value } from '../core/index.ts';
import { parseBehaviours } from './adversaries/behaviour.ts';
import { Disk } from './disk.ts';
import { LocalClock } from './local-clock.ts';
import { Network } from './network.ts';
import { SymbolicCrypto } from './symbolic-crypto.ts';
import { calmLinks } from './testing.ts';

describe('a local clock', () => {
  test('shows a time for the first time exactly when `world` says, whatever its rate, jumps and offset', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = new Random(seed, 'clock');
      const clock = new LocalClock(random.between(-1_000_000, 1_000_000), random.between(-300_000, 300_000));
      let now = 0;
      for (let i = 0; i < 20; i++) {
        now += random.below(1_000_000);
        if (random.below(3) === 0) clock.jump(now, random.between(-500_000, 500_000));
        if (random.below(3) === 0) clock.drift(now, random.pick([0, random.between(-300_000, 300_000)]));
        const wanted = clock.local(now) + random.between(-1000, 2_000_000);
        const at = clock.world(wanted, now);
        expect(clock.local(at), `seed ${seed}`).toBeGreaterThanOrEqual(wanted);
        if (at > now) expect(clock.local(at - 1), `seed ${seed}`).toBeLessThan(wanted);
      }
    }
  });

  test('without a jump it never goes back', () => {
    const clock = new LocalClock(0, -999_000);
    for (let now = 1; now < 5000; now++) expect(clock.local(now)).toBeGreaterThanOrEqual(clock.local(now - 1));
  });
});

describe('a disk', () => {
  const make = (seed: number): { disk: Disk; durable: unknown[] } => {
    const durable: unknown[] = [];
    return { disk: new Disk({ syncMinUs: 5, syncMaxUs: 5 }, new Random(seed), (record) => durable.push(record)), durable };
  };

  test('a sync covers what was written before it began, and no more (group commit)', () => {
    const { disk } = make(1);
    disk.write(1, 'a', false);
    disk.write(2, 'b', false);
    expect(disk.beginSync()).toBe(5);
    disk.write(3, 'c', false);
    expect(disk.beginSync()).toBe(-1);
    const done: number[] = [];
    disk.endSync(done);
    expect([done, disk.journal, disk.durable]).toEqual([[1, 2], ['a', 'b'], 2]);
  });

  test('a crash keeps a prefix; a torn write never keeps all; what was durable stays', () => {
    for (let seed = 1; seed <= 200; seed++) {
      for (const mode of ['drop', 'keep', 'prefix', 'torn'] as const) {
        const { disk, durable } = make(seed);
        disk.write(1, 0, false);
        disk.beginSync();
        disk.endSync([]);
        for (let i = 1; i <= 4; i++) disk.write(i + 1, i, false);
        const lost = disk.crash(mode);
        expect(disk.journal, `seed ${seed}`).toEqual([0, 1, 2, 3, 4].slice(0, 5 - lost));
        expect(durable).toEqual(disk.journal);
        if (mode === 'torn') expect(lost).toBeGreaterThan(0);
        if (mode === 'drop') expect(lost).toBe(4);
        if (mode === 'keep') expect(lost).toBe(0);
      }
    }
  });

  test('a checkpoint replaces the journal once it is durable, and not before', () => {
    const { disk } = make(1);
    disk.write(1, 'old', false);
    disk.beginSync();
    disk.endSync([]);
    disk.write(2, 'snapshot', true);
    disk.beginSync();
    expect(disk.journal).toEqual(['old']);
    disk.endSync([]);
    expect(disk.journal).toEqual(['snapshot']);
  });

  test('a full disk makes nothing durable', () => {
    const { disk } = make(1);
    disk.full = true;
    disk.write(1, 'a', false);
    expect(disk.beginSync()).toBe(-1);
    disk.full = false;
    expect(disk.beginSync()).toBe(5);
  });
});

describe('the network', () => {
  const lossy = { ...calmLinks, lossPpm: 300_000, duplicatePpm: 300_000 };

  test("a message's luck depends on its link and number, not on what other links carry", () => {
    const alone = new Network(3, 7);
    const busy = new Network(3, 7);
    for (const network of [alone, busy]) for (let link = 0; link < 9; link++) network.configure(link, lossy);
    for (let n = 0; n < 500; n++) {
      busy.send(busy.link(1, 3), n);
      busy.send(busy.link(2, 1), n);
      expect(busy.send(busy.link(1, 2), n * 10)).toBe(alone.send(alone.link(1, 2), n * 10));
      expect(busy.copyAt(busy.link(1, 2), n * 10)).toBe(alone.copyAt(alone.link(1, 2), n * 10));
    }
  });

  test('links keep the order unless a message skips the queue', () => {
    for (const [reorderPpm, ordered] of [
      [0, true],
      [500_000, false],
    ] as const) {
      const network = new Network(2, 3);
      network.configure(1, { ...calmLinks, reorderPpm });
      const arrivals = Array.from({ length: 300 }, (_, i) => network.send(1, i * 20));
      expect(arrivals.every((at, i) => i === 0 || at >= (arrivals[i - 1] as number))).toBe(ordered);
    }
  });

  test('shares of loss and duplication are what the plan says', () => {
    const network = new Network(2, 11);
    network.configure(1, lossy);
    let lost = 0;
    let copies = 0;
    for (let i = 0; i < 20_000; i++) {
      if (network.send(1, i) < 0) lost++;
      if (network.copyAt(1, i) >= 0) copies++;
    }
    expect(lost / 20_000).toBeCloseTo(0.3, 1);
    expect(copies / 20_000).toBeCloseTo(0.3, 1);
  });

  test('nothing passes a cut link, copies neither', () => {
    const network = new Network(2, 11);
    network.configure(1, { ...lossy, lossPpm: 0, duplicatePpm: 1_000_000 });
    network.cut(1, true);
    for (let i = 0; i < 50; i++) expect([network.send(1, i), network.copyAt(1, i)]).toEqual([-1, -1]);
  });
});

test('a changed key signs from then on; the old one counts for a grace with whoever was told, and only the newest vouches for the next', () => {
  const GRACE_US = 1000;
  const crypto = new SymbolicCrypto(5, GRACE_US);
  const counts = (signature: Value, reader: NodeId, atUs: number): boolean =>
    crypto.verify(1, 'said', signature, 'signature', reader, atUs);
  const first = crypto.sign(1, 'said', 'signature');
  crypto.keys.told(1, 1, 1, 0, 0);
  const second = crypto.sign(1, 'said', 'signature');
  expect([crypto.keyOf(first), crypto.keyOf(second), crypto.keyOf('sig-forged')]).toEqual([0, 1, -1]);
  // Who was not told yet knows the old one alone.
  expect([counts(first, 2, 5000), counts(second, 2, 5000)]).toEqual([true, false]);
  crypto.keys.told(2, 1, 1, 0, 5000);
  expect([counts(first, 2, 5999), counts(first, 2, 6000), counts(second, 2, 6000)]).toEqual([true, false, true]);
  crypto.keys.told(1, 1, 2, 1, 6000);
  crypto.keys.told(2, 1, 3, 0, 6000);
  expect(counts(crypto.sign(1, 'said', 'signature'), 2, 6000)).toBe(false);
  crypto.keys.told(2, 1, 2, 1, 6000);
  expect(counts(crypto.sign(1, 'said', 'signature'), 2, 6000)).toBe(true);
  // A host that starts again knows of its own keys, and of others the first.
  crypto.keys.restarted(2);
  expect([counts(first, 2, 9000), counts(second, 2, 9000)]).toEqual([true, false]);
  crypto.keys.restarted(1);
  expect(crypto.keyOf(crypto.sign(1, 'said', 'signature'))).toBe(2);
});

test('a signature is valid for its signer and content only, and cannot be made up', () => {
  const crypto = new SymbolicCrypto(5);
  const signature = crypto.sign(1, { a: 1 }, 'signature');
  expect(crypto.verify(1, { a: 1 }, signature, 'signature', 3)).toBe(true);
  expect(crypto.verify(2, { a: 1 }, signature, 'signature', 3)).toBe(false);
  expect(crypto.verify(1, { a: 2 }, signature, 'signature', 3)).toBe(false);
  expect(crypto.verify(1, { a: 2 }, 'sig-0123456789abcdef', 'signature', 3)).toBe(false);
  expect(crypto.sign(1, { a: 1 }, 'signature')).toBe(signature);
  expect(crypto.verify(1, { a: 1 }, signature, 'authenticator', 3)).toBe(false);
  const authenticator = crypto.sign(1, { a: 1 }, 'authenticator');
  const partial = crypto.sign(1, { a: 1 }, 'authenticator', [3]);
  expect([2, 3].map((reader) => crypto.verify(1, { a: 1 }, authenticator, 'authenticator', reader))).toEqual([true, true]);
  expect([2, 3].map((reader) => crypto.verify(1, { a: 1 }, partial, 'authenticator', reader))).toEqual([false, true]);
  expect(crypto.verify(1, { a: 1 }, authenticator, 'signature', 3)).toBe(false);
});

test('an unknown behaviour of an adversary is named', () => {
  expect(() => parseBehaviours('mutate+teleport')).toThrow(/"teleport"/);
});
