/**
 * What waits to be agreed on: commands of clients (the mempool) and evidence. A command is believed for its client's
 * signature, whoever passes it on, so that no liar can invent what a client asked.
 */
import type { NodeId } from '../../core/index.ts';
import { type Block, commandKey, contextOf, type SignedCommand } from './block.ts';
import { conflict, type Evidence, offence } from './statement.ts';
import { TendermintSigning } from './tendermint-signing.ts';

/** Evidence that waits for a block at most. */
const MOST_EVIDENCE = 100;

export abstract class TendermintPool extends TendermintSigning {
  /** By client request, in the order of arrival. */
  pool = new Map<string, SignedCommand>();
  /** Those in the pool that came from a client of this node and were not passed on, with the statuses told since. */
  protected unshared = new Map<string, number>();
  /** Commands decided lately, oldest first. */
  protected recent = new Set<string>();
  /** Offences that no block has punished yet. */
  pendingEvidence = new Map<string, Evidence>();

  // Decisions.

  /** Is there something to agree on? */
  protected hasWork(): boolean {
    return this.config.emptyBlocks || this.pool.size > 0 || this.pendingEvidence.size > 0;
  }

  /** May `client` ask for things? Those who order commands ask for none: a liar among them has no client's key. */
  protected acceptsClient(client: NodeId): boolean {
    return this.unsigned || (client > 0 && !this.isPeer(client));
  }

  /** Are these two statements evidence, new here, and not too old? Their signatures are checked beside this. */
  protected isEvidence(evidence: Evidence): boolean {
    const { height, signer } = evidence.first;
    if (this.unsigned || !conflict(evidence) || !this.isPeer(signer)) return false;
    return height <= this.height && height + this.config.evidenceAge >= this.height && !this.isConvicted(evidence);
  }

  /** Has a block punished this offence already? */
  protected isConvicted(evidence: Evidence): boolean {
    const name = offence(evidence);
    return this.chain.convicted.some((done) => done.offence === name);
  }

  /** Does what a client has asked twice, or what was decided lately, wait only once? */
  protected isNewCommand(command: SignedCommand): boolean {
    const key = commandKey(command);
    return !this.pool.has(key) && !this.recent.has(key);
  }

  /** What goes into a block of this node. */
  protected override newBlock(): Block {
    const commands: SignedCommand[] = [];
    for (const command of this.pool.values()) {
      if (commands.length >= this.config.maxBlockCommands) break;
      commands.push(command);
    }
    const pending = this.pendingEvidence.size === 0 ? [] : [...this.pendingEvidence.values()];
    const evidence = pending.filter((each) => this.isEvidence(each)).slice(0, this.config.maxBlockEvidence);
    return { author: this.id, commands, context: contextOf(this.chain), evidence, height: this.height };
  }

  /**
   * `valid(v)`: does the application accept this block? It extends this chain, keeps the limits, asks nothing twice, and
   * its evidence convicts. (The signatures in it were checked when it came.)
   */
  protected isValidBlock(block: Block): boolean {
    if (block.height !== this.height || !this.extendsChain(block)) return false;
    if (block.commands.length > this.config.maxBlockCommands || block.evidence.length > this.config.maxBlockEvidence) return false;
    if (new Set(block.commands.map(commandKey)).size !== block.commands.length) return false;
    if (new Set(block.evidence.map(offence)).size !== block.evidence.length) return false;
    return block.evidence.every((evidence) => this.isEvidence(evidence));
  }

  /** Does it build on what this node has decided: the same history, validators and application state? */
  protected extendsChain(block: Block): boolean {
    return block.context === contextOf(this.chain);
  }

  // Taking in and letting go.

  /** False when there is no room. */
  protected addCommand(command: SignedCommand): boolean {
    if (!this.isNewCommand(command)) return true;
    if (this.pool.size >= this.config.maxPool) return false;
    this.pool.set(commandKey(command), command);
    this.maybeBegin();
    return true;
  }

  protected isPooled(command: SignedCommand): boolean {
    return this.pool.get(commandKey(command))?.signature === command.signature && command.signature !== null;
  }

  /** A verified offence: tell everybody, and have it punished. */
  protected addEvidence(evidence: Evidence): void {
    const name = offence(evidence);
    if (this.pendingEvidence.has(name) || this.pendingEvidence.size >= MOST_EVIDENCE || !this.isEvidence(evidence)) return;
    this.pendingEvidence.set(name, evidence);
    this.broadcast({ type: 'evidence', evidence });
    this.maybeBegin();
  }

  /** What a decided block holds waits no longer. */
  protected settlePool(block: Block): void {
    for (const command of block.commands) {
      const key = commandKey(command);
      this.pool.delete(key);
      this.unshared.delete(key);
      // Requests outside sessions may be asked again: their answer is not kept.
      if (command.session === 0) continue;
      this.recent.add(key);
      if (this.recent.size > this.config.remembered) this.recent.delete(this.recent.values().next().value as string);
    }
    for (const [name, evidence] of this.pendingEvidence) if (!this.isEvidence(evidence)) this.pendingEvidence.delete(name);
  }
}
