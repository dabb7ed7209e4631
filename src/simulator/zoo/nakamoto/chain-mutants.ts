/** The proof-of-work chain with one decision taken wrongly: what the simulator must find. */
import { type Block, type ChainRecord, Nakamoto, type Transaction, type TreeEntry } from '../../../protocols/nakamoto/index.ts';
import type { NakamotoClass } from '../../subjects/nakamoto/nakamoto.ts';
import type { KnownBug } from '../known-bug.ts';

export interface ChainMutant extends KnownBug {
  readonly node: NakamotoClass;
}

class ShortestChain extends Nakamoto {
  override prefers(candidate: TreeEntry, current: TreeEntry): boolean {
    return candidate.work < current.work || current.block === null;
  }
}

class LastSeen extends Nakamoto {
  override prefers(candidate: TreeEntry, current: TreeEntry): boolean {
    return candidate.work >= current.work;
  }
}

class AnyWork extends Nakamoto {
  override hasWork(): boolean {
    return true;
  }
}

class AnyDifficulty extends Nakamoto {
  override claimsEnough(): boolean {
    return true;
  }
}

class AnyBody extends Nakamoto {
  override namesBody(): boolean {
    return true;
  }
}

class DoubleSpends extends Nakamoto {
  override spendsOnce(): boolean {
    return true;
  }
  override admits(transaction: Transaction): boolean {
    return !this.mempool.has(transaction.id) && this.tree.heightOf(transaction.id) === undefined;
  }
}

class KeepsConflicting extends Nakamoto {
  override leavesMempool(transaction: Transaction): boolean {
    return this.tree.heightOf(transaction.id) !== undefined;
  }
}

class ReturnsConflicting extends Nakamoto {
  override returnsToMempool(): boolean {
    return true;
  }
}

class ForgetsReturned extends Nakamoto {
  override returnsToMempool(): boolean {
    return false;
  }
}

class ConfirmsOneEarly extends Nakamoto {
  override isConfirmed(height: number): boolean {
    return this.tree.tip.height - height + 2 >= this.config.confirmations;
  }
}

class TellsBeforeWritten extends Nakamoto {
  override isWritten(): boolean {
    return true;
  }
}

class AnyTransaction extends Nakamoto {
  override takesTransaction(): boolean {
    return true;
  }
}

class NoLimits extends Nakamoto {
  override keepsLimits(): boolean {
    return true;
  }
}

class AnyTime extends Nakamoto {
  override goesForward(): boolean {
    return true;
  }
}

class AnyHeight extends Nakamoto {
  override followsParent(): boolean {
    return true;
  }
}

class FromTheFuture extends Nakamoto {
  override isEarly(): boolean {
    return false;
  }
}

class NeverFetches extends Nakamoto {
  override fetchesParents(): boolean {
    return false;
  }
}

class BlocksNotOnDisk extends Nakamoto {
  override mustPersist(): boolean {
    return false;
  }
}

class BlocksForgottenOnRestart extends Nakamoto {
  override replays(record: ChainRecord): boolean {
    return record.block.height % 4 !== 0;
  }
}

class DifficultyNeverFollows extends Nakamoto {
  override difficultyAfter(): number {
    return this.config.firstDifficulty;
  }
}

class MinesOnParent extends Nakamoto {
  override template(): Omit<Block, 'nonce'> {
    const block = super.template();
    const { tip } = this.tree;
    const below = tip.block === null ? null : this.tree.entry(tip.block.parent);
    if (below === null || below === undefined) return block;
    return { ...block, parent: below.id, height: below.height + 1, difficulty: this.difficultyAfter(below) };
  }
}

class KeepsNoOrphans extends Nakamoto {
  override keepsOrphan(): boolean {
    return false;
  }
}

class KeepsToItself extends Nakamoto {
  override passesOn(): boolean {
    return false;
  }
}

const mutant = (id: string, about: string, expected: string, node: NakamotoClass): ChainMutant => ({ id, about, expected, node });

export const chainMutants: readonly ChainMutant[] = [
  mutant('shortest-chain', 'a node follows the branch with least work', 'work-grows', ShortestChain),
  mutant('last-seen', 'of two branches with equal work a node follows the newer one', 'work-grows', LastSeen),
  mutant('any-work', 'a node takes blocks whose names show no work', 'chain-valid', AnyWork),
  mutant('any-difficulty', 'a node takes blocks that claim less work than their branch asks for', 'chain-valid', AnyDifficulty),
  mutant('any-body', 'a node takes blocks whose headers name other transactions', 'chain-valid', AnyBody),
  mutant('double-spends', 'a node looks for a coin only under the name of its transaction', 'chain-valid', DoubleSpends),
  mutant('keeps-conflicting', 'payments that the new branch conflicts with go on waiting', 'mempool-sound', KeepsConflicting),
  mutant('returns-conflicting', 'payments taken back wait again though their coin is spent', 'mempool-sound', ReturnsConflicting),
  mutant('forgets-returned', 'payments whose block is taken back are forgotten', 'transaction-lost', ForgetsReturned),
  mutant('confirms-early', 'a payment is called confirmed one block early', 'confirmed-early', ConfirmsOneEarly),
  mutant('tells-before-written', 'a payment is called confirmed before its block is on the disk', 'confirmed-durable', TellsBeforeWritten),
  mutant(
    'any-transaction',
    'a node takes transactions that are not whole, or of a format that its rules do not know',
    'chain-valid',
    AnyTransaction,
  ),
  mutant('no-limits', 'a node takes blocks beyond the limits of its rules', 'chain-valid', NoLimits),
  mutant('any-time', 'a node takes blocks that are older than their parents', 'chain-valid', AnyTime),
  mutant('any-height', 'a node takes blocks that say another height', 'chain-valid', AnyHeight),
  mutant('from-the-future', 'a node takes blocks from the far future at once', 'chain-valid', FromTheFuture),
  mutant('never-fetches', 'a node never asks for the blocks that it missed', 'common-prefix', NeverFetches),
  mutant('not-on-disk', 'blocks are not written to the disk', 'confirmed-reversed', BlocksNotOnDisk),
  mutant(
    'forgotten-on-restart',
    'at a restart a node leaves out every fourth block of its disk',
    'confirmed-reversed',
    BlocksForgottenOnRestart,
  ),
  mutant('difficulty-stays', 'the difficulty never follows the time that blocks took', 'chain-valid', DifficultyNeverFollows),
  mutant('mines-on-parent', 'a node mines beside its newest block, not on it', 'mines-on-tip', MinesOnParent),
  {
    ...mutant('no-orphans', 'a block whose parent is not there is thrown away', 'nothing', KeepsNoOrphans),
    harmless: 'it is announced again and fetched with those before it: slower, never wrong',
  },
  {
    ...mutant('keeps-to-itself', 'new blocks are only announced by name, not passed on', 'nothing', KeepsToItself),
    harmless: 'who hears the name asks for the block: slower, never wrong',
  },
];

export const chainMutantNamed = (id: string): ChainMutant | null => chainMutants.find((each) => each.id === id) ?? null;
