/**
 * Gossip: every node tells its peers now and then where it is and what it has; whoever has more sends it. So lost
 * messages heal, and who was away catches up. (CometBFT's NewRoundStep, HasVote and VoteSetBits in one message.)
 */
import type { NodeId } from '../../core/index.ts';
import type { SignedCommand } from './block.ts';
import { MOST_SHARED, type StatusMessage, type VoteSet } from './message.ts';
import type { RoundLog } from './round-log.ts';
import { MOST_LISTED, type Statement } from './statement.ts';
import { timers } from './tendermint-base.ts';
import { TendermintReceive } from './tendermint-receive.ts';

export abstract class TendermintGossip extends TendermintReceive {
  // Decisions.

  /** The rounds that may still matter to somebody: this one and the last, the locked and the valid one, those that proposals name. */
  protected gossipRounds(): readonly number[] {
    const wanted = new Set([this.round, this.round - 1, this.validRound, this.lockedRound]);
    for (const { statement } of this.log(this.round)?.proposals ?? []) wanted.add(statement.validRound);
    for (const round of this.rounds()) if (round > this.round) wanted.add(round);
    return [...wanted].filter((round) => round >= 0 && this.log(round) !== null).sort((a, b) => a - b);
  }

  /** Help a peer that is behind: with decided blocks, else with a snapshot. */
  protected helps(peer: NodeId, height: number): void {
    const first = this.blocks[0]?.block.height ?? this.height;
    if (height < first) {
      if (this.served !== null && this.served.snapshot.app.height >= height) this.out.send(peer, { type: 'snapshot', ...this.served }, 0);
      return;
    }
    for (const { block, certificate } of this.blocks.slice(height - first, height - first + this.config.syncBlocks))
      this.out.send(peer, { type: 'decided', block, certificate }, 0);
  }

  // Telling.

  protected gossip(): void {
    this.arm(timers.gossip, this.config.gossipUs);
    this.#share();
    this.broadcast(this.status());
  }

  protected status(): StatusMessage {
    const rounds = this.gossipRounds().map((round) => this.log(round) as RoundLog);
    return {
      type: 'status',
      height: this.height,
      round: this.round,
      proposals: rounds.filter(({ proposals }) => proposals.length > 0).map(({ round }) => round),
      votes: rounds.flatMap(voteSets),
    };
  }

  /** What clients of this node asked and no block holds after a while: another proposer may be quicker. */
  #share(): void {
    const commands: SignedCommand[] = [];
    for (const [key, told] of this.unshared) {
      const command = this.pool.get(key);
      if (command === undefined) this.unshared.delete(key);
      else if (told === 0) this.unshared.set(key, 1);
      else if (commands.length < MOST_SHARED) {
        commands.push(command);
        this.unshared.delete(key);
      }
    }
    if (commands.length > 0) this.broadcast({ type: 'commands', commands });
  }

  // Hearing.

  protected override statusReceived(from: NodeId, message: StatusMessage): void {
    if (message.votes.length > MOST_LISTED || message.proposals.length > MOST_LISTED) return this.drop('oversized');
    if (message.height < this.height) return this.helps(from, message.height);
    if (message.height === this.height && this.ready) this.#complete(from, message);
  }

  /** Send what this node has of the height and the peer lacks. */
  #complete(peer: NodeId, status: StatusMessage): void {
    const rounds = new Set([...this.gossipRounds(), ...(this.log(status.round) === null ? [] : [status.round])]);
    for (const round of rounds) {
      const log = this.log(round) as RoundLog;
      const [proposed] = log.proposals;
      if (proposed !== undefined && !status.proposals.includes(round)) this.out.send(peer, { type: 'proposal', ...proposed }, 0);
      for (const type of ['prevote', 'precommit'] as const) {
        for (const vote of log.votes(type)) {
          if (vote.signer === peer || isListed(status.votes, vote)) continue;
          this.out.send(peer, { type: 'vote', statement: vote }, 0);
        }
      }
    }
  }

  /** There may be more where this came from. */
  protected override synced(from: NodeId): void {
    if (this.early.length === 0) this.out.send(from, this.status(), 0);
  }
}

function voteSets(log: RoundLog): VoteSet[] {
  const sets: VoteSet[] = [];
  for (const type of ['prevote', 'precommit'] as const) {
    for (const { value, votes } of log.tallies(type))
      sets.push({ round: log.round, type, value, voters: votes.map(({ signer }) => signer) });
  }
  return sets;
}

const isListed = (sets: readonly VoteSet[], { round, type, value, signer }: Statement): boolean =>
  sets.some((set) => set.round === round && set.type === type && set.value === value && set.voters.includes(signer));
