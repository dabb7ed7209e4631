/**
 * Tendermint nodes in one place: messages in the order in which they were sent, a quick disk, signatures that say what they
 * stand for, time that passes when nothing else is to be done. Tests cut links, stop nodes and put words into their mouths.
 */
import { contentHash, type NodeId, type Reply, type RequestMode, type Value } from '../../core/index.ts';
import { type Block, blockId, contextOf, requestContent, type SignedCommand } from './block.ts';
import { defaultTendermintConfig, type TendermintConfig } from './config.ts';
import type { TendermintMessage } from './message.ts';
import type { TendermintRecord } from './record.ts';
import { contentOf, type Statement } from './statement.ts';
import { Tendermint } from './tendermint.ts';
import type { TendermintEffects, TendermintIndication } from './tendermint-base.ts';

/** A signature that nobody else could have made, as far as this goes. */
export const signatureOf = (signer: NodeId, content: Value): Value => `${signer} ${contentHash(content)}`;

/** A statement, signed by `signer`. */
export function stated(signer: NodeId, says: Partial<Statement>): Statement {
  const bare: Statement = { type: 'prevote', height: 1, round: 0, value: null, validRound: -1, signer, signature: null, ...says };
  return { ...bare, signature: signatureOf(signer, contentOf(bare)) };
}

/** What `client` asks, signed. */
export function commandOf(client: NodeId, id: number, op: Value, admin = false): SignedCommand {
  return { session: client, id, op, admin, client, signature: signatureOf(client, requestContent(client, id, op, admin)) };
}

/** The next block of `node`'s chain. */
export function blockOf(node: Tendermint, parts: Partial<Block> = {}): Block {
  const { chain } = node;
  return { height: chain.height, context: contextOf(chain), author: 1, commands: [], evidence: [], ...parts };
}

export const certificateOf = (block: Block, signers: readonly NodeId[], says: Partial<Statement> = {}): Statement[] =>
  signers.map((signer) => stated(signer, { type: 'precommit', height: block.height, value: blockId(block), ...says }));

type Input = Parameters<Tendermint['step']>[0];

export class Group {
  now = 0;
  readonly nodes = new Map<NodeId, Tendermint>();
  readonly sent: { readonly from: NodeId; readonly to: NodeId; readonly message: TendermintMessage }[] = [];
  readonly told: { readonly node: NodeId; readonly indication: TendermintIndication }[] = [];
  readonly replies: { readonly node: NodeId; readonly reply: Reply }[] = [];
  readonly journals = new Map<NodeId, TendermintRecord[]>();
  /** False: the message is lost. */
  passes: (from: NodeId, to: NodeId, message: TendermintMessage) => boolean = () => true;
  readonly #peers: readonly NodeId[];
  readonly #config: TendermintConfig;
  #queue: { readonly to: NodeId; readonly input: Input }[] = [];

  constructor(count: number, config: Partial<TendermintConfig> = {}) {
    this.#peers = Array.from({ length: count }, (_, i) => i + 1);
    this.#config = { ...defaultTendermintConfig, ...config };
    for (const id of this.#peers) this.start(id);
    this.drain();
  }

  node(id: NodeId): Tendermint {
    return this.nodes.get(id) as Tendermint;
  }

  /** Also a restart: with what the disk kept. */
  start(id: NodeId): void {
    this.nodes.set(id, new Tendermint(id, this.#peers, this.#config));
    this.#queue = this.#queue.filter(({ to, input }) => to !== id || input.kind === 'message');
    this.#step(id, { kind: 'start', now: this.now, records: [...(this.journals.get(id) ?? [])] });
  }

  hears(id: NodeId, from: NodeId, message: TendermintMessage): void {
    this.#step(id, { kind: 'message', now: this.now, from, message });
    this.drain();
  }

  /** Ask node `id` what a client asks. */
  ask(id: NodeId, { session, id: number, op, admin, client, signature }: SignedCommand): void {
    this.#request(id, number, session, { client, op, signature }, admin ? 'admin' : 'write');
  }

  /** The layer above has a snapshot of all positions up to `index`. */
  compact(id: NodeId, index: number, snapshot: Value): Reply | undefined {
    const before = this.replies.length;
    this.#request(id, 1, 0, { type: 'compact', index, snapshot }, 'admin');
    return this.replies[before]?.reply;
  }

  #request(id: NodeId, number: number, session: number, op: Value, mode: RequestMode): void {
    this.#step(id, { kind: 'request', now: this.now, from: 9, request: { id: number, session, op, mode } });
    this.drain();
  }

  /** Deliver until nothing is under way. */
  drain(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next.to, next.input);
  }

  /** Let `us` microseconds pass. */
  run(us: number): void {
    const until = this.now + us;
    for (;;) {
      const due = [...this.nodes].flatMap(([id, { armed }]) => armed.map((atUs, timer) => ({ id, timer, atUs })));
      const first = due.reduce((a, b) => (b.atUs < a.atUs ? b : a));
      if (first.atUs > until) break;
      this.now = Math.max(this.now, first.atUs);
      this.#step(first.id, { kind: 'timer', now: this.now, timer: first.timer });
      this.drain();
    }
    this.now = until;
  }

  #step(id: NodeId, input: Input): void {
    this.node(id).step(input, this.#effects(id));
  }

  #effects(id: NodeId): TendermintEffects {
    const { now } = this;
    const push = (to: NodeId, input: Input): void => void this.#queue.push({ to, input });
    const ignore = (): void => undefined;
    return {
      send: (to, message) => {
        this.sent.push({ from: id, to, message });
        if (this.passes(id, to, message)) push(to, { kind: 'message', now, from: id, message });
      },
      persist: (token, record) => {
        this.journals.set(id, [...(this.journals.get(id) ?? []), record]);
        push(id, { kind: 'persisted', now, token });
      },
      checkpoint: (token, record) => {
        this.journals.set(id, [record]);
        push(id, { kind: 'persisted', now, token });
      },
      sign: (token, content) => push(id, { kind: 'signed', now, token, signature: signatureOf(id, content) }),
      verify: (token, signer, content, signature) =>
        push(id, { kind: 'verified', now, token, valid: signature === signatureOf(signer, content) }),
      indicate: (indication) => void this.told.push({ node: id, indication }),
      reply: (_to, reply) => void this.replies.push({ node: id, reply }),
      timer: ignore,
      request: ignore,
      belief: ignore,
      load: ignore,
      choose: () => 0,
    };
  }
}

/** Every operation that node `id` was told to apply. */
export const applied = (group: Group, id: NodeId): unknown[] =>
  group.told.flatMap(({ node, indication }) =>
    node === id && indication.kind === 'apply' ? indication.commands.map((command) => command?.op ?? null) : [],
  );
