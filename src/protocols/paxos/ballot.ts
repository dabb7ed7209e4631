/**
 * Ballots (proposal numbers): a round and the node that it belongs to, ordered by round first, so that no two nodes ever
 * share one (Lamport, "Paxos made simple", 2.2). One number, so that it is an epoch: ballot 3002 is round 3 of node 2.
 */
import { LightconeError, type NodeId } from '../../core/index.ts';

/** An integer; 0: no ballot, lower than all. */
export type Ballot = number;

/** Node ids are below this. */
export const BALLOT_NODES = 1000;

/** @throws LC_USAGE for a node id that no ballot can carry */
export function makeBallot(round: number, node: NodeId): Ballot {
  if (!(node > 0 && node < BALLOT_NODES))
    throw new LightconeError('LC_USAGE', `Paxos cannot run with node ${node}: ids are 1 to ${BALLOT_NODES - 1}.`, { node });
  return round * BALLOT_NODES + node;
}

export const roundOf = (ballot: Ballot): number => Math.floor(ballot / BALLOT_NODES);

/** Whose ballot it is; 0 for no ballot. */
export const nodeOf = (ballot: Ballot): NodeId => ballot % BALLOT_NODES;

/** `3.2`: round 3 of node 2. */
export const showBallot = (ballot: Ballot): string => `${roundOf(ballot)}.${nodeOf(ballot)}`;
