/** New keys: how they are announced and kept, and that what still counts is vouched for with them. */
import { describe, expect, test } from 'vitest';
import type { NodeId, Value } from '../../core/index.ts';
import { messageTypes, type PbftMessage } from './message.ts';
import type { PbftRecord } from './record.ts';
import { type Impatient, impatient, Lab, leaving, leavingMessage, proofOf, stableProof } from './testing.ts';
import { checkpointContent, GENESIS, type StableProof } from './view-change.ts';

test('a new key is announced under the one before, told to hosts once, and again to who missed it', () => {
  const lab = new Lab(4);
  lab.passes = ({ to, message }) => to !== 4 || message.type !== messageTypes.newKey;
  lab.ask(lab.client(), { type: 'new-key', number: 2, key: 'public' }, 'admin');
  lab.run(100_000);
  const heard = (): NodeId[] => lab.indications.filter(({ indication }) => indication.kind === 'key').map(({ node }) => node);
  expect(heard().sort()).toEqual([1, 2, 3]);
  lab.passes = () => true;
  lab.run(500_000);
  expect(heard().sort()).toEqual([1, 2, 3, 4]);
});

const keys = (lab: Lab, id: NodeId): number[] =>
  lab.indications.flatMap(({ node, indication }) => (node === id && indication.kind === 'key' ? [indication.number] : []));
const announcement = (node: NodeId, number: number): PbftMessage => {
  const key = `key ${number}`;
  const proof = proofOf(node, ['new-key', number, key], 'signature');
  return { type: messageTypes.newKey, view: 0, seq: 0, digest: '', batch: null, proof, body: { type: 'key', node, number, key } };
};

test('what was announced outlives crashes and checkpoints: an older key that comes late is not taken, and the own one is told again', () => {
  const lab = new Lab(4, { checkpointEvery: 1, window: 4 });
  const client = lab.client();
  lab.deliver(2, 1, announcement(2, 1));
  lab.run(100_000);
  lab.deliver(2, 1, announcement(2, 2));
  lab.ask(client, { type: 'new-key', number: 5, key: 'own' }, 'admin');
  lab.run(100_000);
  expect(keys(lab, 1)).toEqual([1, 2, 5]);
  for (const restart of ['before', 'behind a checkpoint']) {
    lab.indications.length = 0;
    lab.sent.length = 0;
    lab.start(1);
    lab.deliver(2, 1, announcement(2, 1));
    lab.run(200_000);
    // The host hears once more of all, each vouched for by the one before; the others know them.
    expect([keys(lab, 1), lab.replica(1).dropped.get('known')], restart).toEqual([[5, 1, 2], 1]);
    expect(lab.sent.some(({ from, message }) => from === 1 && message.type === messageTypes.newKey)).toBe(false);
    lab.ask(client, restart);
    lab.run(100_000);
    expect(lab.journals.get(1)?.[0]).toMatchObject({ type: 'stable', keys: [{ number: 5 }, { number: 1 }, { number: 2 }] });
  }
});

test('nothing is told of a key before it is on disk, and who changes its key without end is slowed down', () => {
  const lab = new Lab(4, { statusUs: 50_000 });
  lab.diskUs = 1000;
  for (let number = 1; number <= 20; number++) lab.deliver(2, 1, announcement(2, number));
  lab.run(0);
  expect(keys(lab, 1)).toEqual([]);
  lab.run(2000);
  expect([keys(lab, 1), lab.replica(1).dropped.get('overloaded')]).toEqual([[1], 19]);
  lab.run(100_000);
  lab.deliver(2, 1, announcement(2, 20));
  lab.run(2000);
  expect(keys(lab, 1)).toEqual([1, 20]);
});

test('nor is anybody told who asks for it with a status; and a checkpoint that is written meanwhile does not swallow it', () => {
  const lab = new Lab(4, { checkpointEvery: 1, window: 4, statusUs: 50_000 });
  const client = lab.client();
  const { checkpoint, stable } = messageTypes;
  lab.passes = ({ to, message }) => to !== 1 || (message.type !== checkpoint && message.type !== stable);
  lab.ask(client, 'a');
  lab.run(300_000);
  expect(lab.replica(1).low).toBe(0);
  lab.diskUs = 400_000;
  lab.ask(client, { type: 'new-key', node: 1, number: 1, key: 'own' }, 'admin');
  lab.run(10_000);
  lab.passes = () => true;
  lab.run(380_000);
  const told = (): boolean => lab.sent.some(({ message }) => message.type === messageTypes.newKey);
  expect([told(), lab.replica(1).low]).toEqual([false, 1]);
  lab.run(1_000_000);
  expect([told(), keys(lab, 1)]).toEqual([true, [1]]);
  lab.indications.length = 0;
  lab.start(1);
  expect(keys(lab, 1)).toEqual([1]);
});

test.each([0, 1.5, -1, '2', null])('number %j is no number of a new key', (number) => {
  const lab = new Lab(4);
  lab.ask(lab.client(), { type: 'new-key', number, key: 'public' }, 'admin');
  lab.run(100_000);
  expect(lab.replies[0]?.reply).toMatchObject({ outcome: 'fail', code: 'LC_USAGE' });
});

test('an announcement that another signed is dropped', () => {
  const lab = new Lab(4);
  const body = { type: 'key' as const, node: 2, number: 2, key: 'other' };
  const proof = proofOf(3, ['new-key', 2, 'other'], 'signature');
  lab.deliver(2, 1, { type: messageTypes.newKey, view: 0, seq: 0, digest: '', batch: null, proof, body });
  lab.run(100);
  expect(lab.replica(1).dropped.get('bad-proof')).toBe(1);
  expect(lab.indications.some(({ indication }) => indication.kind === 'key')).toBe(false);
});

/** Hosts whose keys have numbers: a proof names the one that it was made with. An old one counts until `expire`. */
class NumberedKeys {
  readonly lab: Lab;
  readonly client: NodeId;
  /** By reader and signer: the numbers that count. */
  readonly #counting = new Map<string, number[]>();
  readonly signedByReplicas: Value[] = [];
  #told = 0;

  constructor(lab: Lab) {
    this.lab = lab;
    this.client = lab.client();
    lab.prover = {
      sign: (node, content, proof) => {
        if (node !== this.client) this.signedByReplicas.push(content);
        return `${this.number(node)} ${proofOf(node, content, proof)}`;
      },
      verify: (node, signer, content, signature, proof) =>
        this.#numbers(node, signer).some((number) => signature === `${number} ${proofOf(signer, content, proof)}`),
    };
  }

  #numbers(reader: NodeId, signer: NodeId): number[] {
    return this.#counting.get(`${reader} ${signer}`) ?? [0];
  }

  number(node: NodeId): number {
    return this.#numbers(node, node).at(-1) as number;
  }

  expire(): void {
    for (const [pair, numbers] of this.#counting) this.#counting.set(pair, numbers.slice(-1));
  }

  run(us: number): void {
    for (const until = this.lab.now + us; this.lab.now < until; ) {
      this.lab.run(500);
      for (const { node, indication } of this.lab.indications.slice(this.#told)) {
        if (indication.kind !== 'key' || this.#numbers(node, indication.node).includes(indication.number)) continue;
        this.#counting.set(`${node} ${indication.node}`, [...this.#numbers(node, indication.node), indication.number]);
      }
      this.#told = this.lab.indications.length;
    }
  }

  change(node: NodeId): void {
    this.lab.ask(this.client, { type: 'new-key', node, number: this.number(node) + 1, key: 'public' }, 'admin');
    this.run(200_000);
  }

  ask(op: Value, us = 100_000): void {
    this.lab.ask(this.client, op);
    this.run(us);
  }
}

const signatureNumbers = ({ signatures }: StableProof): string[] =>
  signatures.map(({ node, signature }) => `${node}:${`${signature}`.split(' ')[0]}`);

describe('what still counts is vouched for again with the new key', () => {
  test('the stable checkpoint, by everybody; also where the first word of it was lost', () => {
    const lab = new Lab(4, { checkpointEvery: 1, window: 4 });
    const known = new NumberedKeys(lab);
    known.ask('a');
    for (const id of lab.peers) expect(signatureNumbers(lab.replica(id).stable)).toEqual(['1:0', '2:0', '3:0', '4:0']);
    let lost = 0;
    lab.passes = ({ to, message }) => to !== 4 || message.type !== messageTypes.checkpoint || ++lost > 1;
    known.change(3);
    const { length } = known.signedByReplicas;
    known.run(1_000_000);
    expect(lost).toBeGreaterThan(1);
    expect(known.signedByReplicas.length).toBe(length);
    for (const id of lab.peers) expect(signatureNumbers(lab.replica(id).stable)).toEqual(['1:0', '2:0', '3:1', '4:0']);
  });

  test('by who got it from others, whether its key changes or not', () => {
    const lab = new Lab(4, { checkpointEvery: 1, window: 4 });
    const known = new NumberedKeys(lab);
    lab.down.add(4);
    for (const op of 'abcdef') known.ask(op);
    lab.start(4);
    known.run(2_000_000);
    expect(signatureNumbers(lab.replica(1).stable)).toEqual(['1:0', '2:0', '3:0', '4:0']);
    known.change(4);
    known.run(1_000_000);
    expect(signatureNumbers(lab.replica(1).stable)).toEqual(['1:0', '2:0', '3:0', '4:1']);
  });

  test('a checkpoint on its way: it becomes stable with the newest signatures', () => {
    const lab = new Lab(4, { checkpointEvery: 1, window: 4 });
    const known = new NumberedKeys(lab);
    lab.passes = ({ message }) => message.type !== messageTypes.checkpoint;
    known.ask('a');
    known.change(2);
    const of = (node: NodeId) =>
      lab.sent.flatMap(({ from, to, message }) => (from === node && to === 1 && message.type === messageTypes.checkpoint ? [message] : []));
    for (const message of [of(2)[0], of(2).at(-1), of(3)[0]]) {
      lab.deliver((message === of(3)[0] ? 3 : 2) as NodeId, 1, message as PbftMessage);
      known.run(1000);
    }
    expect(signatureNumbers(lab.replica(1).stable)).toEqual(['1:0', '2:1', '3:0']);
  });

  test('a view change that nobody has heard yet', () => {
    const lab = new Lab(4, {}, impatient);
    const known = new NumberedKeys(lab);
    lab.passes = ({ from, message }) => from !== 4 || message.type !== messageTypes.viewChange;
    (lab.replica(4) as Impatient).leaves();
    known.run(100_000);
    known.change(4);
    known.expire();
    expect(
      lab
        .replica(4)
        .changesKnown()
        .map(({ signature }) => `${signature}`.split(' ')[0]),
    ).toEqual(['1']);
    lab.passes = () => true;
    lab.down.add(1);
    known.ask('a', 3_000_000);
    expect([2, 3, 4].map((id) => [lab.replica(id).view, lab.replica(id).active])).toEqual([2, 3, 4].map(() => [1, true]));
  });

  test('and with a view change the signatures of its checkpoint as they are now', () => {
    const lab = new Lab(4, { checkpointEvery: 1, window: 4 }, impatient);
    const known = new NumberedKeys(lab);
    known.ask('a');
    (lab.replica(4) as Impatient).leaves();
    known.run(1000);
    known.change(3);
    lab.sent.length = 0;
    known.run(1_000_000);
    const told = lab.sent.flatMap(({ from, message: { body } }) => (from === 4 && body?.type === 'viewChange' ? [body.change.stable] : []));
    expect(signatureNumbers(told[0] as StableProof)).toEqual(['1:0', '2:0', '3:1', '4:0']);
  });
});

test('a checkpoint that is none, and another state at the number of the stable one, add nothing to its proof', () => {
  const lab = new Lab(4, { checkpointEvery: 1, window: 4 });
  const vouches = (seq: number, digest: string): void => {
    const proof = proofOf(2, checkpointContent(seq, digest), 'signature');
    lab.deliver(2, 1, { type: messageTypes.checkpoint, view: 0, seq, digest, batch: null, proof, body: null });
    lab.run(100);
  };
  vouches(0, lab.replica(1).stable.digest);
  expect([lab.replica(1).stable, lab.replica(1).dropped.get('known')]).toEqual([GENESIS, 1]);
  lab.passes = ({ from, message }) => from !== 2 || message.type !== messageTypes.checkpoint;
  lab.ask(lab.client(), 'a');
  lab.run(50_000);
  vouches(1, 'd'.repeat(64));
  expect(lab.replica(1).stable.signatures.map(({ node }) => node)).toEqual([1, 3, 4]);
  vouches(1, lab.replica(1).stable.digest);
  expect(lab.replica(1).stable.signatures.map(({ node }) => node)).toEqual([1, 2, 3, 4]);
});

test('whoever knows of a new key tells it to whom missed it: its owner need not be there', () => {
  const lab = new Lab(4);
  const known = new NumberedKeys(lab);
  lab.down.add(4);
  for (let i = 0; i < 2; i++) known.change(3);
  lab.down.add(3);
  lab.start(4);
  known.run(2_000_000);
  expect(keys(lab, 4)).toEqual([1, 2]);
  lab.deliver(2, 4, announcement(9, 3));
  lab.deliver(2, 4, announcement(4, 3));
  lab.run(1000);
  expect([keys(lab, 4), lab.replica(4).dropped.get('malformed'), lab.replica(4).dropped.get('bad-proof')]).toEqual([[1, 2], 1, 1]);
});

test('of each node the newest few announcements are kept', () => {
  const lab = new Lab(4, { checkpointEvery: 1, window: 4, statusUs: 50_000 });
  for (let number = 1; number <= 20; number++) {
    lab.deliver(2, 1, announcement(2, number));
    lab.run(60_000);
  }
  lab.ask(lab.client(), 'a');
  lab.run(100_000);
  const [stable] = lab.journals.get(1) as [PbftRecord];
  expect(stable.type === 'stable' && stable.keys.map(({ number }) => number)).toEqual(Array.from({ length: 16 }, (_, i) => 5 + i));
});

test('an announcement that was heard again while it was on its way to the disk is one after a restart', () => {
  const lab = new Lab(4, { statusUs: 50_000 });
  const written: readonly PbftRecord[] = [1, 2, 2].map((number) => {
    const { proof } = announcement(2, number);
    return { type: 'key', announcement: { node: 2, number, key: `key ${number}`, proof } };
  });
  lab.journals.set(1, [...written]);
  lab.start(1);
  expect(keys(lab, 1)).toEqual([1, 2]);
});

test('a replica does not change the key of another', () => {
  const lab = new Lab(4);
  const client = lab.client();
  const op = { type: 'new-key', node: 2, number: 2, key: 'public' };
  lab.step(1, { kind: 'request', now: lab.now, from: client, request: { id: 1, session: 0, op, mode: 'admin' } });
  lab.run(100_000);
  const changed = (): NodeId[] => lab.indications.flatMap(({ indication }) => (indication.kind === 'key' ? [indication.node] : []));
  expect(changed()).toEqual([]);
  lab.ask(client, op, 'admin');
  lab.run(100_000);
  expect(changed()).toEqual([2, 2, 2, 2]);
});

describe('the proof of a stable checkpoint', () => {
  const DIGEST = 'd'.repeat(64);
  const wrong = (proof: StableProof, ...nodes: readonly NodeId[]): StableProof => ({
    ...proof,
    signatures: proof.signatures.map((one) =>
      nodes.includes(one.node) ? { ...one, signature: 'made with a key that counts no more' } : one,
    ),
  });
  const heard = (proof: StableProof): StableProof => {
    const lab = new Lab(4, { checkpointEvery: 1, window: 4 });
    lab.deliver(2, 1, leavingMessage(leaving(2, 1, { stable: proof })));
    lab.run(100);
    return lab.replica(1).heardStable;
  };

  test.each([
    ['a quorum', stableProof(8, DIGEST, [1, 2, 4]), [1, 2, 4]],
    ['one that is not good beside a quorum', wrong(stableProof(8, DIGEST, [1, 2, 3, 4]), 3), [1, 2, 4]],
    ['one that is not good in a quorum', wrong(stableProof(8, DIGEST, [1, 2, 4]), 2), []],
    ['two that are not good', wrong(stableProof(8, DIGEST, [1, 2, 3, 4]), 1, 4), []],
  ])('%s', (_what, proof, good) => {
    const { seq, signatures } = heard(proof);
    expect([seq, signatures.map(({ node }) => node)]).toEqual([good.length > 0 ? 8 : 0, good]);
  });

  test('whoever has the checkpoint itself needs no signatures of it, and passes none on that it did not check', () => {
    const lab = new Lab(4, { checkpointEvery: 1, window: 4 });
    lab.ask(lab.client(), 'a');
    lab.run(100_000);
    const { stable } = lab.replica(1);
    lab.deliver(2, 1, leavingMessage(leaving(2, 1, { stable: wrong(stable, 1, 2, 3, 4) })));
    lab.run(100);
    const known = lab.replica(1).changesKnown();
    expect(known.map((change) => [change.node, change.stable])).toEqual([[2, stable]]);
  });

  test('whoever has a later checkpoint needs none of an earlier one; and of another state at its own it needs a quorum', () => {
    const lab = new Lab(4, { checkpointEvery: 1, window: 4 });
    const client = lab.client();
    for (const op of ['a', 'b']) {
      lab.ask(client, op);
      lab.run(100_000);
    }
    const { stable } = lab.replica(1);
    expect(stable.seq).toBe(2);
    const expired = wrong(stableProof(1, DIGEST, [1, 2, 4]), 1, 2, 4);
    lab.deliver(2, 1, leavingMessage(leaving(2, 1, { stable: expired })));
    lab.deliver(3, 1, leavingMessage(leaving(3, 1, { stable: wrong(stableProof(2, DIGEST, [1, 2, 4]), 1, 2, 4) })));
    lab.run(100);
    expect(
      lab
        .replica(1)
        .changesKnown()
        .map(({ node }) => node),
    ).toEqual([2]);
    expect([lab.replica(1).heardStable.seq, lab.replica(1).dropped.get('bad-proof')]).toEqual([2, 1]);
    // It is believed only as far as that it is settled.
    lab.deliver(4, 1, leavingMessage(leaving(4, 2, { stable: wrong(stableProof(3, DIGEST, [1, 2, 4]), 1) })));
    lab.run(100);
    expect([lab.replica(1).heardStable.seq, lab.replica(1).dropped.get('bad-proof')]).toEqual([2, 2]);
  });
});
