import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reply, Request, Value } from '../../core/index.ts';
import { Writer } from '../../core/index.ts';
import { KeyValue, openSession, Replica } from './index.ts';
import { EffectLog, SoloOrder } from './testing.ts';

function setUp(snapshotEvery = 0, maxSessions = 100) {
  const order = new SoloOrder();
  const replica = new Replica(order, new KeyValue(), { snapshotEvery, maxSessions, maxWaitingReads: 10 });
  const out = new EffectLog();
  const ask = (request: Partial<Request>): Reply[] => {
    const full: Request = { id: 1, session: 0, op: null, mode: 'write', ...request };
    replica.step({ kind: 'request', now: 0, from: 9, request: full }, out);
    return out.take('reply').map((args) => args[1] as Reply);
  };
  const open = (nonce = 7): number => ask({ id: nonce, op: openSession })[0]?.value as number;
  return { order, replica, out, ask, open };
}

test('a command repeated within its session is applied once and answered alike (thesis 6.3)', () => {
  const { ask, open } = setUp();
  const session = open();
  const first = ask({ session, id: 1, op: { f: 'add', key: 'x', value: 5 } });
  expect(first[0]).toMatchObject({ outcome: 'ok', value: 5 });
  expect(ask({ session, id: 1, op: { f: 'add', key: 'x', value: 5 } })).toEqual(first);
  expect(ask({ session, id: 2, op: { f: 'read', key: 'x' }, mode: 'linearizable' })[0]?.value).toBe(5);
});

test('a duplicate that reaches the log is not applied a second time, also after a restore', () => {
  const { replica, out, ask, open } = setUp(3);
  const session = open();
  ask({ session, id: 1, op: { f: 'add', key: 'x', value: 5 } });
  ask({ session, id: 2, op: { f: 'add', key: 'x', value: 1 } });
  const { compacted } = replica.ordering as SoloOrder;
  expect(compacted?.index).toBe(3);
  const restore = { kind: 'restore', index: 3, snapshot: compacted?.snapshot as Value } as const;
  const again = { kind: 'apply', first: 4, commands: [{ session, id: 2, op: { f: 'add', key: 'x', value: 1 } }] } as const;
  class Feeding extends SoloOrder {
    override step(_input: never, effects: EffectLog): void {
      effects.indicate(restore);
      effects.indicate(again);
    }
  }
  const fed = new Replica(new Feeding() as unknown as SoloOrder, new KeyValue());
  fed.step({ kind: 'timer', now: 0, timer: 0 }, out);
  expect(fed.machine.query({ f: 'read', key: 'x' })).toBe(6);
  expect(fed.applied).toBe(4);
});

test('a write within a session that was dropped is answered info, and not applied', () => {
  const { ask, open, replica } = setUp(0, 2);
  const lost = open(1);
  open(2);
  open(3);
  const [reply] = ask({ session: lost, id: 1, op: { f: 'write', key: 'x', value: 1 } });
  expect(reply).toMatchObject({ outcome: 'info', code: 'LC_SESSION_UNKNOWN' });
  expect(replica.machine.query({ f: 'read', key: 'x' })).toBeNull();
});

test('a refusal of the ordering protocol reaches the client that asked, for writes and reads', () => {
  const { order, ask, open } = setUp();
  const session = open();
  order.refusal = 'LC_NOT_LEADER';
  expect(ask({ session, id: 1, op: { f: 'write', key: 'x', value: 1 } })[0]).toMatchObject({ outcome: 'fail', code: 'LC_NOT_LEADER' });
  expect(ask({ session, id: 2, op: { f: 'read', key: 'x' }, mode: 'linearizable' })[0]).toMatchObject({ code: 'LC_NOT_LEADER' });
});

test('a stale read with a minimum revision waits for it; too many waiting reads are refused', () => {
  const { ask, open } = setUp();
  const session = open();
  const read = { session, op: { f: 'read', key: 'x' }, mode: 'stale', minRevision: 2 } as const;
  for (let id = 10; id < 20; id++) expect(ask({ ...read, id })).toEqual([]);
  expect(ask({ ...read, id: 20 })[0]).toMatchObject({ outcome: 'fail', code: 'LC_OVERLOADED' });
  const replies = ask({ session, id: 30, op: { f: 'write', key: 'x', value: 'v' } });
  expect(replies.filter((reply) => reply.mode === 'stale').map((reply) => reply.value)).toEqual(Array(10).fill('v'));
});

const operations = fc.oneof(
  fc.record({ f: fc.constant('write'), key: fc.nat(2), value: fc.nat(5) }),
  fc.record({ f: fc.constant('cas'), key: fc.nat(2), expected: fc.nat(5), value: fc.nat(5) }),
  fc.record({ f: fc.constant('add'), key: fc.nat(2), value: fc.nat(5) }),
  fc.record({ f: fc.constant('append'), key: fc.constantFrom('a', 'b'), value: fc.nat(5) }),
  fc.record({ f: fc.constant('delete'), key: fc.nat(2) }),
);

test('a clone goes its own way, a restored snapshot goes the same way, byte for byte', () => {
  fc.assert(
    fc.property(fc.array(operations, { maxLength: 12 }), fc.array(operations, { minLength: 1, maxLength: 12 }), (before, after) => {
      const bytes = (machine: KeyValue): string => {
        const w = new Writer();
        machine.encode(w);
        return Buffer.from(w.take()).toString('hex');
      };
      const machine = new KeyValue();
      for (const op of before) machine.apply(op);
      const copy = machine.clone();
      const frozen = bytes(machine);
      const restored = new KeyValue();
      restored.restore(machine.snapshot());
      for (const op of after) expect(restored.apply(op)).toEqual(copy.apply(op));
      return bytes(machine) === frozen && bytes(restored) === bytes(copy);
    }),
  );
});
