/** No check that cannot fail: the zoo breaks most of them in whole groups; these are broken by hand. */
import { describe, expect, test } from 'vitest';
import { PaxosInvariants } from './invariants.ts';
import type { Entry } from './message.ts';
import type { PaxosRecord } from './record.ts';
import { Bench, messageOf } from './testing.ts';

const peers = [1, 2, 3];
const entry = (slot: number, ballot: number, op: string): Entry => ({ slot, ballot, kind: 0, session: 7, id: slot, op, size: 3 });
const record = (fields: Partial<PaxosRecord>): PaxosRecord => ({ promised: 0, commit: 0, entries: [], snapshot: null, base: 0, ...fields });

describe('what is sent', () => {
  test('a ballot has one value a slot', () => {
    const invariants = new PaxosInvariants();
    const accept = (op: string) => messageOf('accept', { ballot: 1002, slot: 1, entries: [entry(1, 1002, op)] });
    invariants.sent(2, accept('x'));
    invariants.sent(2, accept('x'));
    expect(() => invariants.sent(2, accept('y'))).toThrow(/one-value-a-ballot/);
  });

  test('a proposer asks in one life only for a ballot', () => {
    const invariants = new PaxosInvariants();
    const prepare = messageOf('prepare', { ballot: 1001, slot: 1 });
    expect(() => invariants.sent(1, prepare)).toThrow(/durable-promise/);
    const again = new PaxosInvariants();
    again.stepped(new Bench(1, peers).node);
    again.written(1, record({ promised: 1001 }));
    again.sent(1, prepare);
    again.sent(1, prepare);
    again.restarted(1);
    again.stepped(new Bench(1, peers, {}, [record({ promised: 1001 })]).node);
    expect(() => again.sent(1, prepare)).toThrow(/ballot-once/);
  });

  test('what a promise and an acceptance say is on disk, and all of it is said', () => {
    const invariants = new PaxosInvariants();
    invariants.written(1, record({ promised: 1002, entries: [entry(1, 1002, 'x')] }));
    expect(() => invariants.sent(1, messageOf('promise', { ballot: 3003, slot: 1 }))).toThrow(/durable-promise/);
    invariants.written(1, record({ promised: 4003 }));
    expect(() => invariants.sent(1, messageOf('promise', { ballot: 4003, slot: 1 }))).toThrow(/promise-tells-all/);
    expect(() => invariants.sent(1, messageOf('accepted', { ballot: 4003, slot: 1, mark: 1 }))).toThrow(/durable-acceptance/);
    expect(() => invariants.sent(1, messageOf('accepted', { ballot: 1002, slot: 1, mark: 1 }))).toThrow(/promise-kept/);
  });
});

/** n1 has chosen x in slot 1 of ballot 1.1, with the disks of n1 and, where `held`, n2. */
function chosen(invariants: PaxosInvariants, held: boolean): Bench {
  const bench = new Bench(1, peers);
  let written = 0;
  const seen = (): void => {
    for (; written < bench.records.length; written++) invariants.written(1, bench.records[written] as PaxosRecord);
    invariants.stepped(bench.node);
  };
  const deliver = (message: ReturnType<typeof messageOf>): void => {
    invariants.received(1, 2, message);
    bench.deliver(2, message);
    bench.sync();
    seen();
  };
  seen();
  bench.ask('admin', { type: 'campaign' });
  bench.sync();
  seen();
  deliver(messageOf('promise', { ballot: 1001, slot: 1 }));
  bench.ask('write', 'x', 1, 7);
  bench.sync();
  seen();
  if (held) invariants.written(2, record({ promised: 1001, entries: [entry(1, 1001, 'x')] }));
  deliver(messageOf('accepted', { ballot: 1001, slot: 1, mark: 1 }));
  return bench;
}

describe('what is chosen', () => {
  test('it is on the disks of a quorum', () => {
    chosen(new PaxosInvariants(), true);
    expect(() => chosen(new PaxosInvariants(), false)).toThrow(/chosen-by-quorum/);
  });

  test('it is chosen once, by a leader, for good', () => {
    const invariants = new PaxosInvariants();
    chosen(invariants, true);
    const told = (slot: number, op: string): void => {
      const other = new Bench(3, peers);
      invariants.restarted(3);
      invariants.stepped(other.node);
      const message = messageOf('chosen', {
        commit: slot,
        entries: Array.from({ length: slot }, (_, i) => entry(i + 1, 1001, i === 0 ? op : 'z')),
      });
      invariants.received(3, 1, message);
      other.deliver(1, message);
      invariants.stepped(other.node);
    };
    told(1, 'x');
    expect(() => told(1, 'y')).toThrow(/one-value-a-ballot|chosen-once/);
    expect(() => told(2, 'x')).toThrow(/chosen-by-leader/);
  });

  test('nobody forgets it, or a promise, or its configuration', () => {
    const invariants = new PaxosInvariants();
    const { node } = chosen(invariants, true);
    const { configuration } = node;
    node.configuration = { ...configuration, phase2: 1 };
    expect(() => invariants.stepped(node)).toThrow(/configuration/);
    node.configuration = configuration;
    node.slots.committed = 0;
    expect(() => invariants.stepped(node)).toThrow(/chosen-is-final/);
    node.slots.committed = 1;
    node.promised = 1;
    expect(() => invariants.stepped(node)).toThrow(/promise-kept/);
  });
});
