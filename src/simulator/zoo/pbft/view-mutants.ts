/** Mutants of view changes (TOCS 2002, 4.5). */
import {
  type Certified,
  type Check,
  type Decision,
  type Digest,
  type NewView,
  Pbft,
  type StableProof,
  type ViewChange,
} from '../../../protocols/pbft/index.ts';
import { harmlessPbftMutant, type PbftMutant, pbftMutant } from './mutant.ts';

const noChecks: readonly Check[] = [];

export const viewMutants: readonly PbftMutant[] = [
  pbftMutant(
    'new-view-unchecked',
    'believes whatever a new primary has chosen',
    'new-view-choice',
    class extends Pbft {
      protected override isRightChoice(_newView: NewView): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'new-view-unsigned',
    'does not check who signed a new view and the view changes in it',
    'new-view-proof, unforgeable',
    class extends Pbft {
      protected override newViewChecks(): readonly Check[] {
        return noChecks;
      }
    },
  ),
  pbftMutant(
    'view-change-unsigned',
    'does not check who signed a view change',
    'new-view-proof, unforgeable',
    class extends Pbft {
      protected override viewChangeChecks(): readonly Check[] {
        return noChecks;
      }
    },
  ),
  pbftMutant(
    'new-view-ignores-prepared',
    'begins a new view with nothing that was prepared before',
    'new-view-choice',
    class extends Pbft {
      protected override decide(changes: readonly ViewChange[]): Decision | null {
        return { start: this.startsFrom(changes), chosen: [] };
      }
    },
  ),
  pbftMutant(
    'new-view-takes-oldest',
    'chooses what was prepared in the lowest view',
    'new-view-choice, state-machine-safety',
    class extends Pbft {
      protected override choose(changes: readonly ViewChange[], seq: number): Digest | null {
        const candidates = changes.flatMap(({ prepared }) => prepared.filter((each) => each.seq === seq));
        candidates.sort((a, b) => a.view - b.view);
        return candidates[0]?.digest ?? super.choose(changes, seq);
      }
    },
  ),
  pbftMutant(
    'new-view-unsupported',
    'chooses a prepared batch although others say otherwise (no condition A1)',
    'new-view-choice',
    class extends Pbft {
      protected override isSupported(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'new-view-not-vouched',
    'chooses a batch that no honest replica may have seen (no condition A2)',
    'new-view-choice',
    class extends Pbft {
      protected override isVouchedFor(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'null-too-early',
    'fills a number with a null request although something may be committed there (no condition B)',
    'new-view-choice',
    class extends Pbft {
      protected override isUntouched(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'new-view-from-oldest-checkpoint',
    'starts a new view from the oldest checkpoint that it is shown',
    'new-view-choice',
    class extends Pbft {
      protected override startsFrom(changes: readonly ViewChange[]): StableProof {
        return changes.map(({ stable }) => stable).reduce((a, b) => (b.seq < a.seq ? b : a));
      }
    },
  ),
  pbftMutant(
    'new-view-quorum-weak',
    'begins a new view with f + 1 view changes',
    'new-view-quorum',
    class extends Pbft {
      protected override mayBegin(changes: readonly ViewChange[]): boolean {
        return changes.length >= this.weak();
      }
    },
  ),
  pbftMutant(
    'begins-twice',
    'begins its view anew with each view change that comes while the first beginning is on its way to the disk',
    'one-new-view, one-proposal',
    class extends Pbft {
      protected override mayDecide(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'forgets-prepared',
    'leaves a view without saying what was prepared',
    'view-change-complete',
    class extends Pbft {
      protected override reportsPrepared(): readonly Certified[] {
        return [];
      }
    },
  ),
  pbftMutant(
    'forgets-pre-prepared',
    'leaves a view without saying what it accepted',
    'view-change-complete',
    class extends Pbft {
      protected override reportsPrePrepared(): readonly Certified[] {
        return [];
      }
    },
  ),
  pbftMutant(
    'stays-behind',
    'never follows others to a later view',
    'liveness',
    class extends Pbft {
      protected override mayJoin(): boolean {
        return false;
      }
    },
  ),
  pbftMutant(
    'follows-to-the-highest',
    'follows others to the highest view that is named, which one liar may name',
    'liveness, joins-smallest',
    class extends Pbft {
      protected override joins(ahead: readonly ViewChange[]): number {
        return Math.max(...ahead.map(({ view }) => view));
      }
    },
  ),
  pbftMutant(
    'follows-anybody',
    'leaves a view as soon as one other has left it',
    'joins-with-weak-quorum',
    class extends Pbft {
      protected override mayJoin(ahead: readonly ViewChange[]): boolean {
        return ahead.length >= 1;
      }
    },
  ),
  pbftMutant(
    'enters-any-view',
    'takes up a view that is over',
    'view-monotonic',
    class extends Pbft {
      protected override mayEnter(): boolean {
        return true;
      }
    },
  ),
  pbftMutant(
    'endless-patience',
    'waits for ever for a new primary that does not begin',
    'liveness',
    class extends Pbft {
      protected override mayLosePatience(): boolean {
        return false;
      }
    },
  ),
  harmlessPbftMutant(
    'no-doubling',
    'gives each view the same time, however many were in vain',
    'links of the swarm are well below the time-out: a first view change brings a working primary in time',
    class extends Pbft {
      protected override patienceUs(): number {
        return this.config.viewTimeoutUs;
      }
    },
  ),
];
