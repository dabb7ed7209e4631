import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../core/index.ts';
import { type Batch, type Digest, NULL_DIGEST, Pbft, type PbftMessage } from '../../../protocols/pbft/index.ts';
import { pbftMutantNamed } from '../../zoo/pbft/pbft-mutants.ts';
import { explore, exploreProtocol, pbftViews, pbftWorld } from '../index.ts';

describe('the views of PBFT, four replicas, one of them Byzantine, two views: every state', () => {
  test.each([
    [1, 38_190],
    [2, 37_500],
    [3, 13_566],
  ])('n%i lies: %i states', { timeout: 120_000 }, (liar, states) => {
    const found = explore(pbftViews({ liar, views: 2, claims: false }));
    expect([found.verdict, found.truncated, found.unwitnessed, found.unique]).toEqual(['pass', null, [], states]);
  });

  test.each([
    ['prepare-quorum-short', 1, 'prepares one a view'],
    ['commits-count-twice', 1, 'agreement'],
    ['second-proposal-accepted', 1, 'says once'],
    ['any-primary', 2, 'prepares one a view'],
    ['requests-unchecked', 1, 'executes what clients ask'],
    ['new-view-ignores-prepared', 1, 'agreement'],
    ['null-too-early', 1, 'agreement'],
    ['forgets-prepared', 1, 'agreement'],
    ['votes-unchecked', 1, 'prepares one a view'],
    ['one-claim-believed', 1, 'agreement'],
    ['any-proof', 1, 'prepares one a view'],
    ['accepted-not-persisted', 1, 'says once'],
    ['view-forgotten', 1, 'leaves for good'],
    ['new-view-forgotten', 1, 'says once'],
  ])('%s breaks it where n%i lies: %s', { timeout: 120_000 }, (id, liar, property) => {
    const { violations } = explore(pbftViews({ liar, views: 2, claims: false }, pbftMutantNamed(id)?.pbft), {
      bounds: { states: 150_000 },
    });
    expect(violations[0]?.property).toBe(property);
    expect(violations[0]?.path.length).toBeLessThanOrEqual(16);
  });

  test('a view change that keeps quiet about a prepared null request breaks it', { timeout: 120_000 }, () => {
    class KeepsNullQuiet extends Pbft {
      protected override reportsPrepared() {
        return super.reportsPrepared().filter(({ digest }) => digest !== NULL_DIGEST);
      }
    }
    expect(explore(pbftViews({ liar: 1, views: 2, claims: false }, KeepsNullQuiet)).violations[0]?.property).toBe('agreement');
  });

  test('a proposal whose batch is not the one of its digest breaks it, where nobody looks', { timeout: 120_000 }, () => {
    class TakesAnyProposal extends Pbft {
      #proposing = false;

      protected override prePrepared(from: NodeId, message: PbftMessage): void {
        this.#proposing = true;
        super.prePrepared(from, message);
        this.#proposing = false;
      }

      protected override isBatchOf(batch: Batch, digest: Digest): boolean {
        return this.#proposing || super.isBatchOf(batch, digest);
      }
    }
    expect(explore(pbftViews({ liar: 1, views: 2, claims: false }, TakesAnyProposal)).violations[0]?.property).toBe('agreement');
  });

  test('replicas that never commit are a violation without a story, not something unknown', { timeout: 120_000 }, () => {
    class NeverCommits extends Pbft {
      protected override isCommitted(): boolean {
        return false;
      }
    }
    const { verdict, violation, missed } = exploreProtocol({ ...pbftWorld(4, NeverCommits), seed: 1 });
    expect([verdict, violation, missed]).toEqual(['violation', null, ['all execute']]);
  });
});
