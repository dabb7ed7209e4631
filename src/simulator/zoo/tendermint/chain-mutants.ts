/** Mutants of everything around Algorithm 1: the write-ahead log, what is believed, validators, snapshots, gossip, clients. */
import { QuorumClient } from '../../../protocols/replication/index.ts';
import {
  type Block,
  type ChainState,
  Tendermint,
  type TendermintMessage,
  type TendermintRecord,
  type ValidatorSet,
} from '../../../protocols/tendermint/index.ts';
import { clientMutant, harmlessMutant, mutant, slowMutant, type TendermintMutant } from './mutant.ts';

export const diskMutants: readonly TendermintMutant[] = [
  mutant(
    'vote-not-in-log',
    'says things before its disk knows',
    'wal-before-send',
    class extends Tendermint {
      protected override mustPersist(record: TendermintRecord): boolean {
        return record.type !== 'signs' && super.mustPersist(record);
      }
    },
  ),
  mutant(
    'polka-not-in-log',
    'does not keep the polka that made its value valid',
    'valid-round',
    class extends Tendermint {
      protected override mustPersist(record: TendermintRecord): boolean {
        return record.type !== 'polka' && super.mustPersist(record);
      }
    },
  ),
  mutant(
    'decision-not-in-log',
    'applies a block before its disk knows that it is decided',
    'decided-durable',
    class extends Tendermint {
      protected override mustPersist(record: TendermintRecord): boolean {
        return record.type !== 'decided' && super.mustPersist(record);
      }
    },
  ),
  mutant(
    'votes-forgotten-on-restart',
    'forgets at a restart what it has said',
    'says-once, rounds-grow, lock-kept',
    class extends Tendermint {
      protected override replays(record: TendermintRecord): boolean {
        return record.type !== 'signs' && super.replays(record);
      }
    },
  ),
  mutant(
    'polkas-forgotten-on-restart',
    'forgets at a restart which value is valid',
    'valid-round',
    class extends Tendermint {
      protected override replays(record: TendermintRecord): boolean {
        return record.type !== 'polka' && super.replays(record);
      }
    },
  ),
  mutant(
    'round-forgotten-on-restart',
    'forgets at a restart what took it to its round',
    'round-rule',
    class extends Tendermint {
      protected override replays(record: TendermintRecord): boolean {
        return record.type !== 'round' && super.replays(record);
      }
    },
  ),
  mutant(
    'lock-forgotten-on-restart',
    'forgets at a restart what it is locked on',
    'lock-kept',
    class extends Tendermint {
      protected override restoreLock(): void {}
    },
  ),
  mutant(
    'says-again',
    'does not look whether it has said something before it says it',
    'decision-table: only that shows it, for every rule that says something leaves its step first',
    class extends Tendermint {
      protected override maySay(): boolean {
        return true;
      }
    },
  ),
];

export const beliefMutants: readonly TendermintMutant[] = [
  mutant(
    'signatures-unchecked',
    'believes votes and proposals for the link that they came by',
    'unforgeable',
    class extends Tendermint {
      protected override mustVerify({ type }: TendermintMessage): boolean {
        return type !== 'vote' && type !== 'proposal' && !this.unsigned;
      }
    },
  ),
  mutant(
    'accepts-any-proposer',
    'takes a proposal from a validator that is not the proposer',
    'proposer-rule',
    class extends Tendermint {
      protected override isFromProposer(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'accepts-any-block',
    'finds every block valid',
    'validity',
    class extends Tendermint {
      protected override isValidBlock(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'accepts-another-chain',
    'does not look which chain state a block extends',
    'validity',
    class extends Tendermint {
      protected override extendsChain(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'block-under-any-name',
    'does not look whether a block is the one whose id was signed',
    'block-fits',
    class extends Tendermint {
      protected override fitsBlock(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'sync-without-certificate',
    'takes a decided block from a peer without looking at its certificate',
    'certificate',
    class extends Tendermint {
      protected override isDecided(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'certificate-of-f-plus-1',
    'takes any precommits for a certificate, however few',
    'certificate',
    class extends Tendermint {
      protected override certifies(): boolean {
        return true;
      }
    },
  ),
  slowMutant(
    'snapshot-unproved',
    'installs a snapshot that nothing proves',
    'app-state, state-machine-safety',
    class extends Tendermint {
      protected override provesSnapshot(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'trusts-strangers',
    'believes a snapshot that only validators unknown here vouch for',
    'app-state',
    class extends Tendermint {
      protected override trusts(): boolean {
        return true;
      }
    },
  ),
  mutant(
    'evidence-unchecked',
    'believes evidence without checking its signatures',
    'evidence',
    class extends Tendermint {
      protected override mustVerify({ type }: TendermintMessage): boolean {
        return type !== 'evidence' && !this.unsigned;
      }
    },
  ),
  slowMutant(
    'punishes-twice',
    'forgets which offences were punished',
    'validity',
    class extends Tendermint {
      protected override isConvicted(): boolean {
        return false;
      }
    },
  ),
  slowMutant(
    'hoards-rounds',
    'keeps whatever anybody says of any later round',
    'bounded',
    class extends Tendermint {
      protected override makesRoom(): boolean {
        return true;
      }
    },
  ),
];

export const chainMutants: readonly TendermintMutant[] = [
  mutant(
    'change-in-force-at-once',
    'counts on changed powers in the height right after',
    'validators-in-force',
    class extends Tendermint {
      protected override validatorsAfter(
        chain: ChainState,
        block: Block,
      ): { readonly validators: ValidatorSet; readonly next: ValidatorSet } {
        const { next } = super.validatorsAfter(chain, block);
        return { validators: next, next: this.turnOf(next) };
      }
    },
  ),
  mutant(
    'change-never-in-force',
    'takes no notice of changes of power',
    'validators-in-force',
    class extends Tendermint {
      protected override changeOf(): null {
        return null;
      }
    },
  ),
  mutant(
    'blocks-forgotten-early',
    'lets blocks go that no snapshot stands for',
    'convergence, liveness',
    class extends Tendermint {
      protected override mayForget(): boolean {
        return this.blocks.length > this.config.retainedBlocks;
      }
    },
  ),
  harmlessMutant(
    'snapshots-never-proved',
    'makes no block to prove its newest snapshot by',
    'blocks are kept until a snapshot that can be proved stands for them, so others catch up by blocks',
    class extends Tendermint {
      protected override needsProof(): boolean {
        return false;
      }
    },
  ),
  mutant(
    'helps-nobody',
    'sends nothing to those who are behind',
    'convergence, liveness',
    class extends Tendermint {
      protected override helps(): void {}
    },
  ),
  mutant(
    'gossips-nothing',
    'does not say what it has',
    'liveness',
    class extends Tendermint {
      protected override gossip(): void {}
    },
  ),
  clientMutant(
    'client-believes-one',
    'takes the first answer for true',
    'linearizability',
    class extends QuorumClient {
      protected override believed(answers: Parameters<QuorumClient['believed']>[0]): ReturnType<QuorumClient['believed']> {
        return [...answers.values()][0] ?? null;
      }
    },
  ),
];
