import { describe, expect, test } from 'vitest';
import { contentHash, type LightconeError, type NodeId } from '../../core/index.ts';
import { batchDigest, requestContent } from './batch.ts';
import { checkConfig, defaultPbftConfig, mostFaulty, quorumOf, weakOf } from './config.ts';
import { messageTypes, type PbftMessage } from './message.ts';
import { items, Lab, proofOf, vote } from './testing.ts';

const count = (lab: Lab, type: number): number => lab.sent.filter(({ message }) => message.type === type).length;
describe('quorums', () => {
  test('two quorums share an honest replica, and the honest ones alone make one, also where n > 3f + 1', () => {
    for (let n = 1; n <= 30; n++) {
      const f = mostFaulty(n);
      expect(2 * quorumOf(n) - n).toBeGreaterThanOrEqual(f + 1);
      expect(quorumOf(n)).toBeLessThanOrEqual(n - f);
      if (n === 3 * f + 1) expect(quorumOf(n)).toBe(2 * f + 1);
      expect(weakOf(n)).toBe(f + 1);
    }
  });

  test('settings that cannot work are refused in one sentence', () => {
    const refused = (config: object, replicas = 4): string => {
      try {
        checkConfig({ ...defaultPbftConfig, ...config }, replicas);
      } catch (error) {
        return (error as LightconeError).code + (error as LightconeError).message;
      }
      return '';
    };
    expect(refused({ window: 100 })).toMatch(/^LC_USAGE.*a window of 100: it must be a multiple of 128/);
    expect(refused({ maxInFlight: 0 })).toMatch(/0 batches in flight/);
    expect(refused({ viewTimeoutUs: 0 })).toMatch(/a time-out of 0 us/);
    expect(refused({}, 0)).toMatch(/0 replicas/);
    expect(refused({})).toBe('');
  });
});

describe.each(['channel', 'mac', 'signature'] as const)('the normal case, authentication %s', (authentication) => {
  test.each([4, 5, 7])('%i replicas execute one order and answer once f + 1 say the same', (n) => {
    const lab = new Lab(n, { authentication });
    const clients = [lab.client(), lab.client()] as const;
    for (let i = 0; i < 5; i++) {
      for (const client of clients) lab.ask(client, `${client}-${i}`, 'write', i + 1);
      lab.run(50_000);
    }
    expect(lab.replies.map(({ reply }) => reply.outcome)).toEqual(new Array(10).fill('ok'));
    for (const id of lab.peers) expect(items(lab, id)).toEqual(items(lab, 1));
    expect((items(lab, 1) as unknown[]).length).toBe(10);
    for (const id of lab.peers) expect([...lab.replica(id).dropped]).toEqual([]);
  });

  test('a batch takes n - 1 pre-prepares, (n - 1)^2 prepares and n (n - 1) commits (OSDI 1999, figure 1)', () => {
    for (const n of [4, 7]) {
      const lab = new Lab(n, { authentication });
      lab.ask(lab.client(), 'x');
      lab.run(50_000);
      expect([messageTypes.prePrepare, messageTypes.prepare, messageTypes.commit].map((type) => count(lab, type))).toEqual([
        n - 1,
        (n - 1) ** 2,
        n * (n - 1),
      ]);
    }
  });
});

test('requests that wait share a batch, as many as fit', () => {
  const lab = new Lab(4, { maxInFlight: 1, maxBatchRequests: 3 });
  const clients = Array.from({ length: 7 }, () => lab.client());
  for (const client of clients) lab.ask(client, `${client}`);
  lab.run(100_000);
  const batches = lab.indications.filter(({ node, indication }) => node === 2 && indication.kind === 'apply');
  expect(batches.map(({ indication }) => (indication as unknown as { commands: unknown[] }).commands.length)).toEqual([1, 3, 3]);
});

test('a bundle is executed operation by operation, under one proof', () => {
  const lab = new Lab(4);
  lab.ask(lab.client(), { bundle: ['a', 'b', 'c'] });
  lab.run(50_000);
  expect(items(lab, 3)).toEqual(['a', 'b', 'c']);
  expect(lab.replies[0]?.reply.value).toEqual([1, 2, 3]);
});

test('a request that is sent again is executed once, and its reply comes again', () => {
  const lab = new Lab(4, { authentication: 'channel' });
  const client = lab.client();
  const request = { id: 9, session: client, op: 'once', mode: 'write' } as const;
  for (let i = 0; i < 3; i++) {
    for (const id of lab.peers) lab.step(id, { kind: 'request', now: lab.now, from: client, request });
    lab.run(50_000);
  }
  expect(items(lab, 1)).toEqual(['once']);
});

describe('view changes', () => {
  test.each([4, 5, 7])('with %i replicas a silent primary costs at most two time-outs', (n) => {
    const lab = new Lab(n, { authentication: 'channel' });
    lab.down.add(1);
    lab.ask(lab.client({ attemptUs: 10_000_000 }), 'x');
    lab.run(5_000_000);
    expect(lab.replies[0]?.reply.outcome).toBe('ok');
    expect(lab.replies[0]?.atUs).toBeLessThanOrEqual(2 * lab.config.viewTimeoutUs);
    expect(lab.replica(2).view).toBe(1);
  });

  test('each view that brings nothing gets twice the time (TOCS 2002, 4.5.2)', () => {
    const lab = new Lab(7, { authentication: 'channel', maxDoublings: 5 });
    for (const id of [1, 2]) lab.down.add(id);
    // The primaries of views 2 and 3 hear all, and never begin.
    lab.passes = ({ message }) => message.type !== messageTypes.newView || message.view > 3;
    lab.ask(lab.client(), 'x');
    const entered = new Map<number, number>();
    for (let i = 0; i < 5000 && lab.replies.length === 0; i++) {
      lab.run(1000);
      const { view } = lab.replica(5);
      if (!entered.has(view)) entered.set(view, lab.now);
    }
    const t = lab.config.viewTimeoutUs;
    const waited = [2, 3].map((view) => ((entered.get(view + 1) as number) - (entered.get(view) as number)) / t);
    expect(waited[0]).toBeCloseTo(2, 0);
    expect(waited[1]).toBeCloseTo(4, 0);
    expect(lab.replies[0]?.reply.outcome).toBe('ok');
  });

  test('a batch that was prepared is carried over, under its number (OSDI 1999, 4.4)', () => {
    const lab = new Lab(4, { authentication: 'channel' });
    lab.passes = ({ message }) => message.type !== messageTypes.commit || message.view > 0;
    const client = lab.client();
    lab.ask(client, 'kept');
    lab.run(20_000);
    expect(lab.replica(2).slotAt(1)?.prepared?.view).toBe(0);
    lab.down.add(1);
    lab.run(3_000_000);
    expect(lab.replies[0]?.reply.outcome).toBe('ok');
    expect(lab.replica(2).began?.chosen).toEqual([{ seq: 1, digest: lab.replica(2).slotAt(1)?.committed }]);
    expect(items(lab, 3)).toEqual(['kept']);
  });

  test('the new primary proposes behind what its view began with, never at the same number', () => {
    const lab = new Lab(4, { authentication: 'channel' });
    lab.passes = ({ message }) => message.type !== messageTypes.commit || message.view > 0;
    lab.ask(lab.client(), 'kept');
    lab.run(20_000);
    lab.down.add(1);
    lab.ask(lab.client(), 'next');
    lab.run(3_000_000);
    expect(lab.replica(2).view).toBe(1);
    expect(items(lab, 3)).toEqual(['kept', 'next']);
    const proposed = lab.sent.filter(({ from, to, message }) => from === 2 && to === 3 && message.type === messageTypes.prePrepare);
    const digests = new Map(proposed.map(({ message }) => [message.seq, message.digest]));
    expect(proposed.every(({ message }) => digests.get(message.seq) === message.digest)).toBe(true);
  });

  test('f + 1 that leave take the others with them, f do not (TOCS 2002, 4.5.2)', () => {
    const lab = new Lab(4);
    const leaves = (node: NodeId): void => {
      const change = { node, view: 3, stable: { seq: 0, digest: '', signatures: [] }, prepared: [], prePrepared: [], signature: null };
      const content = ['view-change', 3, contentHash([node, 0, '', [], []])];
      const signed = { ...change, signature: proofOf(node, content, 'signature') };
      const body = { type: 'viewChange' as const, change: signed };
      lab.deliver(node, 2, { type: messageTypes.viewChange, view: 3, seq: 0, digest: '', batch: null, proof: null, body });
      lab.run(100);
    };
    leaves(4);
    expect(lab.replica(2).view).toBe(0);
    leaves(3);
    expect(lab.replica(2).view).toBe(3);
  });
});

test('where something is committed nothing else is accepted, though its request would do nothing any more', () => {
  const lab = new Lab(4);
  const client = lab.client();
  const asked = { client, timestamp: 1, op: 'real', bundle: false, proof: null };
  const proposal = (type: PbftMessage['type'], from: NodeId, op: string): PbftMessage => {
    const request = { ...asked, op, proof: proofOf(client, requestContent(asked), 'authenticator') };
    return { ...vote(type, 0, 1, batchDigest([request]), from), batch: [request] };
  };
  for (const from of [3, 4]) lab.deliver(from, 2, proposal(messageTypes.committed, from, 'real'));
  lab.run(10_000);
  expect(items(lab, 2)).toEqual(['real']);
  lab.deliver(1, 2, proposal(messageTypes.prePrepare, 1, 'invented'));
  lab.run(10_000);
  expect(lab.journals.get(2)?.map(({ type }) => type)).toEqual(['committed']);
});

test('who says that it has executed more than there can be is told nothing, and nobody counts that far', () => {
  const lab = new Lab(4);
  for (const executed of [1, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER]) {
    const body = { type: 'status' as const, active: true, executed, keys: [] };
    for (const seq of [0, executed]) {
      const before = lab.sent.length;
      lab.deliver(4, 1, { type: messageTypes.status, view: 0, seq, digest: '', batch: null, proof: null, body });
      expect(lab.sent.length).toBe(before);
    }
  }
});
