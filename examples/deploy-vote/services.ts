/**
 * Four services with a vote each. Only the two-faced one had to be written by hand: it is two voters behind one address and
 * one key, and which of them answers depends on who asks.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateNodeKey, type RunningVoter, serveVoter, type VoterAddress } from 'lightcone/vote-http';

export interface Service extends VoterAddress {
  readonly name: string;
  /** What this service itself found out about others. */
  liars(): readonly string[];
  close(): Promise<void>;
}

const named = (name: string, { url, key, liars, close }: RunningVoter): Service => ({ name, url, key, liars, close });

/** A service that says the truth. */
export async function honest(name: string, ready: boolean): Promise<Service> {
  return named(name, await serveVoter({ ready: () => ready, key: generateNodeKey() }));
}

/** A service that hangs, and can be mended. */
export async function hanging(name: string): Promise<Service & { mend(): void }> {
  let works = false;
  const never = new Promise<boolean>(() => undefined);
  const service = named(name, await serveVoter({ ready: () => (works ? true : never), key: generateNodeKey(), readyTimeoutMs: 60_000 }));
  return {
    ...service,
    mend() {
      works = true;
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** One key, two voters: the first asker meets the one that is ready, the next one the other, and so on. */
export async function twoFaced(name: string): Promise<Service> {
  const key = generateNodeKey();
  const faces = [await serveVoter({ ready: () => true, key }), await serveVoter({ ready: () => false, key })] as const;
  const askers: string[] = [];
  const server = createServer((request, response) => {
    const forward = async (): Promise<void> => {
      const body = await bodyOf(request);
      // Askers are told apart by the nonce in what they ask.
      const nonce = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/.exec(body.toString('latin1'))?.[0] ?? '';
      if (!askers.includes(nonce)) askers.push(nonce);
      const face = askers.indexOf(nonce) % 2 === 0 ? faces[0] : faces[1];
      const answer = await fetch(new URL(request.url ?? '/', face.url), { method: 'POST', body: Uint8Array.from(body) });
      response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
    };
    forward().catch(() => response.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    name,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key: faces[0].key,
    liars: () => [],
    async close() {
      server.closeAllConnections();
      await Promise.all([new Promise((done) => server.close(done)), faces[0].close(), faces[1].close()]);
    },
  };
}
