/**
 * From a decision to the next height: blocks are applied one a step, changes of power come into force two heights
 * later, snapshots of the application go into the chain's state by their hash, and whoever is behind takes decided
 * blocks (value sync) or a snapshot that a certificate vouches for (state sync).
 */
import type { Command, Value } from '../../core/index.ts';
import {
  type Block,
  blockId,
  type ChainState,
  contextOf,
  powerChanges,
  type SignedCommand,
  type Snapshot,
  shared,
  snapshotHash,
} from './block.ts';
import type { Decided, ProvedSnapshot } from './message.ts';
import type { DecidedRecord, TendermintRecord } from './record.ts';
import type { Proposed } from './round-log.ts';
import { offence, type Statement } from './statement.ts';
import { timers } from './tendermint-base.ts';
import { TendermintPool } from './tendermint-pool.ts';
import { changed, hasHonest, isQuorum, powerOf, totalPower, type ValidatorSet } from './validators.ts';

export abstract class TendermintChain extends TendermintPool {
  /** Decided blocks, oldest first, without gaps, up to the height before this one. */
  blocks: Decided[] = [];
  /** Blocks that the journal has and the layer above has not been told of again. */
  protected replay: DecidedRecord[] = [];
  /** Records of the height that is not decided, until it is reached. */
  protected open: TendermintRecord[] = [];
  /** The height may begin: what the disk has of it is known, and the layer above knows all before it. */
  ready = false;
  snapshot: Snapshot | null = null;
  /** A snapshot together with what proves it. */
  served: ProvedSnapshot | null = null;

  // Decisions.

  /** Does `certificate` decide `value` at the height of `validators`: more than two thirds of power, distinct, one round? */
  protected certifies(certificate: readonly Statement[], height: number, value: string, validators: ValidatorSet): boolean {
    const round = certificate[0]?.round;
    const signers = new Set<number>();
    let power = 0;
    for (const vote of certificate) {
      if (vote.type !== 'precommit' || vote.height !== height || vote.value !== value || vote.round !== round) return false;
      if (signers.has(vote.signer)) return false;
      signers.add(vote.signer);
      power += powerOf(validators, vote.signer);
    }
    return isQuorum(power, totalPower(validators));
  }

  /** May a snapshot be believed that only its own validators vouch for? If more than a third of those known here do (light client). */
  protected trusts(certificate: readonly Statement[]): boolean {
    const power = certificate.reduce((sum, { signer }) => sum + powerOf(this.validators, signer), 0);
    return hasHonest(power, totalPower(this.validators));
  }

  /** Is this snapshot the one in the chain state that the certified block extends? */
  protected provesSnapshot({ snapshot, chain, block, certificate }: ProvedSnapshot): boolean {
    const { app } = chain;
    if (block.height !== chain.height || block.context !== contextOf(chain)) return false;
    if (!this.certifies(certificate, chain.height, blockId(block), chain.validators) || !this.trusts(certificate)) return false;
    if (app === null || app.hash !== snapshot.app.hash || app.height !== snapshot.app.height || app.position !== snapshot.app.position)
      return false;
    if (snapshot.chain.height !== app.height + 1 || snapshot.chain.position !== app.position) return false;
    return app.hash === snapshotHash(snapshot.data, snapshot.chain);
  }

  /** Changes decided at height h are in force at h+2 (CometBFT): everybody knows them before they count. */
  protected validatorsAfter(chain: ChainState, block: Block): { readonly validators: ValidatorSet; readonly next: ValidatorSet } {
    let { next } = chain;
    for (const command of block.commands) next = this.changeOf(next, command) ?? next;
    return { validators: chain.next, next: this.turnOf(next) };
  }

  /** The set after what this command asks for; null when it asks for no change, or for one that is not possible. */
  protected changeOf(set: ValidatorSet, { admin, op }: SignedCommand): ValidatorSet | null {
    const changes = admin ? powerChanges(op) : null;
    if (changes === null || changes.some(({ id }) => !this.isPeer(id))) return null;
    return changed(set, changes);
  }

  /** Old blocks go once a snapshot that can be proved stands for them: whoever lacks them takes that. */
  protected mayForget(): boolean {
    const [oldest] = this.blocks;
    if (oldest === undefined || this.served === null || this.blocks.length <= this.config.retainedBlocks) return false;
    return oldest.block.height <= this.served.snapshot.app.height;
  }

  /** The block itself, the votes that proved it, and the heights that it moves on. */
  protected chainAfter(chain: ChainState, block: Block): ChainState {
    const oldest = block.height - this.config.evidenceAge;
    const punished = block.evidence.map((each) => ({ height: each.first.height, offence: offence(each) }));
    const { validators, next } = this.validatorsAfter(chain, block);
    // Names in order: the codec has nothing to sort.
    return {
      app: chain.app,
      convicted: [...chain.convicted, ...punished].filter(({ height }) => height > oldest),
      height: chain.height + 1,
      next,
      position: chain.position + block.commands.length,
      previous: blockId(block),
      validators,
    };
  }

  // Deciding and applying.

  protected override decide({ block }: Proposed, precommits: readonly Statement[]): void {
    this.write({ type: 'decided', block, certificate: precommits }, { do: 'apply', block, certificate: precommits });
  }

  protected override applyDecided(block: Block, certificate: readonly Statement[]): void {
    const before = this.chain;
    if (block.height !== before.height) return;
    this.blocks.push({ block, certificate });
    if (this.snapshot !== null && before.app?.hash === this.snapshot.app.hash)
      this.served = { snapshot: this.snapshot, chain: before, block, certificate };
    while (this.mayForget()) this.blocks.shift();
    this.chain = shared(this.chainAfter(before, block), block);
    this.#tell(block, before);
    this.enter(this.chain);
  }

  #tell(block: Block, before: ChainState): void {
    const { commands } = block;
    this.out.belief('decision', { height: block.height, block: blockId(block) }, 0);
    if (commands.length > 0) {
      const told = commands.map(({ session, id, op, admin }): Command | null => (admin ? null : { session, id, op }));
      this.out.indicate({ kind: 'apply', first: before.position + 1, commands: told });
    }
    for (const evidence of block.evidence)
      this.out.indicate({ kind: 'evidence', height: block.height, guilty: evidence.first.signer, evidence });
    let { next } = before;
    commands.forEach((command, i) => {
      if (!command.admin) return;
      const change = this.changeOf(next, command);
      next = change ?? next;
      const { id, session } = command;
      const revision = before.position + 1 + i;
      if (change === null) this.out.reply(0, { id, session, outcome: 'fail', code: 'LC_MEMBERSHIP', revision });
      else this.out.reply(0, { id, session, outcome: 'ok', value: null, revision });
    });
    this.settlePool(block);
  }

  /** The next height, which begins once the layer above has had its say about the last one. */
  protected enter(chain: ChainState): void {
    this.roundStarted();
    this.resetRounds(chain.height, chain.validators);
    this.resetSigning();
    this.ready = false;
    this.arm(timers.commit, this.replay.length > 0 ? 0 : this.config.commitUs);
  }

  // Snapshots.

  /** The layer above has a snapshot of all positions up to the newest; false when it is of something else. */
  protected compact(index: number, data: Value): boolean {
    const { chain } = this;
    if (index !== chain.position || chain.height < 2) return false;
    const app = { height: chain.height - 1, position: index, hash: snapshotHash(data, chain) };
    this.snapshot = { app, data, chain };
    this.chain = shared({ ...chain, app }, chain);
    // A checkpoint voids what is written; what this node said in this height must stay.
    if (this.replay.length === 0 && this.open.length === 0 && this.own.size === 0) this.#checkpoint();
    return true;
  }

  /** Go on from a snapshot that was proved. */
  protected install(proved: ProvedSnapshot): void {
    this.#adopt(proved.snapshot);
    this.blocks = [];
    this.served = proved;
    this.#checkpoint();
    this.enter(this.chain);
  }

  #checkpoint(): void {
    const { snapshot, served, blocks } = this;
    if (snapshot === null) return;
    const proved = served?.snapshot.app.height ?? 0;
    this.writeCheckpoint({ type: 'snapshot', snapshot, served, blocks: blocks.filter(({ block }) => block.height > proved) });
  }

  #adopt(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.chain = { ...snapshot.chain, app: snapshot.app };
    this.out.indicate({ kind: 'restore', index: snapshot.app.position, snapshot: snapshot.data });
  }

  /** The snapshot's hash is in no certified block yet: without one nobody could be brought up to date with it. */
  protected needsProof(): boolean {
    return this.chain.app !== null && this.served?.snapshot.app.hash !== this.chain.app.hash;
  }

  protected override hasWork(): boolean {
    return super.hasWork() || this.needsProof();
  }

  // Coming back.

  /** What the disk kept, oldest first. Decided blocks are applied one by one, later. */
  protected recover(records: readonly TendermintRecord[]): void {
    const kept = records.filter((record) => this.replays(record));
    const snapshot = kept.findLast((record) => record.type === 'snapshot');
    if (snapshot?.type === 'snapshot') {
      this.#adopt(snapshot.snapshot);
      this.served = snapshot.served;
      this.blocks = [...snapshot.blocks];
    }
    this.replay = kept.filter((record) => record.type === 'decided').filter(({ block }) => block.height >= this.chain.height);
    const open = this.chain.height + this.replay.length;
    this.open = kept.filter(
      (record) =>
        (record.type === 'signs' && record.statement.height === open) ||
        ((record.type === 'polka' || record.type === 'round') && record.height === open),
    );
    this.resetRounds(this.chain.height, this.chain.validators);
    if (this.replay.length > 0) this.arm(timers.commit, 0);
  }

  /** The commit timer: apply what is left to apply, then begin. */
  protected nextHeight(): void {
    const next = this.replay.shift();
    if (next !== undefined) {
      if (next.block.height === this.chain.height) this.applyDecided(next.block, next.certificate);
      return;
    }
    for (const record of this.open) this.recoverOpen(record);
    const resumes = this.open.length > 0;
    this.open = [];
    this.ready = true;
    if (resumes) this.resume();
    this.heightReady();
  }

  protected abstract heightReady(): void;
}
