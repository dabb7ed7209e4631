/** The protocols that can be simulated, by the names used on the command line. */
import { suggestion, usageError } from '../arguments.ts';
import { classics } from './broadcast.ts';
import { nakamoto } from './nakamoto.ts';
import { paxos } from './paxos.ts';
import { paxosCommit } from './paxos-commit.ts';
import { pbft } from './pbft.ts';
import { raft } from './raft.ts';
import type { SimulatedProtocol } from './simulated-protocol.ts';
import { tendermint } from './tendermint.ts';
import { threePhaseCommit } from './three-phase-commit.ts';
import { twoPhaseCommit } from './two-phase-commit.ts';
import { vote } from './vote.ts';

const protocols: readonly SimulatedProtocol[] = [
  raft,
  paxos,
  pbft,
  tendermint,
  twoPhaseCommit,
  threePhaseCommit,
  paxosCommit,
  nakamoto,
  ...classics,
  vote,
];

export const protocolNames: readonly string[] = protocols.map(({ name }) => name);
export const validatedNames: readonly string[] = protocols.filter(({ validated }) => validated).map(({ name }) => name);

export function protocolNamed(name: string): SimulatedProtocol {
  const found = protocols.find((protocol) => protocol.name === name);
  if (found === undefined)
    throw usageError(`there is no protocol ${JSON.stringify(name)}; ${suggestion(name, protocolNames)}`, { protocol: name });
  return found;
}
export type { SimulatedProtocol } from './simulated-protocol.ts';
