/**
 * The asker: asks real voters over HTTP and comes back with a decision, or with the reasons why there is none. It waits for
 * nobody longer than it was told to, reads no more than a message can be, and believes nothing that is not signed.
 */
import { randomUUID } from 'node:crypto';
import { LightconeError, type NodeId } from '../core/index.ts';
import { generateNodeKey, Keyring, NodeEngine } from '../crypto/index.ts';
import {
  type Certificate,
  defaultVoteConfig,
  type Equivocation,
  LONGEST_TEXT,
  type Strategy,
  strategies,
  type VoteMessage,
  VoteNode,
} from '../protocols/vote/index.ts';
import { KnownVoters, type VoterAddress } from './electorate.ts';
import { Machine } from './machine.ts';
import { type SignedDecision, signedDecision } from './signed-decision.ts';
import { CONTENT_TYPE, envelopeBytes, MOST_BYTES, readMessage, VOTE_PATH } from './wire.ts';

export interface DecideOptions {
  readonly voters: readonly VoterAddress[];
  /** A question is decided once and for ever: ask again under a new id. A new id and no subject unless given. */
  readonly question?: { readonly id: string; readonly subject: string };
  /** `majority_ready_or_abort` unless given. */
  readonly strategy?: Strategy;
  /** So many voters may lie or be silent; as many as so many voters stand, unless given. */
  readonly f?: number;
  /** 5,000 unless given. */
  readonly timeoutMs?: number;
  /** How long it waits for late answers once it has enough; a quarter of `timeoutMs` unless given. */
  readonly patienceMs?: number;
  /** How long voters may still answer, by their clocks; a minute unless given. */
  readonly lifetimeMs?: number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

export interface Decision {
  /** `undecided`: go on as if it were `abort`, but know that somebody else may yet get a `go` for this question. */
  readonly decision: 'go' | 'abort' | 'undecided';
  /** Who said what, or nothing and why; a sentence each. */
  readonly reasons: readonly string[];
  /** For others to check (`verifyDecision`); null when undecided. */
  readonly certificate: SignedDecision | null;
  /** Names of voters who were caught saying two things. */
  readonly liars: readonly string[];
}

const TIMEOUT_MS = 5000;
const LIFETIME_MS = 60_000;

/** @throws LC_USAGE naming what cannot be asked */
function checked(options: DecideOptions): Required<Omit<DecideOptions, 'clock'>> {
  const { voters, strategy = 'majority_ready_or_abort', timeoutMs = TIMEOUT_MS, lifetimeMs = LIFETIME_MS } = options;
  const { question = { id: randomUUID(), subject: 'are you ready?' }, patienceMs = Math.floor(timeoutMs / 4) } = options;
  if (!strategies.includes(strategy))
    throw new LightconeError('LC_USAGE', `the strategy is one of ${strategies.join(', ')}, not ${JSON.stringify(strategy)}`, { strategy });
  for (const [name, value] of Object.entries({ timeoutMs, patienceMs, lifetimeMs })) {
    if (!Number.isFinite(value) || value < 0)
      throw new LightconeError('LC_USAGE', `${name} is a number of milliseconds, not ${value}`, { [name]: value });
  }
  for (const [name, value] of Object.entries({ id: question.id, subject: question.subject })) {
    if (typeof value !== 'string' || value.length === 0 || value.length > LONGEST_TEXT)
      throw new LightconeError(
        'LC_USAGE',
        `the question's ${name} is a text of 1 to ${LONGEST_TEXT} characters, not ${JSON.stringify(value)?.slice(0, 80)}`,
        { [name]: value },
      );
  }
  for (const { url } of voters) {
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
      throw new LightconeError('LC_USAGE', `${JSON.stringify(url)} is no address of a voter, such as http://127.0.0.1:4001`, { url });
  }
  return { voters, strategy, timeoutMs, lifetimeMs, question, patienceMs, f: options.f ?? Math.floor((voters.length - 1) / 3) };
}

class AskingOverHttp {
  readonly #options: ReturnType<typeof checked>;
  readonly #electorate: KnownVoters;
  /** By number of the protocol. */
  readonly #addresses: readonly VoterAddress[];
  readonly #machine: Machine;
  readonly #stop = new AbortController();
  /** Messages under way: a voter that is slow is not asked the same again. */
  readonly #underWay = new Set<string>();
  /** What was wrong with the last answer of each voter. */
  readonly #troubles = new Map<NodeId, string>();
  readonly #liars = new Set<NodeId>();
  #certificate: Certificate | null = null;
  readonly decided: Promise<Decision>;
  #decide: (decision: Decision) => void = () => undefined;

  constructor(options: DecideOptions) {
    this.#options = checked(options);
    const { voters, f, timeoutMs, patienceMs, lifetimeMs } = this.#options;
    this.#electorate = new KnownVoters(
      voters.map(({ key }) => key),
      f,
    );
    this.#addresses = this.#electorate.keys.map((key) => voters.find((voter) => voter.key === key) as VoterAddress);
    const config = {
      ...defaultVoteConfig,
      voters: this.#electorate.voters,
      faults: f,
      patienceUs: patienceMs * 1000,
      timeoutUs: timeoutMs * 1000,
      retryUs: Math.max(1, Math.floor(timeoutMs / 20)) * 1000,
      lifetimeUs: Math.floor(lifetimeMs * 1000),
    };
    const id = voters.length + 1;
    // An asker proves nothing: its key is only there to read those of others.
    const keyring = new Keyring({ id, key: generateNodeKey(), domain: this.#electorate.domain, others: this.#electorate.publicKeys() });
    this.decided = new Promise((done) => {
      this.#decide = done;
    });
    this.#machine = new Machine(
      new VoteNode(id, config),
      new NodeEngine(keyring),
      {
        send: (to, message) => void this.#post(to, message),
        persist: () => undefined,
        load: () => undefined,
        reply: ({ value }) =>
          this.#end(value as unknown as { readonly decision: Decision['decision']; readonly reasons?: readonly string[] }),
        indicate: (indication) => {
          if (indication.kind === 'decided') this.#certificate = indication.certificate;
          else this.#convict(indication.evidence);
        },
      },
      options.clock,
    );
  }

  begin(): void {
    const { question, strategy } = this.#options;
    this.#machine.step({ kind: 'start', records: [] });
    const op = { f: 'decide', question: { id: question.id, subject: question.subject, strategy }, nonce: randomUUID() };
    this.#machine.step({ kind: 'request', from: 0, request: { id: 1, session: 1, op, mode: 'write' } });
  }

  #convict({ voter }: Equivocation): void {
    this.#liars.add(voter);
  }

  #name(voter: NodeId): string {
    const address = this.#addresses[voter - 1];
    return address?.name ?? address?.url ?? `voter ${voter}`;
  }

  async #post(to: NodeId, message: VoteMessage): Promise<void> {
    const doing = `${to} ${message.type}`;
    if (this.#underWay.has(doing) || this.#stop.signal.aborted) return;
    this.#underWay.add(doing);
    try {
      const said = await this.#exchange(to, message);
      this.#troubles.delete(to);
      this.#machine.step({ kind: 'message', from: to, message: said });
    } catch (error) {
      this.#troubles.set(to, troubleOf(error));
    } finally {
      this.#underWay.delete(doing);
    }
  }

  async #exchange(to: NodeId, message: VoteMessage): Promise<VoteMessage> {
    const { keys, faults } = this.#electorate;
    const response = await fetch(new URL(VOTE_PATH, (this.#addresses[to - 1] as VoterAddress).url), {
      method: 'POST',
      headers: { 'content-type': CONTENT_TYPE },
      body: envelopeBytes({ keys, faults, message }),
      redirect: 'error',
      signal: this.#stop.signal,
    });
    const body = await readLimited(response);
    if (response.status !== 200) throw new LightconeError('LC_CODEC', `it answered ${response.status} (${codeIn(body)})`, {});
    return readMessage(body);
  }

  #end({ decision, reasons }: { readonly decision: Decision['decision']; readonly reasons?: readonly string[] }): void {
    const certificate = this.#certificate;
    const why =
      certificate === null ? (reasons ?? []) : [`${certificate.votes.length} of ${this.#addresses.length} voters vote ${decision}`];
    const named = why.map((reason) => reason.replace(/\bvoter (\d+)/g, (_, voter: string) => this.#name(Number(voter))));
    const troubles = [...this.#troubles].sort((a, b) => a[0] - b[0]).map(([voter, trouble]) => `${this.#name(voter)}: ${trouble}`);
    const liars = [...this.#liars].sort((a, b) => a - b).map((voter) => this.#name(voter));
    this.#machine.close();
    this.#stop.abort();
    this.#decide({
      decision,
      reasons: [...named, ...troubles],
      certificate: certificate === null ? null : signedDecision(certificate, this.#electorate),
      liars,
    });
  }
}

/** The body, unless it is longer than any message. */
async function readLimited(response: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > MOST_BYTES) throw new LightconeError('LC_CODEC', `its answer is longer than ${MOST_BYTES} bytes`, {});
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** The code of a refusal; what stands there is somebody else's text, and not repeated. */
function codeIn(body: Uint8Array): string {
  return /"code":"(LC_[A-Z_]{1,40})"/.exec(Buffer.from(body.subarray(0, 1000)).toString('utf8'))?.[1] ?? 'no code';
}

function troubleOf(error: unknown): string {
  if (error instanceof LightconeError) return error.message;
  const { name, cause } = error as { readonly name?: string; readonly cause?: { readonly code?: string } };
  return name === 'AbortError' ? 'no answer in time' : `it cannot be reached (${cause?.code ?? name ?? 'unknown'})`;
}

/**
 * Asks all voters and decides by a quorum of their votes: 2f + 1 of 3f + 1. Resolves after `timeoutMs` at the latest.
 * @throws LC_USAGE for options that cannot be
 */
export async function decideTogether(options: DecideOptions): Promise<Decision> {
  const asking = new AskingOverHttp(options);
  asking.begin();
  return asking.decided;
}
