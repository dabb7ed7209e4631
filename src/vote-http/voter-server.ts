/**
 * A voter as an HTTP service: one message of an asker in, one of the voter out. It listens on the loopback interface
 * unless told otherwise, reads no more than a message can be, waits for nobody for long, and says every refusal in one
 * sentence with a code.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LightconeError, type Value } from '../core/index.ts';
import { Keyring, NodeEngine, type NodeKey } from '../crypto/index.ts';
import { defaultVoteConfig, type Question, VoteNode } from '../protocols/vote/index.ts';
import { KnownVoters, publicKeyText } from './electorate.ts';
import { Machine } from './machine.ts';
import { VoterJournal } from './voter-journal.ts';
import { CONTENT_TYPE, type Envelope, MOST_BYTES, messageBytes, readEnvelope, VOTE_PATH } from './wire.ts';

export interface VoterOptions {
  /** Is the service ready for this? A rejection, or no answer in `readyTimeoutMs`: this voter says nothing. */
  ready(question: { readonly id: string; readonly subject: string }): boolean | Promise<boolean>;
  readonly key: NodeKey;
  /** 0, or absent: any free one. */
  readonly port?: number;
  /** 127.0.0.1 unless given: there is no password on this door. */
  readonly host?: string;
  /** Where the voter writes down what it says. Without it, a restarted voter may answer otherwise: it is one of the f then. */
  readonly file?: string;
  readonly readyTimeoutMs?: number;
  /** By so much an asker's clock may be behind; 5,000 unless given. */
  readonly skewMs?: number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

export interface RunningVoter {
  readonly url: string;
  readonly port: number;
  /** What askers know it by. */
  readonly key: string;
  /** Messages that were dropped, by code. */
  dropped(): ReadonlyMap<string, number>;
  /** Keys of other voters that this one was shown two different answers of, to one question: they lie. */
  liars(): readonly string[];
  close(): Promise<void>;
}

const READY_TIMEOUT_MS = 2000;
const SKEW_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Groups of voters that one voter belongs to. */
const MOST_ELECTORATES = 64;

type Answer = (status: number, body: Uint8Array | { readonly code: string; readonly message: string }) => void;

class Voter {
  readonly key: string;
  readonly #options: VoterOptions;
  readonly #journal: VoterJournal;
  readonly #machines = new Map<string, Machine>();
  /** Askers that wait for an answer, by the number that stands for them. */
  readonly #askers = new Map<number, Answer>();
  #nextAsker = 1_000_000;
  readonly liars = new Set<string>();

  constructor(options: VoterOptions) {
    this.#options = options;
    this.key = publicKeyText(options.key.publicKey);
    this.#journal = new VoterJournal(options.file ?? null);
  }

  /** @throws LC_USAGE, LC_OVERLOADED */
  #machine({ keys, faults }: Envelope): Machine {
    const electorate = new KnownVoters(keys, faults);
    const known = this.#machines.get(electorate.digest);
    if (known !== undefined) return known;
    const id = electorate.numberOf(this.key);
    if (id === 0)
      throw new LightconeError('LC_USAGE', `the key ${this.key} of this voter is not among the ${keys.length} that are to decide`, {});
    if (this.#machines.size >= MOST_ELECTORATES)
      throw new LightconeError('LC_OVERLOADED', `this voter belongs to ${MOST_ELECTORATES} groups of voters already`, {});
    const { clock, skewMs = SKEW_MS } = this.#options;
    const config = { ...defaultVoteConfig, voters: electorate.voters, faults, skewUs: skewMs * 1000 };
    const keyring = new Keyring({ id, key: this.#options.key, domain: electorate.domain, others: electorate.publicKeys() });
    const machine = new Machine(
      new VoteNode(id, config),
      new NodeEngine(keyring),
      {
        send: (to, message) => this.#answer(to, 200, messageBytes(message)),
        persist: (record) => this.#journal.append(electorate.digest, record),
        load: (query, answer) => this.#consult(query, answer),
        reply: () => undefined,
        indicate: (told) => {
          if (told.kind === 'equivocation') this.liars.add(electorate.keys[told.evidence.voter - 1] as string);
        },
      },
      clock,
    );
    this.#machines.set(electorate.digest, machine);
    machine.step({ kind: 'start', records: this.#journal.records(electorate.digest) });
    return machine;
  }

  #answer(asker: number, ...said: Parameters<Answer>): void {
    const answer = this.#askers.get(asker);
    this.#askers.delete(asker);
    answer?.(...said);
  }

  #consult(query: Value, answer: (value: unknown) => void): void {
    const { ready, readyTimeoutMs = READY_TIMEOUT_MS } = this.#options;
    const { id, subject } = (query as unknown as { readonly question: Question }).question;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((done) => {
      timer = setTimeout(() => done(null), readyTimeoutMs);
    });
    Promise.race([Promise.resolve().then(() => ready({ id, subject })), late])
      .catch(() => null)
      .then((said) => {
        clearTimeout(timer);
        answer(typeof said === 'boolean' ? said : null);
      });
  }

  /** One message of an asker; `answer` is called once, at once or later. */
  receive(bytes: Uint8Array, answer: Answer): void {
    const asker = this.#nextAsker++;
    try {
      const envelope = readEnvelope(bytes);
      const machine = this.#machine(envelope);
      const { type } = envelope.message;
      if (type !== 'ask' && type !== 'show')
        throw new LightconeError('LC_USAGE', `a voter takes "ask" and "show", not "${type}"`, { type });
      const before = new Map(machine.node.dropped);
      this.#askers.set(asker, answer);
      machine.step({ kind: 'message', from: asker, message: envelope.message });
      const code = [...machine.node.dropped].find(([each, count]) => count > (before.get(each) ?? 0))?.[0];
      if (code !== undefined) this.#answer(asker, 422, { code, message: `this voter drops the message "${type}" (${code})` });
    } catch (error) {
      if (!(error instanceof LightconeError)) throw error;
      this.#askers.set(asker, answer);
      this.#answer(asker, error.code === 'LC_OVERLOADED' ? 503 : 400, { code: error.code, message: error.message });
    }
  }

  dropped(): ReadonlyMap<string, number> {
    const all = new Map<string, number>();
    for (const { node } of this.#machines.values()) for (const [code, count] of node.dropped) all.set(code, (all.get(code) ?? 0) + count);
    return all;
  }

  close(): void {
    for (const machine of this.#machines.values()) machine.close();
    this.#journal.close();
  }
}

/** Reads at most `MOST_BYTES`; null when there are more, or the asker went away. */
function bodyOf(request: IncomingMessage, done: (body: Uint8Array | null) => void): void {
  const pieces: Buffer[] = [];
  let length = 0;
  const end = (body: Uint8Array | null): void => {
    request.removeAllListeners('data');
    done(body);
  };
  request.on('data', (piece: Buffer) => {
    length += piece.length;
    if (length > MOST_BYTES) end(null);
    else pieces.push(piece);
  });
  request.on('end', () => length <= MOST_BYTES && end(Buffer.concat(pieces)));
  request.on('error', () => undefined);
}

function handle(voter: Voter, request: IncomingMessage, response: ServerResponse): void {
  const answer: Answer = (status, body) => {
    if (response.headersSent || response.destroyed) return;
    const text = body instanceof Uint8Array ? body : Buffer.from(`${JSON.stringify(body)}\n`);
    response.writeHead(status, {
      'content-type': body instanceof Uint8Array ? CONTENT_TYPE : 'application/json',
      'content-length': text.length,
    });
    response.end(text);
  };
  if (request.url !== VOTE_PATH)
    return answer(404, {
      code: 'LC_USAGE',
      message: `there is only ${VOTE_PATH} here, not ${JSON.stringify((request.url ?? '').slice(0, 200))}`,
    });
  if (request.method === 'GET') return answer(200, { code: 'LC_OK', message: `a voter with the key ${voter.key}` });
  if (request.method !== 'POST') return answer(405, { code: 'LC_USAGE', message: `POST a message, not ${request.method}` });
  bodyOf(request, (body) => {
    if (body !== null) return voter.receive(body, answer);
    response.setHeader('connection', 'close');
    answer(413, { code: 'LC_CODEC', message: `a message is at most ${MOST_BYTES} bytes` });
    // What is still to come is not read; the asker gets a moment to read why.
    setTimeout(() => request.destroy(), 100).unref();
  });
}

/** Starts a voter. @throws LC_ENVIRONMENT when the port is taken, LC_FILE when its journal cannot be used */
export async function serveVoter(options: VoterOptions): Promise<RunningVoter> {
  const voter = new Voter(options);
  const { port = 0, host = '127.0.0.1' } = options;
  const server: Server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS }, (request, response) =>
    handle(voter, request, response),
  );
  await new Promise<void>((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      failed(new LightconeError('LC_ENVIRONMENT', `a voter cannot listen on ${host}:${port} (${error.code})`, { host, port }, error)),
    );
    server.listen(port, host, done);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    key: voter.key,
    dropped: () => voter.dropped(),
    liars: () => [...voter.liars],
    async close() {
      voter.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
