/**
 * Tendermint (Buchman, Kwon, Milosevic 2018) as one deterministic `step`: this file takes inputs apart, hands them to
 * the layers below, answers requests and reports beliefs. It makes no values: a Replica above takes `apply` and
 * `restore`. An epoch is one round of one height; who proposes in it leads it.
 */
import type { Input, Node, NodeId, OrderingIndication, Request, RequestInput, Value, Writer } from '../../core/index.ts';
import { blockId, blockSchema, chainSchema, commandKey, commandSchema, type SignedCommand } from './block.ts';
import type { TendermintConfig } from './config.ts';
import { messageSchema, type TendermintMessage } from './message.ts';
import { recordSchema, type TendermintRecord } from './record.ts';
import { statementSchema } from './statement.ts';
import { type TendermintEffects, timers } from './tendermint-base.ts';
import { TendermintGossip } from './tendermint-gossip.ts';
import type { ValidatorSet } from './validators.ts';

/** Rounds of one height that have epochs of their own; later ones share the last. */
const EPOCHS = 65_536;

/** One number for one round of one height, increasing. */
export const epochOf = (height: number, round: number): number => height * EPOCHS + Math.min(Math.max(round, 0), EPOCHS - 1);

type Class = new (id: NodeId, peers: readonly NodeId[], config: TendermintConfig) => Tendermint;

export class Tendermint extends TendermintGossip implements Node<TendermintMessage, TendermintRecord, OrderingIndication> {
  #toldEpoch = -1;
  #toldPosition = -1;
  #toldValidators: ValidatorSet | null = null;
  #validHeight = 0;
  #valid = new Map<string, boolean>();

  step(input: Input<TendermintMessage, TendermintRecord>, out: TendermintEffects): void {
    this.out = out;
    this.now = input.now;
    switch (input.kind) {
      case 'message':
        this.receive(input.from, input.message);
        break;
      case 'verified':
        this.verified(input.token, input.valid);
        break;
      case 'signed':
        this.signed(input.token, input.signature);
        break;
      case 'persisted':
        this.persisted(input.token);
        break;
      case 'timer':
        this.#timer(input.timer);
        break;
      case 'request':
        this.#request(input);
        break;
      case 'start':
        this.recover(input.records);
        this.arm(timers.gossip, this.config.gossipUs);
        // Nothing to apply again: no step of the layer above has to come between.
        if (this.replay.length === 0) this.nextHeight();
        break;
      case 'clock':
        this.clockSet();
        break;
      default:
        return;
    }
    this.#report();
  }

  #timer(timer: number): void {
    // Set to a later time since, as by the clock's being set in this very moment.
    if ((this.armed[timer] as number) > this.now) return;
    this.armed[timer] = Number.POSITIVE_INFINITY;
    if (timer === timers.propose) this.timedOut('propose', this.round);
    else if (timer === timers.prevote) this.timedOut('prevote', this.round);
    else if (timer === timers.precommit) this.timedOut('precommit', this.round);
    else if (timer === timers.commit) this.nextHeight();
    else if (timer === timers.gossip) this.gossip();
  }

  protected override heightReady(): void {
    this.readEarly();
    this.maybeBegin();
    this.advance();
  }

  protected override maybeBegin(): void {
    if (!this.ready || this.decided || this.round >= 0) return;
    if (!this.hasWork() && this.logs.size === 0) return;
    this.startRound(0);
    this.advance();
  }

  /** Asked again and again by the rules, and costly: the answer lasts for the height. */
  protected override isValid({ round, value }: { readonly round: number; readonly value: string | null }): boolean {
    if (value === null) return false;
    if (this.#validHeight !== this.height) {
      this.#validHeight = this.height;
      this.#valid = new Map();
    }
    let valid = this.#valid.get(value);
    if (valid === undefined) {
      const proposed = this.log(round)?.proposalOf(value) ?? null;
      valid = proposed !== null && this.isValidBlock(proposed.block);
      this.#valid.set(value, valid);
    }
    return valid;
  }

  // Requests.

  #request({ from, request }: RequestInput): void {
    const { id, session, op, mode } = request;
    if (mode === 'stale') {
      this.out.indicate({ kind: 'readReady', session, id, index: this.chain.position });
    } else if (mode === 'admin' && isCompact(op)) {
      const done = this.compact(op.index, op.snapshot);
      this.out.reply(from, done ? { id, session, outcome: 'ok', value: null } : { id, session, outcome: 'fail', code: 'LC_USAGE' });
    } else if (mode === 'linearizable') {
      // What one node says of a state proves nothing where nodes lie: a read is a command, and is answered by many.
      this.out.reply(from, { id, session, outcome: 'fail', code: 'LC_USAGE' });
    } else this.#command(from, request);
  }

  /** `op` is `{ client, op, signature }`, signed by the client (`requestContent`); where nothing is signed, the operation itself. */
  #command(from: NodeId, { id, session, op, mode }: Request): void {
    const command = this.unsigned
      ? { admin: mode === 'admin', client: 0, id, op, session, signature: null }
      : envelope(session, id, op, mode === 'admin');
    const usable = command !== null && this.acceptsClient(command.client);
    const room = this.pool.size < this.config.maxPool;
    if (!usable || !room) {
      this.out.reply(from, { id, session, outcome: 'fail', code: usable ? 'LC_OVERLOADED' : 'LC_USAGE' });
      return;
    }
    if (!this.isNewCommand(command)) return;
    // As if a peer had passed it on: its signature is checked on the way.
    this.unshared.set(commandKey(command), 0);
    this.check(this.id, { type: 'commands', commands: [command] });
  }

  // Beliefs.

  #report(): void {
    const { out } = this;
    const round = Math.max(0, this.round);
    const epoch = epochOf(this.height, round);
    if (epoch !== this.#toldEpoch) {
      this.#toldEpoch = epoch;
      const leader = this.proposer(round);
      out.belief('epoch', epoch, epoch);
      out.belief('role', leader === this.id ? 'leader' : 'follower', epoch);
      out.belief('leader', leader, epoch);
      out.indicate({ kind: 'leader', leader, epoch });
    }
    if (this.chain.position !== this.#toldPosition) {
      this.#toldPosition = this.chain.position;
      out.belief('position', this.chain.position, 0);
    }
    const { validators } = this;
    if (this.#toldValidators !== validators && !samePowers(this.#toldValidators, validators)) {
      this.#toldValidators = validators;
      out.belief('members', validators.members.map(({ id, power }) => ({ id, power })) as Value, 0);
    }
  }

  // Copies and bytes.

  clone(): Tendermint {
    const copy = new (this.constructor as Class)(this.id, this.peers, this.config);
    copy.copyRounds(this);
    copy.chain = this.chain;
    copy.now = this.now;
    copy.tokens = this.tokens;
    copy.armed = [...this.armed];
    copy.own = new Map(this.own);
    copy.ownBlocks = new Map(this.ownBlocks);
    copy.validBlock = this.validBlock;
    copy.writes = [...this.writes];
    copy.signatures = [...this.signatures];
    copy.pool = new Map(this.pool);
    copy.unshared = new Map(this.unshared);
    copy.recent = new Set(this.recent);
    copy.pendingEvidence = new Map(this.pendingEvidence);
    copy.blocks = [...this.blocks];
    copy.replay = [...this.replay];
    copy.open = [...this.open];
    copy.ready = this.ready;
    copy.snapshot = this.snapshot;
    copy.served = this.served;
    copy.early = [...this.early];
    copy.copyChecks(this);
    for (const [code, count] of this.drops) copy.drops.set(code, count);
    copy.#toldEpoch = this.#toldEpoch;
    copy.#toldPosition = this.#toldPosition;
    copy.#toldValidators = this.#toldValidators;
    return copy;
  }

  encode(w: Writer): void {
    this.encodeRounds(w);
    chainSchema.write(w, this.chain);
    for (const atUs of this.armed) w.int(Number.isFinite(atUs) ? atUs - this.now : -1);
    w.bool(this.ready);
    this.#encodeSigning(w);
    w.uint(this.pool.size);
    for (const command of this.pool.values()) commandSchema.write(w, command);
    for (const names of [this.unshared, this.recent, this.pendingEvidence.keys()]) w.value([...names] as Value);
    w.uint(this.blocks.length);
    for (const { block } of this.blocks) w.text(blockId(block));
    for (const list of [this.replay, this.open]) {
      w.uint(list.length);
      for (const record of list) recordSchema.write(w, record);
    }
    w.text(this.snapshot?.app.hash ?? '');
    w.text(this.served?.snapshot.app.hash ?? '');
    w.uint(this.early.length);
    for (const { from, message } of this.early) {
      w.uint(from);
      messageSchema.write(w, message);
    }
    this.encodeChecks(w);
  }

  #encodeSigning(w: Writer): void {
    w.uint(this.own.size);
    for (const statement of [...this.own].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, own]) => own)) statementSchema.write(w, statement);
    w.text(this.validBlock === null ? '' : blockId(this.validBlock));
    w.uint(this.ownBlocks.size);
    for (const [round, block] of [...this.ownBlocks].sort(([a], [b]) => a - b)) {
      w.uint(round);
      blockSchema.write(w, block);
    }
    w.uint(this.writes.length);
    for (const { next } of this.writes) {
      w.text(next.do);
      if (next.do === 'sign') statementSchema.write(w, next.statement);
      else if (next.do === 'apply') w.text(blockId(next.block));
    }
    w.uint(this.signatures.length);
    for (const { statement } of this.signatures) statementSchema.write(w, statement);
  }
}

function envelope(session: number, id: number, signed: Value, admin: boolean): SignedCommand | null {
  if (signed === null || typeof signed !== 'object' || Array.isArray(signed) || signed instanceof Uint8Array) return null;
  const { client, op = null, signature = null } = signed as { readonly [key: string]: Value };
  return typeof client === 'number' && Number.isSafeInteger(client) && client > 0 ? { admin, client, id, op, session, signature } : null;
}

function isCompact(op: Value): op is { readonly type: 'compact'; readonly index: number; readonly snapshot: Value } {
  if (op === null || typeof op !== 'object' || Array.isArray(op)) return false;
  const { type, index } = op as { readonly [key: string]: Value };
  return type === 'compact' && typeof index === 'number';
}

function samePowers(a: ValidatorSet | null, b: ValidatorSet): boolean {
  if (a === null || a.members.length !== b.members.length) return false;
  return a.members.every(({ id, power }, i) => id === b.members[i]?.id && power === b.members[i]?.power);
}
