/** Tendermint's own invariants in the simulator, fed as things happen, and what of it was reached. */
import type { NodeId } from '../../../core/index.ts';
import type { Replica } from '../../../protocols/replication/index.ts';
import {
  blockId,
  hasHonest,
  isQuorum,
  powerOf,
  proposerOf,
  type Statement,
  snapshotHash,
  type Tendermint,
  type TendermintIndication,
  type TendermintMessage,
  type TendermintRecord,
  totalPower,
  type ValidatorSet,
} from '../../../protocols/tendermint/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { type AnyNode, Invariants, type Reach } from '../../subject.ts';
import { wrongDecision } from './decision-table.ts';
import { overdueRule } from './overdue.ts';
import { fail, TendermintRules } from './tendermint-rules.ts';
import { powersOf, type TendermintSettings } from './tendermint-settings.ts';
import { Testimony } from './testimony.ts';

/** What the invariants look at, as it was after a server's last step. */
interface Seen {
  height: number;
  round: number;
  step: string;
  lockedRound: number;
  validRound: number;
  known: number;
  app: string;
  ready: boolean;
}

/** How much a node knows of its height: grows with everything that may enable a rule. */
function knownTo(node: Tendermint): number {
  let known = node.pool.size + node.pendingEvidence.size;
  for (const round of node.rounds()) known += node.log(round)?.size ?? 0;
  return known;
}

/** One number for a server at a height. */
const placeOf = (height: number, id: NodeId): number => height * 1024 + id;

const EARLY_OF_ONE = 16;
/** What a node holds is looked through once in so many changes. */
const WELL_FOUNDED_ONE_IN = 6;

const showPowers = ({ members }: ValidatorSet): string => JSON.stringify(members.map(({ id, power }) => [id, power]));

function samePowers({ members: a }: ValidatorSet, { members: b }: ValidatorSet): boolean {
  return a.length === b.length && a.every(({ id, power }, i) => b[i]?.id === id && b[i]?.power === power);
}

export class TendermintWatch extends Invariants {
  readonly #reach: Reach;
  readonly #own: boolean;
  readonly #settings: TendermintSettings;
  #rules: TendermintRules | null = null;
  #testimony: Testimony | null = null;
  readonly #nodes: (Tendermint | undefined)[] = [];
  readonly #seen: (Seen | undefined)[] = [];
  /** Durable decisions, by server and height; durable polkas: the newest round, by height and server. */
  readonly #decided = new Set<number>();
  readonly #polkas = new Map<number, number>();
  readonly #apps = new Map<number, string>();
  readonly #positions = new Set<number>();
  /** Servers that have lived before. */
  readonly #restarted = new Set<NodeId>();
  #message: TendermintMessage | null = null;
  #looks = 0;

  constructor(reach: Reach, _world: WatchedWorld, settings: TendermintSettings, own: boolean) {
    super();
    this.#reach = reach;
    this.#own = own;
    this.#settings = settings;
  }

  /** Known once the first server is seen. */
  #begin({ peers }: Tendermint): void {
    const lies = (id: NodeId): boolean => this.lies(id);
    this.#testimony = new Testimony(powersOf(this.#settings, peers), lies, (id) => peers.includes(id));
    this.#rules = new TendermintRules(this.#testimony, lies);
  }

  override received(_id: NodeId, _from: NodeId, message: unknown): void {
    this.#message = message as TendermintMessage;
  }

  override stepped(id: NodeId, any: AnyNode): void {
    const node = (any as unknown as Replica<never, never>).ordering as unknown as Tendermint;
    if (this.#testimony === null) this.#begin(node);
    this.#nodes[id] = node;
    const message = this.#message;
    this.#message = null;
    const { height, round, roundStep: step, lockedRound, validRound, ready } = node;
    const known = knownTo(node);
    const app = node.snapshot?.app.hash ?? '';
    const before = this.#seen[id];
    if (
      before !== undefined &&
      before.known === known &&
      before.round === round &&
      before.step === step &&
      before.height === height &&
      before.ready === ready &&
      before.app === app
    )
      return;
    this.#seen[id] = { height, round, step, lockedRound, validRound, known, app, ready };
    this.#reached(id, node, before, message);
    if (!this.#own) return;
    if (before === undefined || before.height !== height) this.#newHeight(id, node);
    else this.#sameHeight(id, node, before);
    if (before?.app !== app && app !== '') this.#newSnapshot(id, node);
    if (ready) this.#keeps(id, node);
    if (this.#looks % WELL_FOUNDED_ONE_IN === 0) this.#bounded(id, node);
    if (ready && !node.decided) {
      const overdue = overdueRule(node);
      if (overdue !== null) fail('upon-rules', `n${id} at height ${height}, round ${round}, step ${step} leaves a rule open: ${overdue}`);
    }
  }

  #reached(id: NodeId, node: Tendermint, before: Seen | undefined, message: TendermintMessage | null): void {
    const { height, round, lockedRound } = node;
    if (before !== undefined && before.height === height) {
      if (round >= 1 && round !== before.round) this.#reach('round-changed');
      if (round > before.round && before.round >= 0 && node.log(before.round)?.precommitTimed !== true) this.#reach('round-skipped');
      if (lockedRound >= 0 && round > before.round) this.#reach('locked');
      if (!before.ready && node.ready && round >= 0 && node.own.size > 0 && this.#restarted.has(id)) this.#reach('resumed');
    } else if (before !== undefined && message === null && node.blocks.at(-1)?.certificate.some(({ signer }) => signer === id) === false)
      this.#reach('caught-up');
  }

  #newHeight(id: NodeId, node: Tendermint): void {
    const newest = node.blocks.at(-1);
    if (newest !== undefined && newest.block.height === node.height - 1) {
      this.#rules?.decides(id, newest.block, newest.certificate);
      if (!this.#decided.has(placeOf(newest.block.height, id)))
        fail('decided-durable', `n${id} applies height ${newest.block.height}, and its disk does not know that it is decided`);
    }
    const reference = this.#testimony?.validators(node.height) ?? null;
    if (reference === null) return;
    if (!samePowers(node.validators, reference))
      fail(
        'validators-in-force',
        `at height ${node.height} n${id} counts on ${showPowers(node.validators)}, in force are ${showPowers(reference)}`,
      );
  }

  #sameHeight(id: NodeId, node: Tendermint, before: Seen): void {
    const { height, round } = node;
    if (round < before.round) fail('rounds-grow', `n${id} goes back from round ${before.round} to ${round} of height ${height}`);
    if (node.lockedRound < before.lockedRound || node.validRound < before.validRound)
      fail('lock-kept', `n${id} loses its lock or its valid value in round ${round} of height ${height}`);
    if (round === before.round || round < 0) return;
    this.#mayBeIn(id, node, before.round);
    const reference = this.#testimony?.validators(height) ?? null;
    if (reference !== null && node.proposer(round) !== proposerOf(reference, round))
      fail(
        'proposer-rule',
        `n${id} takes n${node.proposer(round)} for the proposer of round ${round}, height ${height}: it is n${proposerOf(reference, round)}`,
      );
    for (const kind of ['propose', 'prevote', 'precommit'] as const)
      if (!(node.timeoutUs(kind, round + 1) > node.timeoutUs(kind, round)))
        fail('timeouts-grow', `n${id} waits no longer for ${kind} in round ${round + 1} than in round ${round}`);
  }

  /** A round begins with the time-out of the one before it, or with f+1 who are there already (lines 55, 65). */
  #mayBeIn(id: NodeId, node: Tendermint, before: number): void {
    const { round, validators } = node;
    if (before < 0 || node.log(round - 1)?.precommitTimed === true) return;
    const power = (node.log(round)?.signers() ?? []).reduce((sum, signer) => sum + (signer === id ? 0 : powerOf(validators, signer)), 0);
    if (!hasHonest(power, totalPower(validators)))
      fail('round-rule', `n${id} goes from round ${before} to ${round} of height ${node.height}, where a power of ${power} is`);
  }

  /** What disks know of locks and rounds, nodes know too. */
  #keeps(id: NodeId, node: Tendermint): void {
    const { height, lockedRound, lockedValue, validRound } = node;
    const lock = this.#testimony?.lock(id, height) ?? null;
    if (lock !== null && (lockedRound < lock.round || (lockedRound === lock.round && lockedValue !== lock.value)))
      fail('lock-kept', `n${id} said that it locked in round ${lock.round} of height ${height}, and is locked in round ${lockedRound}`);
    if (validRound < lockedRound) fail('valid-round', `n${id} is locked in round ${lockedRound}, and its valid round is ${validRound}`);
    if (validRound < (this.#polkas.get(placeOf(height, id)) ?? -1)) fail('valid-round', `n${id} has forgotten a polka of height ${height}`);
    const said = this.#testimony?.newestRound(id, height) ?? -1;
    this.#knowsWhy(id, node);
    if (node.round < said) fail('rounds-grow', `n${id} spoke in round ${said} of height ${height}, and is in round ${node.round}`);
    if (++this.#looks % WELL_FOUNDED_ONE_IN !== 0) return;
    this.#wellFounded(id, node);
    const wrong = node.decided ? null : wrongDecision(node);
    if (wrong !== null) fail('decision-table', `n${id} at height ${height}, round ${node.round}: ${wrong}`);
  }

  /** In a later round it holds what took it there, also after a restart: else nobody could follow it when others are gone (lines 47, 55). */
  #knowsWhy(id: NodeId, node: Tendermint): void {
    const { round, height, validators } = node;
    if (round <= 0 || powerOf(validators, id) === 0) return;
    const before = node.log(round - 1);
    const here = node.log(round);
    let ended = 0;
    let there = 0;
    for (const member of validators.members) {
      const own = member.id === id;
      if (own ? node.own.has(`precommit/${round - 1}`) : before?.precommits.some(({ signer }) => signer === member.id) === true)
        ended += member.power;
      if (!own && here?.signers().includes(member.id) === true) there += member.power;
    }
    const total = totalPower(validators);
    if (!isQuorum(ended, total) && !hasHonest(there, total))
      fail('round-rule', `n${id} is in round ${round} of height ${height}, and could show nobody why`);
  }

  /** Nothing is counted but proposals of proposers, with their blocks, and votes of validators. */
  #wellFounded(id: NodeId, node: Tendermint): void {
    const { height } = node;
    const { members } = node.validators;
    for (const round of node.rounds()) {
      const log = node.log(round);
      if (log === null) continue;
      for (const { statement, block } of log.proposals) {
        if (statement.signer !== this.#testimony?.proposer(height, round) && this.#testimony?.validators(height) !== null)
          fail('proposer-rule', `n${id} holds a proposal of n${statement.signer} for round ${round} of height ${height}`);
        if (blockId(block) !== statement.value) fail('block-fits', `n${id} holds a block under the name of another`);
      }
      for (const votes of [log.prevotes, log.precommits]) {
        votes.forEach((vote, i) => {
          const { signer, value } = vote;
          if (vote.height !== height || vote.round !== round || !members.some((member) => member.id === signer))
            fail('counted-votes', `n${id} counts a vote of n${signer} in round ${round} of height ${height}`);
          for (let j = 0; j < i; j++)
            if (votes[j]?.signer === signer && votes[j]?.value === value)
              fail('counted-votes', `n${id} holds one vote twice in round ${round} of height ${height}`);
        });
      }
    }
  }

  #bounded(id: NodeId, node: Tendermint): void {
    const { config, pool, checks, early, peers } = node;
    if (pool.size > config.maxPool || (checks.size > config.maxChecks && peers.some((peer) => node.checksOf(peer) > config.maxChecks)))
      fail('bounded', `n${id} holds ${pool.size} commands, ${checks.size} checks`);
    const later = node.rounds().filter((round) => round > node.round + 1);
    if (early.length <= EARLY_OF_ONE && later.length <= config.futureRounds) return;
    for (const peer of node.peers) {
      if (early.filter(({ from }) => from === peer).length > EARLY_OF_ONE) fail('bounded', `n${id} keeps too much of n${peer} for later`);
      const ahead = later.filter((round) => node.log(round)?.signers().includes(peer) === true);
      if (ahead.length > config.futureRounds) fail('bounded', `n${id} keeps ${ahead.length} rounds ahead of n${peer}`);
    }
  }

  #newSnapshot(id: NodeId, { snapshot }: Tendermint): void {
    if (snapshot === null) return;
    const { app, data, chain } = snapshot;
    if (snapshotHash(data, chain) !== app.hash)
      fail('app-state', `n${id} holds a snapshot of height ${app.height} that is not what was agreed on`);
    const known = this.#apps.get(app.height);
    if (known !== undefined && known !== app.hash) fail('app-state', `n${id} holds another snapshot of height ${app.height} than others`);
    this.#apps.set(app.height, app.hash);
    this.#positions.add(app.position);
  }

  override written(id: NodeId, record: unknown): void {
    const told = record as TendermintRecord;
    if (told.type === 'decided') this.#decided.add(placeOf(told.block.height, id));
    else if (told.type === 'polka') {
      const key = placeOf(told.height, id);
      this.#polkas.set(key, Math.max(this.#polkas.get(key) ?? -1, told.round));
    } else if (told.type === 'signs' && this.#own) this.#rules?.signs(id, told.statement, this.#nodes[id] ?? null);
  }

  override sent(from: NodeId, _to: NodeId, message: unknown): void {
    const m = message as TendermintMessage;
    if (m.type === 'vote' || m.type === 'proposal') this.#says(from, m.statement);
    else if (m.type === 'evidence' && this.#own) this.#rules?.convicts(from, m.evidence);
  }

  #says(from: NodeId, statement: Statement): void {
    if (statement.signer !== from) return;
    if (statement.value === null) this.#reach('voted-nil');
    if (statement.validRound >= 0) this.#reach('proposed-again');
    if (this.#own) this.#rules?.sends(from, statement);
  }

  override indicated(id: NodeId, indication: unknown): void {
    const told = indication as TendermintIndication;
    if (told.kind === 'restore' && this.#own && !this.#positions.has(told.index))
      fail('app-state', `n${id} takes a snapshot of position ${told.index}, which no honest node has made`);
    if (told.kind !== 'evidence') return;
    this.#reach('convicted');
    if (this.#own) this.#rules?.convicts(id, told.evidence);
  }

  override believed(id: NodeId, kind: string): void {
    if (kind === 'members' && (this.#nodes[id]?.height ?? 1) > 1) this.#reach('powers-changed');
  }

  override restarted(id: NodeId): void {
    this.#restarted.add(id);
    this.#nodes[id] = undefined;
    this.#seen[id] = undefined;
  }
}
