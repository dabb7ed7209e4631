/** A node and its clone: the same bytes, the same effects for the same inputs, and no influence on each other. */
import { expect, test } from 'vitest';
import { type Input, Random, Writer } from '../../core/index.ts';
import { defaultRaftConfig } from './config.ts';
import { FaultWorld } from './fault-world.ts';
import type { RaftMessage } from './message.ts';
import { Raft } from './raft.ts';
import type { RaftEffects } from './raft-base.ts';
import type { RaftRecord } from './record.ts';

function bytesOf(node: Raft): string {
  const writer = new Writer();
  node.encode(writer);
  return writer.take().toString();
}

/** Effects written down; random choices are taken from `choices` when given, else made by `out` and noted. */
function recording(log: unknown[], out: RaftEffects | null, choices: number[]): RaftEffects {
  const note =
    (name: string) =>
    (...args: unknown[]): void => {
      log.push([name, ...args]);
      if (out !== null) (out as unknown as Record<string, (...all: unknown[]) => void>)[name]?.(...args);
    };
  const effects: Record<string, unknown> = {};
  for (const name of ['send', 'persist', 'checkpoint', 'timer', 'reply', 'indicate', 'belief']) effects[name] = note(name);
  effects.choose = (n: number): number => {
    if (out === null) return choices.shift() as number;
    const choice = out.choose(n);
    choices.push(choice);
    return choice;
  };
  return effects as unknown as RaftEffects;
}

let compared = 0;

/** Runs a clone alongside, taken anew every now and then. */
class Shadowed extends Raft {
  #shadow: Raft | null = null;
  #steps = 0;

  override step(input: Input<RaftMessage, RaftRecord>, out: RaftEffects): void {
    if (input.kind === 'start') return super.step(input, out);
    if (this.#steps++ % 40 === 0) {
      const original = new Raft(this.id, this.peers, this.config);
      this.#shadow = Object.setPrototypeOf(this.clone(), Object.getPrototypeOf(original)) as Raft;
    }
    const shadow = this.#shadow as Raft;
    const before = bytesOf(this);
    expect(bytesOf(shadow)).toBe(before);
    const mine: unknown[] = [];
    const its: unknown[] = [];
    const choices: number[] = [];
    super.step(input, recording(mine, out, choices));
    expect(bytesOf(shadow), 'the clone did not move').toBe(before);
    shadow.step(input, recording(its, null, choices));
    expect(its).toEqual(mine);
    compared++;
  }
}

test('clones do what their originals do, under faults, changes, snapshots, reads and leases', () => {
  for (let seed = 1; seed <= 6; seed++) {
    const random = new Random(seed, 'clone');
    const config = {
      ...defaultRaftConfig,
      electionTimeoutUs: 20_000,
      heartbeatUs: 4_000,
      maxInflightMessages: 2,
      retainedEntries: 2,
      readMode: seed % 2 === 0 ? ('lease' as const) : ('index' as const),
    };
    const world = new FaultWorld(new Random(seed), [1, 2, 3, 4], config, (id, peers, own) => new Shadowed(id, peers, own));
    world.weather.lossPpm = 50_000;
    world.startAll();
    for (let i = 0; i < 120; i++) {
      world.run(random.below(5_000));
      const { leader } = world;
      const any = random.pick(world.live);
      if (random.below(10) === 0 && world.live.length === 4) world.crash(any.id);
      else for (const { id, node } of world.servers.values()) if (node === null) world.start(id);
      if (leader === null || world.server(leader.id).node === null) continue;
      const order = random.below(6);
      if (order < 3) world.request(leader.id, { op: `w${i}`, id: i, session: 1 });
      else if (order === 3) world.request(leader.id, { op: null, mode: 'linearizable', id: i });
      else if (order === 4)
        world.admin(leader.id, { type: 'compact', index: leader.applied, snapshot: [...world.server(leader.id).applied] });
      else {
        const type = random.pick(['add-voter', 'add-learner', 'remove']);
        world.admin(leader.id, { type: 'change-membership', changes: [{ type, node: 1 + random.below(4) }] });
      }
    }
  }
  expect(compared).toBeGreaterThan(2_000);
});
