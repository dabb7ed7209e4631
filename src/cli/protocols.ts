/** The protocols that can be simulated, by the name used on the command line. */
import { LightconeError } from '../core/index.ts';
import { raftSubject, type Subject } from '../simulator/index.ts';

export interface SimulatedProtocol {
  readonly name: string;
  readonly subject: Subject;
  /** What it promises to survive. */
  readonly tolerates: 'crashes' | 'lies';
}

const protocols: readonly SimulatedProtocol[] = [{ name: 'raft', subject: raftSubject(), tolerates: 'crashes' }];

export const protocolNames: readonly string[] = protocols.map(({ name }) => name);

export function protocolNamed(name: string): SimulatedProtocol {
  const found = protocols.find((protocol) => protocol.name === name);
  if (found === undefined)
    throw new LightconeError('LC_USAGE', `there is no protocol ${JSON.stringify(name)}; there are: ${protocolNames.join(', ')}`);
  return found;
}
