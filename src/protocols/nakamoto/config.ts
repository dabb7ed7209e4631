/** How a node of the chain behaves. */
import { LightconeError } from '../../core/index.ts';
import { type Rules, rulesOf } from './rules.ts';

export interface ChainConfig {
  readonly rules: Rules;
  /** A payment is confirmed once its block is this deep: 1, the block itself. */
  readonly confirmations: number;
  /** Hash power: headers that this node tries in each `tickUs`; 0: it does not mine. */
  readonly power: number;
  readonly tickUs: number;
  /** Wanted time between two blocks of the whole network. */
  readonly intervalUs: number;
  readonly firstDifficulty: number;
  /** Blocks between two changes of the difficulty. */
  readonly retargetEvery: number;
  /** A block from further in the future of this node's clock waits. */
  readonly futureUs: number;
  /** Between two reminders of what this node has. */
  readonly announceUs: number;
  /** Blocks that wait for their parents, and transactions that wait to be mined, at most. */
  readonly maxOrphans: number;
  readonly maxMempool: number;
  /** A new template starts at one of so many nonces, drawn: the lottery's seed. */
  readonly luck: number;
}

export const defaultChainConfig: ChainConfig = {
  rules: rulesOf('none', 1),
  confirmations: 6,
  power: 1,
  tickUs: 10_000,
  intervalUs: 100_000,
  firstDifficulty: 40,
  retargetEvery: 40,
  futureUs: 10_000_000,
  announceUs: 50_000,
  maxOrphans: 64,
  maxMempool: 256,
  luck: 1_000_000,
};

/** @throws LC_USAGE naming the first number that is out of range */
export function checkChainConfig(config: ChainConfig): void {
  const least: { readonly [name in keyof ChainConfig]?: number } = {
    confirmations: 1,
    power: 0,
    tickUs: 1,
    intervalUs: 1,
    firstDifficulty: 1,
    retargetEvery: 1,
    futureUs: 0,
    announceUs: 1,
    maxOrphans: 1,
    maxMempool: 1,
    luck: 1,
  };
  for (const [name, min] of Object.entries(least)) {
    const given = config[name as keyof ChainConfig] as number;
    if (!Number.isSafeInteger(given) || given < min)
      throw new LightconeError('LC_USAGE', `nakamoto's ${name} is a whole number of at least ${min}, not ${given}`, { name, value: given });
  }
}
