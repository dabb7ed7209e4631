/** Voters that misbehave on the wire, for tests: whatever they answer, an asker must not be led astray by it. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Value } from '../core/index.ts';
import { Keyring, NodeEngine, type NodeKey } from '../crypto/index.ts';
import { type Answer, contentOf, type Verdict, type VoteMessage } from '../protocols/vote/index.ts';
import { KnownVoters, publicKeyText } from './electorate.ts';
import { messageBytes, readEnvelope } from './wire.ts';

export interface Rogue {
  readonly url: string;
  readonly key: string;
  /** Requests that it got. */
  requests(): number;
  close(): Promise<void>;
}

const unowned = '0'.repeat(64);

/** Anything that listens. */
export async function listening(listener: RequestListener, key = unowned): Promise<Rogue> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    listener(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key,
    requests: () => requests,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** What a liar makes of a message: what it says to it, or null for nothing. */
export type Lie = (message: VoteMessage, sign: (says: Answer | Verdict, message: VoteMessage) => VoteMessage) => VoteMessage | null;

/** A voter with a real key that says what it likes. */
export function lyingVoter(key: NodeKey, lie: Lie): Promise<Rogue> {
  const mine = publicKeyText(key.publicKey);
  return listening((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { keys, faults, message } = readEnvelope(Buffer.concat(pieces));
      const electorate = new KnownVoters(keys, faults);
      const id = electorate.numberOf(mine);
      const engine = new NodeEngine(new Keyring({ id, key, domain: electorate.domain, others: electorate.publicKeys() }));
      const sign = (says: Answer | Verdict, { question, nonce, expiryUs }: VoteMessage): VoteMessage => {
        const step = says === 'go' || says === 'abort' ? 'vote' : 'answer';
        const signature: Value = engine.sign(contentOf(step, { question, nonce, expiryUs }, says), 'signature');
        return { type: step, question, nonce, expiryUs, says, signature } as VoteMessage;
      };
      const said = lie(message, sign);
      if (said !== null) response.end(messageBytes(said));
    });
  }, mine);
}
