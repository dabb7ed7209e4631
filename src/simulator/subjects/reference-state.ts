/** The state that an agreed order makes: one replica that is handed the commands and nothing else. What all must come to. */
import {
  type Command,
  digest,
  type Effects,
  type Node,
  type OrderingIndication,
  type RequestInput,
  type Value,
  Writer,
} from '../../core/index.ts';
import { KeyValue, Replica, type ReplicaConfig } from '../../protocols/replication/index.ts';

const nothing = (): void => {};
const mute: Effects<never, never, OrderingIndication> = {
  send: nothing,
  persist: nothing,
  checkpoint: nothing,
  load: nothing,
  sign: nothing,
  verify: nothing,
  timer: nothing,
  request: nothing,
  reply: nothing,
  indicate: nothing,
  belief: nothing,
  choose: () => 0,
};

/** Agreed already: whatever it is asked, it has the commands applied. */
function orderedBefore(commands: readonly (Command | null)[]): Node<never, never, OrderingIndication> {
  const node: Node<never, never, OrderingIndication> = {
    step: (_input, out) => out.indicate({ kind: 'apply', first: 1, commands }),
    clone: () => node,
    encode: nothing,
  };
  return node;
}

/** What a replica holds, in comparable form. */
export function replicaDigest<M, R>(replica: Replica<M, R>): string {
  const w = new Writer();
  replica.machine.encode(w);
  replica.sessions.encode(w);
  return `${replica.applied}:${digest(w.bytes, w.length)}`;
}

/** `commands` from position 1 on. */
export function referenceDigest(commands: readonly (Command | null)[], config: ReplicaConfig): string {
  const replica = new Replica<never, never>(orderedBefore(commands), new KeyValue(), { ...config, snapshotEvery: 0 });
  const op: Value = null;
  const input: RequestInput = { kind: 'request', now: 0, from: 0, request: { id: 1, session: 0, op, mode: 'admin' } };
  replica.step(input, mute);
  return replicaDigest(replica);
}
