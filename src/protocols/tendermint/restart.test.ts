/** What a restarted node knows of its height, and can show to others: the voters may be gone. */
import { expect, test } from 'vitest';
import type { Effects } from '../../core/index.ts';
import { blockId, contextOf } from './block.ts';
import { defaultTendermintConfig } from './config.ts';
import type { StatusMessage, TendermintMessage } from './message.ts';
import type { TendermintRecord } from './record.ts';
import type { Statement } from './statement.ts';
import { Tendermint } from './tendermint.ts';
import { type TendermintEffects, timers } from './tendermint-base.ts';

/** Node 4 of four whose links say who speaks, on a disk that is quick. */
class Life {
  readonly sent: TendermintMessage[] = [];
  readonly node = new Tendermint(4, [1, 2, 3, 4], { ...defaultTendermintConfig, authentication: 'channel', emptyBlocks: true });
  readonly #disk: TendermintRecord[];
  readonly #tokens: number[] = [];
  readonly #out: TendermintEffects;

  constructor(disk: TendermintRecord[]) {
    this.#disk = disk;
    const known: Record<string, unknown> = {
      send: (_to: number, message: TendermintMessage): void => void this.sent.push(message),
      persist: (token: number, record: TendermintRecord): void => {
        this.#disk.push(record);
        this.#tokens.push(token);
      },
    };
    const out = new Proxy({}, { get: (_target, name) => known[name as string] ?? ((): number => 0) });
    this.#out = out as TendermintEffects & Effects<never, never, never>;
    this.node.step({ kind: 'start', now: 0, records: [...disk] }, this.#out);
    this.#synced();
  }

  #synced(): void {
    for (let token = this.#tokens.shift(); token !== undefined; token = this.#tokens.shift())
      this.node.step({ kind: 'persisted', now: 0, token }, this.#out);
  }

  hears(message: TendermintMessage, from: number): void {
    this.node.step({ kind: 'message', now: 0, from, message }, this.#out);
    this.#synced();
  }

  fires(timer: number): void {
    const now = this.node.armed[timer] as number;
    this.node.step({ kind: 'timer', now, timer }, this.#out);
    this.#synced();
  }

  /** What it tells its peers that it has. */
  get status(): StatusMessage {
    this.sent.length = 0;
    this.fires(timers.gossip);
    return this.sent.find((message): message is StatusMessage => message.type === 'status') as StatusMessage;
  }
}

const nil = (type: Statement['type'], round: number, signer: number): TendermintMessage => ({
  type: 'vote',
  statement: { type, height: 1, round, value: null, validRound: -1, signer, signature: null },
});

test('the precommits that ended its last round come back (line 65)', () => {
  const disk: TendermintRecord[] = [];
  const first = new Life(disk);
  for (const signer of [1, 2, 3]) first.hears(nil('precommit', 0, signer), signer);
  first.fires(timers.precommit);
  first.fires(timers.propose);
  expect([first.node.round, disk.map(({ type }) => type)]).toEqual([1, ['round', 'signs']]);

  const { node, status } = new Life(disk);
  expect(node.round).toBe(1);
  expect(status.votes).toContainEqual({ round: 0, type: 'precommit', value: null, voters: [1, 2, 3] });
});

test('so do those who were in a later round before it, with what they proposed in it (line 55)', () => {
  const disk: TendermintRecord[] = [];
  const first = new Life(disk);
  const block = { author: 2, commands: [], context: contextOf(first.node.chain), evidence: [], height: 1 };
  const statement: Statement = { type: 'proposal', height: 1, round: 1, value: blockId(block), validRound: -1, signer: 2, signature: null };
  first.hears({ type: 'proposal', statement, block }, 2);
  expect(first.node.round).toBe(0);
  first.hears(nil('prevote', 1, 3), 3);
  expect(first.node.round).toBe(1);
  expect(disk.at(-1)?.type).toBe('signs');

  const { node, status } = new Life(disk);
  expect([node.round, status.proposals]).toEqual([1, [1]]);
  expect(status.votes).toContainEqual({ round: 1, type: 'prevote', value: null, voters: [3] });
});
