import { expect, test } from 'vitest';
import type { Effects, Input, Value } from '../core/index.ts';
import { AsyncProver, generateNodeKey, Keyring, NodeEngine, type ProofInput, Prover, WebEngine } from './index.ts';

const keys = [generateNodeKey(), generateNodeKey()];
const ring = (id: 1 | 2): Keyring =>
  new Keyring({
    id,
    key: keys[id - 1] as (typeof keys)[number],
    domain: { protocol: 'prover', cluster: 'c' },
    others: new Map(keys.map((key, i) => [i + 1, key.publicKey])),
  });

/** A node that signs when it starts and verifies what it has signed; one answer a step. */
class SelfChecker {
  readonly heard: string[] = [];
  busy = false;

  step(input: Input<never, never>, out: Pick<Effects<never, never, never>, 'sign' | 'verify'>): void {
    expect(this.busy, 'a node takes one input at a time').toBe(false);
    this.busy = true;
    if (input.kind === 'start') for (const token of [1, 2, 3]) out.sign(token, { token }, token === 2 ? 'authenticator' : 'signature');
    if (input.kind === 'signed') {
      this.heard.push(`signed ${input.token} at ${input.now}`);
      out.verify(input.token + 10, 1, { token: input.token }, input.signature as Value, input.token === 2 ? 'authenticator' : 'signature');
    }
    if (input.kind === 'verified') this.heard.push(`verified ${input.token} ${input.valid}`);
    this.busy = false;
  }
}

test('a sync engine answers after the step, one input at a time, in order', () => {
  const node = new SelfChecker();
  let nowUs = 5;
  const prover = new Prover(new NodeEngine(ring(1)), () => nowUs++);
  node.step({ kind: 'start', now: 0, records: [] }, prover);
  expect(node.heard).toEqual([]);
  for (let input = prover.take(); input !== null; input = prover.take()) node.step(input, prover);
  expect(node.heard).toEqual([
    'signed 1 at 5',
    'signed 2 at 6',
    'signed 3 at 7',
    'verified 11 true',
    'verified 12 true',
    'verified 13 true',
  ]);
  expect(prover.take()).toBeNull();
});

test('an async engine answers later by token, and a closed host hears nothing', async () => {
  const node = new SelfChecker();
  const failures: unknown[] = [];
  let closed = false;
  const answer = (input: ProofInput): void => {
    expect(closed).toBe(false);
    node.step(input, prover);
  };
  const prover: AsyncProver = new AsyncProver(
    new WebEngine(ring(1)),
    () => 0,
    answer,
    (error) => failures.push(error),
  );
  node.step({ kind: 'start', now: 0, records: [] }, prover);
  expect(prover.pending).toBe(3);
  for (let i = 0; i < 500 && prover.pending > 0; i++) await new Promise((done) => setTimeout(done, 2));
  expect([...node.heard].sort()).toEqual([
    'signed 1 at 0',
    'signed 2 at 0',
    'signed 3 at 0',
    'verified 11 true',
    'verified 12 true',
    'verified 13 true',
  ]);
  prover.sign(9, 'x', 'signature');
  prover.close();
  closed = true;
  for (let i = 0; i < 500 && prover.pending > 0; i++) await new Promise((done) => setTimeout(done, 2));
  expect([prover.pending, failures]).toEqual([0, []]);
});
