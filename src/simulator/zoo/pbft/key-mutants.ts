/** Mutants of changed keys (TOCS 2002, 5.3.1): what is announced, and what is vouched for again. */
import { type Check, type KeyAnnouncement, Pbft } from '../../../protocols/pbft/index.ts';
import { type PbftMutant, pbftMutant } from './mutant.ts';

export const keyMutants: readonly PbftMutant[] = [
  pbftMutant(
    'old-vouching-stands',
    'signs nothing again when its key changes',
    'liveness',
    class extends Pbft {
      protected override mustVouchAgain(): boolean {
        return false;
      }
    },
  ),
  pbftMutant(
    'no-signature-must-be-good',
    'takes a checkpoint for proved whichever of its signatures are not good',
    'stable-certificate',
    class extends Pbft {
      protected override isProvedWithout(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'vouches-for-what-it-has-not',
    'vouches again for a state that its disk does not have yet',
    'taken-before-told',
    class extends Pbft {
      protected override holdsStable(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'newest-key-only',
    'tells whoever missed several new keys of the last one, which no key that is known there vouches for',
    'liveness',
    class extends Pbft {
      protected override nextToTell(announced: readonly KeyAnnouncement[], known: number): KeyAnnouncement | undefined {
        return announced.findLast(({ number }) => number > known);
      }
    },
  ),
  pbftMutant(
    'keys-unchecked',
    'takes a new key whoever announces it',
    'liveness',
    class extends Pbft {
      protected override keyChecks(): readonly Check[] {
        return [];
      }
    },
  ),
];
