import { describe, expect, test } from 'vitest';
import { contentHash, type NodeId } from '../../core/index.ts';
import { messageTypes, type PbftMessage } from './message.ts';
import { Pbft } from './pbft.ts';
import { items, Lab, ListMachine, leaving, leavingMessage, proofOf, stableProof, vote, withBody } from './testing.ts';
import { checkpointContent } from './view-change.ts';

describe('checkpoints and crashes', () => {
  test('2f + 1 signatures make a checkpoint stable; the log and the journal go (OSDI 1999, 4.3)', () => {
    const lab = new Lab(4, { checkpointEvery: 2, window: 4 });
    const client = lab.client();
    for (let i = 0; i < 5; i++) {
      lab.ask(client, i, 'write', i + 1);
      lab.run(50_000);
    }
    expect(lab.replica(3).low).toBe(4);
    expect(lab.replica(3).stable.signatures.length).toBeGreaterThanOrEqual(3);
    expect(lab.replica(3).slotAt(4)).toBeNull();
    expect(lab.journals.get(3)?.[0]?.type).toBe('stable');
  });

  test('a replica that missed more than the log holds takes the state of another, then the rest (TOCS 2002, 5.3)', () => {
    const lab = new Lab(4, { checkpointEvery: 2, window: 4 });
    const client = lab.client();
    lab.down.add(4);
    for (let i = 0; i < 7; i++) {
      lab.ask(client, i, 'write', i + 1);
      lab.run(50_000);
    }
    lab.down.delete(4);
    lab.start(4);
    lab.run(2_000_000);
    expect(items(lab, 4)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(lab.indications.some(({ node, indication }) => node === 4 && indication.kind === 'restore')).toBe(true);
  });

  test('a primary that has written down how it begins a view begins it in no other way, whatever checkpoint comes in between', () => {
    const lab = new Lab(4, { authentication: 'channel', checkpointEvery: 1, window: 4 });
    const client = lab.client();
    const told: readonly number[] = [messageTypes.checkpoint, messageTypes.stable];
    lab.passes = ({ message }) => !told.includes(message.type);
    lab.ask(client, 0);
    lab.run(50_000);
    const signed = new Map(
      lab.sent.filter(({ message }) => message.type === messageTypes.checkpoint).map((sent) => [sent.from, sent.message]),
    );
    const signatures = [1, 3, 4].map((node) => ({ node, signature: signed.get(node)?.proof ?? null }));
    const proof = { seq: 1, digest: signed.get(1)?.digest ?? '', signatures };
    lab.down.add(1);
    lab.signUs = 20_000;
    lab.ask(client, 1);
    const isWritten = (): boolean => lab.journals.get(2)?.some(({ type }) => type === 'newView') === true;
    while (!isWritten()) lab.run(1000);
    expect(lab.replica(2).low).toBe(0);
    lab.deliver(3, 2, { ...vote(messageTypes.stable, 0, 1, proof.digest, 3), proof: null, body: { type: 'stable', proof } });
    const isTold = (): boolean => lab.sent.some(({ from, message }) => from === 2 && message.type === messageTypes.newView);
    while (!isTold()) lab.run(1000);
    const { began } = lab.replica(2);
    expect(lab.journals.get(2)?.map(({ type }) => type)).toEqual(expect.arrayContaining(['stable', 'newView']));
    lab.start(2);
    expect([lab.replica(2).active, lab.replica(2).low]).toEqual([true, 1]);
    expect(lab.replica(2).began?.viewChanges).toEqual(began?.viewChanges);
  });

  test('what a primary began its view with is not forgotten where it came into the window by the state of others', () => {
    const lab = new Lab(4, { authentication: 'channel', checkpointEvery: 1, window: 2 });
    const client = lab.client();
    lab.passes = ({ to, message }) => to !== 2 && (message.type !== messageTypes.commit || message.seq < 4);
    for (let i = 0; i < 4; i++) {
      lab.ask(client, i, 'write', i + 1);
      lab.run(50_000);
    }
    expect([lab.replica(3).low, lab.replica(3).slotAt(4)?.prepared?.view]).toEqual([3, 0]);
    lab.down.add(1);
    const held: number[] = [messageTypes.batch, messageTypes.state];
    lab.passes = ({ to, message }) => to !== 2 || !held.includes(message.type);
    while (lab.replica(2).began === null) lab.run(10_000);
    held.pop();
    while (lab.replica(2).low < 3) lab.run(10_000);
    expect(lab.replica(2).began?.chosen.map(({ seq }) => seq)).toEqual([4]);
    // It takes part in it before any restart, too.
    expect(lab.replica(2).slotAt(4)?.view).toBe(1);
    lab.start(2);
    expect(
      lab
        .replica(2)
        .slotAt(4)
        ?.prePrepared.map(({ view }) => view),
    ).toEqual([1]);
  });

  test('a state on the own disk counts as soon as it is stable, though after a restart it was not executed yet', () => {
    const lab = new Lab(4, { checkpointEvery: 1, window: 4 });
    const client = lab.client();
    const told: readonly number[] = [messageTypes.checkpoint, messageTypes.stable];
    lab.passes = ({ to, message }) => to !== 3 || !told.includes(message.type);
    for (let i = 0; i < 2; i++) {
      lab.ask(client, i, 'write', i + 1);
      lab.run(50_000);
    }
    lab.passes = () => false;
    lab.start(3);
    expect([lab.replica(3).executed, lab.replica(3).low, items(lab, 3)]).toEqual([0, 0, []]);
    const { stable: proof } = lab.replica(1);
    const body = { type: 'stable' as const, proof };
    lab.deliver(1, 3, { ...vote(messageTypes.stable, 0, 2, proof.digest, 1), proof: null, body });
    lab.run(10_000);
    expect([lab.replica(3).executed, lab.replica(3).low, items(lab, 3)]).toEqual([2, 2, [0, 1]]);
  });

  const digest = 'ab'.repeat(32);
  const vouch = (seq: number, node: NodeId, of = digest): PbftMessage => ({
    ...vote(messageTypes.checkpoint, 0, seq, of, node),
    proof: proofOf(node, checkpointContent(seq, of), 'signature'),
  });

  test('a replica vouches once for a number: said again, or otherwise, it makes nothing stable', () => {
    const lab = new Lab(4);
    for (const of of [digest, digest, digest, 'cd'.repeat(32)]) lab.deliver(3, 1, vouch(128, 3, of));
    for (const of of ['cd'.repeat(32), digest]) lab.deliver(2, 1, vouch(128, 2, of));
    lab.run(0);
    expect(lab.replica(1).dropped.get('second-vote')).toBe(4);
    expect(lab.replica(1).heardStable.seq).toBe(0);
    for (const node of [2, 4]) lab.deliver(node, 1, vouch(256, node));
    lab.deliver(3, 1, vouch(256, 3));
    lab.run(0);
    expect(lab.replica(1).heardStable).toEqual(stableProof(256, digest, [2, 3, 4]));
  });

  test('of one that vouches for ever later states the newest few are kept', () => {
    class Open extends Pbft {
      get vouched(): unknown[] {
        return this.vouchedKnown().map((each) => JSON.parse(each).map(({ seq }: { seq: number }) => seq));
      }
    }
    const lab = new Lab(4, { checkpointEvery: 2, window: 4 }, (id, peers, own) => new Open(id, peers, own, new ListMachine()));
    for (let seq = 2; seq <= 200; seq += 2) lab.deliver(3, 1, vouch(seq, 3));
    lab.run(0);
    expect((lab.replica(1) as Open).vouched).toEqual([[], [], [196, 198, 200]]);
  });

  test('the proof of a stable checkpoint that one replica alone has heard of brings the others on, and then itself', () => {
    const lab = new Lab(4, { checkpointEvery: 1, window: 2 });
    const client = lab.client();
    lab.down.add(4);
    const { checkpoint, stable } = messageTypes;
    // 1 is a liar: it vouches for the state after 3 to nobody but 4.
    lab.passes = ({ from, to, message }) =>
      from !== 1 || to === 4 || message.seq < 3 || (message.type !== checkpoint && message.type !== stable);
    for (const op of ['a', 'b', 'c']) {
      lab.ask(client, op);
      lab.run(50_000);
    }
    expect([2, 3].map((id) => [lab.replica(id).low, lab.replica(id).executed])).toEqual([2, 3].map(() => [2, 3]));
    const proof = lab.replica(1).stable;
    expect(proof.seq).toBe(3);
    lab.down.add(1);
    lab.start(4);
    lab.deliver(2, 4, withBody(stable, 0, 3, { type: 'stable', proof }));
    lab.run(2_000_000);
    expect([2, 3, 4].map((id) => [lab.replica(id).low, items(lab, id)])).toEqual([2, 3, 4].map(() => [3, ['a', 'b', 'c']]));
  });

  test('and who asks for a state gets one that is newer than its own, though not the newest that was heard of', () => {
    const lab = new Lab(4, { checkpointEvery: 1, window: 2 });
    const client = lab.client();
    lab.down.add(4);
    for (const op of ['a', 'b', 'c']) {
      lab.ask(client, op);
      lab.run(50_000);
    }
    lab.start(4);
    lab.deliver(2, 4, withBody(messageTypes.stable, 0, 9, { type: 'stable', proof: stableProof(9, 'd'.repeat(64), [1, 2, 3]) }));
    lab.passes = ({ message }) => message.type !== messageTypes.committed;
    lab.run(2_000_000);
    expect([lab.replica(4).low, items(lab, 4), lab.replica(4).heardStable.seq]).toEqual([3, ['a', 'b', 'c'], 9]);
  });

  test('the newest stable checkpoint that was heard of is not forgotten for an older one', () => {
    const lab = new Lab(4);
    const body = { type: 'stable' as const, proof: stableProof(256, digest, [2, 3, 4]) };
    lab.deliver(2, 1, withBody(messageTypes.stable, 0, 256, body));
    lab.deliver(3, 1, leavingMessage(leaving(3, 1, { stable: stableProof(128, digest, [2, 3, 4]) })));
    lab.run(0);
    expect(lab.replica(1).changesKnown()).toHaveLength(1);
    expect(lab.replica(1).heardStable.seq).toBe(256);
  });

  test('a state that is not the one of its digest, and one whose digest nobody signed, are dropped', () => {
    const lab = new Lab(4);
    const state = (digest: string, signer: (node: NodeId) => NodeId): PbftMessage => {
      const signatures = [2, 3, 4].map((node) => ({ node, signature: proofOf(signer(node), ['checkpoint', 128, digest], 'signature') }));
      const snapshot = { position: 1, machine: ['lie'], clients: [] };
      const body = { type: 'state' as const, proof: { seq: 128, digest, signatures }, snapshot };
      return { ...vote(messageTypes.state, 0, 128, digest, 2), body };
    };
    lab.deliver(
      2,
      1,
      state('ab'.repeat(32), (node) => node),
    );
    lab.run(0);
    expect([...lab.replica(1).dropped]).toEqual([['wrong-digest', 1]]);
    lab.deliver(
      2,
      1,
      state(contentHash({ position: 1, machine: ['lie'], clients: [] }), () => 2),
    );
    lab.run(0);
    expect([...lab.replica(1).dropped]).toEqual([
      ['wrong-digest', 1],
      ['bad-proof', 1],
    ]);
    expect(lab.replica(1).executed).toBe(0);
  });

  test('all crash at once and none forgets what was executed', () => {
    const lab = new Lab(4, { checkpointEvery: 4, window: 8 });
    const client = lab.client();
    for (let i = 0; i < 6; i++) {
      lab.ask(client, i, 'write', i + 1);
      lab.run(50_000);
    }
    for (const id of lab.peers) lab.start(id);
    lab.run(1_000_000);
    for (const id of lab.peers) expect(items(lab, id)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
