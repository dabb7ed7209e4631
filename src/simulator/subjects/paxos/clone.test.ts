/** A node and its clone: the same bytes, the same effects for the same inputs, and no influence on each other. */
import { expect, test } from 'vitest';
import { type Input, Writer } from '../../../core/index.ts';
import { Paxos, type PaxosEffects, type PaxosMessage, type PaxosRecord } from '../../../protocols/paxos/index.ts';
import { simulate } from '../../simulate.ts';
import { drawPlan } from '../../swarm.ts';
import { paxosSubject } from './paxos.ts';

function bytesOf(node: Paxos): string {
  const writer = new Writer();
  node.encode(writer);
  return writer.take().toString();
}

const effectNames = ['send', 'persist', 'checkpoint', 'timer', 'reply', 'indicate', 'belief'] as const;

/** Effects written down, and passed on where there is somebody to pass them to. */
function recording(log: unknown[], out: PaxosEffects | null): PaxosEffects {
  const effects: Record<string, unknown> = { choose: () => 0 };
  for (const name of effectNames)
    effects[name] = (...args: unknown[]): void => {
      // What is indicated is read before the node goes on.
      log.push([name, ...args]);
      if (out !== null) (out[name] as (...all: unknown[]) => void)(...args);
    };
  return effects as unknown as PaxosEffects;
}

let compared = 0;

/** Runs a clone alongside, taken anew every now and then. */
class Shadowed extends Paxos {
  #shadow: Paxos | null = null;
  #steps = 0;

  override step(input: Input<PaxosMessage, PaxosRecord>, out: PaxosEffects): void {
    if (input.kind === 'start' || compared > 6_000) return super.step(input, out);
    if (this.#steps++ % 40 === 0) this.#shadow = Object.setPrototypeOf(this.clone(), Paxos.prototype) as Paxos;
    const shadow = this.#shadow as Paxos;
    const before = bytesOf(this);
    if (bytesOf(shadow) !== before) throw new Error('a clone has other bytes');
    const mine: unknown[] = [];
    const its: unknown[] = [];
    const input2 = { ...input };
    super.step(input, recording(mine, out));
    if (bytesOf(shadow) !== before) throw new Error('the clone moved');
    shadow.step(input2, recording(its, null));
    expect(its).toEqual(mine);
    compared++;
  }

  override clone(): Paxos {
    const plain = Object.setPrototypeOf(this, Paxos.prototype) as Paxos;
    const copy = Paxos.prototype.clone.call(plain);
    Object.setPrototypeOf(this, Shadowed.prototype);
    return copy;
  }
}

test('clones do what their originals do, under faults, reconfigurations, snapshots and reads', () => {
  for (const seed of [3, 7, 12, 19, 20, 34]) {
    const subject = paxosSubject({ paxos: Shadowed, invariants: false });
    const { violation } = simulate(subject, drawPlan(subject, seed), { maxSteps: 1_500, skipHistory: true });
    expect(violation).toBeNull();
  }
  expect(compared).toBeGreaterThan(2_000);
});
