/**
 * Versions of the block rules. Nodes that run different ones agree for as long as every block keeps both. Rules that
 * refuse what others accept make a *soft* fork: the old follow the new if these mine more. Rules that accept what others
 * refuse make a *hard* fork: the old never follow, and the chain splits as soon as one such block is mined.
 */
import type { Transaction } from './block.ts';

export interface Rules {
  readonly version: number;
  /** The block size. */
  readonly maxTransactions: number;
  /** Locks of all transactions of one block together. */
  readonly maxLocks: number;
  /** Formats of transactions that it takes: from ... */
  readonly oldestFormat: number;
  /** ... to. */
  readonly newestFormat: number;
}

export type Fork = 'none' | 'soft' | 'hard' | 'locks';

const base: Rules = { version: 1, maxTransactions: 8, maxLocks: 1000, oldestFormat: 1, newestFormat: 1 };

/**
 * The rules of `version` 1 or 2 where the change between them is:
 * `none`: no change; `soft`: version 2 refuses the old format; `hard`: version 2 takes a new format and larger blocks;
 * `locks`: version 1 refuses blocks of more than 10 locks, which its authors did not know (Bitcoin 0.7 and 0.8, BIP 50).
 */
export function rulesOf(fork: Fork, version: number): Rules {
  const isNew = version > 1;
  switch (fork) {
    case 'none':
      return { ...base, version };
    case 'soft':
      return { ...base, version, newestFormat: 2, oldestFormat: isNew ? 2 : 1 };
    case 'hard':
      return { ...base, version, newestFormat: isNew ? 2 : 1, maxTransactions: isNew ? 16 : base.maxTransactions };
    case 'locks':
      return { ...base, version, maxLocks: isNew ? base.maxLocks : 10 };
  }
}

/** May a transaction stand in a block at all? */
export const knowsFormat = ({ oldestFormat, newestFormat }: Rules, { format }: Transaction): boolean =>
  format >= oldestFormat && format <= newestFormat;
