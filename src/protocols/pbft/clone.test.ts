/** A replica and its clone: the same bytes, the same effects for the same inputs, and no influence on each other. */
import { expect, test } from 'vitest';
import { digest, type Input, Random, Writer } from '../../core/index.ts';
import type { PbftMessage } from './message.ts';
import { Pbft } from './pbft.ts';
import type { PbftEffects } from './pbft-base.ts';
import type { PbftRecord } from './record.ts';
import { Lab, ListMachine } from './testing.ts';

function bytesOf(node: Pbft): string {
  const writer = new Writer();
  node.encode(writer);
  return digest(writer.bytes, writer.length);
}

const names = ['send', 'persist', 'checkpoint', 'sign', 'verify', 'timer', 'reply', 'indicate', 'belief'] as const;

/** Effects written down, and passed on where there is somebody to take them. */
function recording(log: unknown[], out: PbftEffects | null): PbftEffects {
  const effects: Record<string, unknown> = { choose: () => 0 };
  for (const name of names)
    effects[name] = (...args: unknown[]): void => {
      log.push([name, ...args]);
      if (out !== null) (out[name] as (...all: unknown[]) => void)(...args);
    };
  return effects as unknown as PbftEffects;
}

let compared = 0;

class Shadowed extends Pbft {
  #shadow: Pbft | null = null;
  #steps = 0;

  override step(input: Input<PbftMessage, PbftRecord>, out: PbftEffects): void {
    if (input.kind === 'start') return super.step(input, out);
    if (this.#steps++ % 25 === 0) this.#shadow = Object.setPrototypeOf(this.clone(), Pbft.prototype) as Pbft;
    const shadow = this.#shadow as Pbft;
    const looks = this.#steps % 7 === 0;
    const before = looks ? bytesOf(this) : '';
    if (looks) expect(bytesOf(shadow)).toBe(before);
    const mine: unknown[] = [];
    const its: unknown[] = [];
    super.step(input, recording(mine, out));
    if (looks) expect(bytesOf(shadow), 'the clone did not move').toBe(before);
    shadow.step(input, recording(its, null));
    expect(its).toEqual(mine);
    compared++;
  }
}

test('clones do what their originals do, in the normal case, view changes, crashes and state transfers', () => {
  for (let seed = 1; seed <= 2; seed++) {
    const random = new Random(seed, 'clone');
    const authentication = random.pick(['channel', 'mac'] as const);
    const config = { authentication, checkpointEvery: 2, window: 4, viewTimeoutUs: 60_000, statusUs: 20_000 } as const;
    const lab = new Lab(4, config, (id, peers, own) => new Shadowed(id, peers, own, new ListMachine()));
    const clients = [lab.client(), lab.client()];
    for (let i = 0; i < 20; i++) {
      for (const client of clients) lab.ask(client, i, 'write', i + 1);
      const order = random.below(6);
      if (order === 0) lab.start(1 + random.below(4));
      else if (order === 1) lab.down.add(1 + random.below(4));
      else if (order === 2) for (const id of [...lab.down]) lab.start(id);
      lab.passes = order === 3 ? () => random.below(4) > 0 : () => true;
      lab.run(30_000);
    }
  }
  expect(compared).toBeGreaterThan(1_000);
});
