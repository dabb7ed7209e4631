/**
 * The interaction scripts: a handful of nodes, a bag of messages, and a person who decides what happens next. Output is
 * what the scripts expect, except that no log lines are written (they are not compared).
 */
import type { Effects, OrderingIndication, Reply } from '../../src/core/index.ts';
import {
  type Configuration,
  defaultRaftConfig,
  type Entry,
  emptyConfiguration,
  entryKinds,
  isChange,
  type MembershipChange,
  messageTypes,
  type RaftConfig,
  type RaftMessage,
  type RaftRecord,
  type Snapshot,
  votersOf,
} from '../../src/protocols/raft/index.ts';
import { type Argument, type Case, isTrue, valuesOf } from '../../src/protocols/raft/testing.ts';
import {
  APPEND_THREAD,
  APPLY_THREAD,
  describeEntry,
  describeProgress,
  describeSnapshot,
  describeWire,
  parseChanges,
  peerWire,
  type Wire,
  wire,
} from './describe.ts';
import { ScriptStorage } from './script-storage.ts';
import { type HardState, type Ready, ScriptedRaft } from './scripted-raft.ts';

const TICK_US = 1000;
const ELECTION_TICKS = 3;
const roleNames = {
  follower: 'StateFollower',
  candidate: 'StateCandidate',
  leader: 'StateLeader',
  'pre-candidate': 'StatePreCandidate',
} as const;
const DROPPED = 'raft proposal dropped';

interface ScriptNode {
  readonly raft: ScriptedRaft;
  readonly storage: ScriptStorage;
  readonly effects: Effects<RaftMessage, RaftRecord, OrderingIndication>;
  nowUs: number;
  refusal: Reply | null;
  appendWork: Wire[];
  applyWork: Wire[];
}

const ids = (args: readonly Argument[]): number[] =>
  args.filter(({ values, key }) => values.length === 0 && /^\d+$/.test(key)).map(({ key }) => Number(key));

const answers: readonly number[] = [
  messageTypes.appResp,
  messageTypes.voteResp,
  messageTypes.preVoteResp,
  messageTypes.heartbeatResp,
  messageTypes.readIndexResp,
];

export class Interaction {
  readonly #nodes: ScriptNode[] = [];
  #messages: Wire[] = [];
  #lines: string[] = [];
  #indent = '';
  #quiet = false;

  run(item: Case): string {
    this.#lines = [];
    const error = this.#command(item);
    if (error !== null) {
      if (this.#quiet) return error;
      this.#lines.push(error);
    }
    return this.#lines.length === 0 ? 'ok' : this.#lines.join('\n');
  }

  #print(text: string): void {
    if (!this.#quiet) for (const line of text.split('\n')) this.#lines.push(this.#indent + line);
  }

  #indented<T>(run: () => T): T {
    const before = this.#indent;
    this.#indent = `${before}  `;
    try {
      return run();
    } finally {
      this.#indent = before;
    }
  }

  #node(id: number | undefined): ScriptNode {
    const node = this.#nodes[(id ?? 0) - 1];
    if (node === undefined) throw new Error(`there is no node ${id}`);
    return node;
  }

  /** An error text, or null. */
  #command({ command, args, input }: Case): string | null {
    const [first, second] = ids(args);
    switch (command) {
      case '_breakpoint':
        return null;
      case 'add-nodes':
        return this.#addNodes(args);
      case 'campaign':
        return this.#admin(this.#node(first), { type: 'campaign' });
      case 'forget-leader':
        // Refused under leases, which the scripts show by a log line only.
        this.#admin(this.#node(first), { type: 'forget-leader' });
        return null;
      case 'report-unreachable':
        if (ids(args).length !== 2) return 'must specify exactly two node indexes: node on which to report, and reported node';
        return this.#admin(this.#node(first), { type: 'report-unreachable', node: second as number });
      case 'set-randomized-election-timeout':
        return this.#admin(this.#node(first), { type: 'set-election-timeout', timeoutUs: Number(valuesOf(args, 'timeout')[0]) * TICK_US });
      case 'transfer-leadership':
        this.#node(Number(valuesOf(args, 'from')[0])).raft.askTransfer(Number(valuesOf(args, 'to')[0]));
        return null;
      case 'tick-election':
        return this.#tick(this.#node(first), ELECTION_TICKS);
      case 'tick-heartbeat':
        return this.#tick(this.#node(first), 1);
      case 'propose':
        return this.#propose(this.#node(first), args[1]?.key ?? '');
      case 'propose-conf-change':
        return this.#proposeChange(this.#node(first), args.slice(1), input);
      case 'log-level':
        this.#quiet = args[0]?.key.toLowerCase() === 'none';
        return null;
      default:
        return this.#observe(command, args);
    }
  }

  #observe(command: string, args: readonly Argument[]): string | null {
    const [first, second] = ids(args);
    switch (command) {
      case 'compact':
        return this.#compact(this.#node(first), second as number);
      case 'raft-log':
        return this.#printLog(this.#node(first));
      case 'raft-state':
        for (const { raft } of this.#nodes) {
          const voter = votersOf(raft.configuration).includes(raft.id) ? '(Voter)' : '(Non-Voter)';
          this.#print(`${raft.id}: ${roleNames[raft.role]} ${voter} Term:${raft.term} Lead:${raft.leader}`);
        }
        return null;
      case 'status': {
        const { raft } = this.#node(first);
        if (raft.role === 'leader') for (const member of raft.members) this.#print(`${member.id}: ${describeProgress(member)}`);
        return null;
      }
      case 'send-snapshot':
        return this.#sendSnapshot(first as number, second as number);
      case 'deliver-msgs':
        return this.#deliverMessages(args);
      case 'process-ready':
        return this.#each(ids(args), 'handling Ready', (node) => this.#processReady(node));
      case 'process-append-thread':
        return this.#each(ids(args), 'processing append thread', (node) => this.#processAppend(node));
      case 'process-apply-thread':
        return this.#each(ids(args), 'processing apply thread', (node) => this.#processApply(node));
      case 'stabilize':
        return this.#stabilizeAt(args);
      default:
        return 'unknown command';
    }
  }

  #each(of: readonly number[], what: string, run: (node: ScriptNode) => string | null): string | null {
    for (const id of of) {
      const node = this.#node(id);
      if (of.length > 1) this.#print(`> ${id} ${what}`);
      const error = of.length > 1 ? this.#indented(() => run(node)) : run(node);
      if (error !== null) return error;
    }
    return null;
  }

  // Making nodes.

  #addNodes(args: readonly Argument[]): string | null {
    const one = (key: string): string | undefined => valuesOf(args, key)[0];
    const numbers = (key: string): number[] => valuesOf(args, key).map(Number);
    const readOnly = one('read-only');
    if (readOnly !== undefined && readOnly !== 'safe' && readOnly !== 'lease-based') return `invalid read-only option "${readOnly}"`;
    const checkQuorum = isTrue(valuesOf(args, 'checkquorum'));
    if (readOnly === 'lease-based' && !checkQuorum) return 'CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased';
    const config: RaftConfig = {
      ...defaultRaftConfig,
      retryVotes: false,
      electionTimeoutUs: ELECTION_TICKS * TICK_US,
      heartbeatUs: TICK_US,
      electionSlots: 1,
      preVote: isTrue(valuesOf(args, 'prevote')),
      checkQuorum,
      readMode: readOnly === 'lease-based' ? 'lease' : 'index',
      batchReads: false,
      maxMessageBytes: Number.POSITIVE_INFINITY,
      maxInflightMessages: Number(one('inflight') ?? 0x7fffffff),
      maxInflightBytes: 0,
      maxUncommittedBytes: Number.POSITIVE_INFINITY,
      forwardProposals: true,
      validateChanges: !isTrue(valuesOf(args, 'disable-conf-change-validation')),
      stepDownOnRemoval: isTrue(valuesOf(args, 'step-down-on-removal')),
      initial: emptyConfiguration,
    };
    const configuration: Configuration = { ...emptyConfiguration, voters: numbers('voters'), learners: numbers('learners') };
    const index = Number(one('index') ?? 0);
    const bootstrap = index !== 0 || configuration.voters.length > 0 || configuration.learners.length > 0;
    if (bootstrap && index <= 1) return 'index must be specified as > 1 due to bootstrap';
    const snapshot: Snapshot = { index, term: bootstrap ? 1 : 0, configuration, data: one('content') ?? '' };
    for (let left = ids(args)[0] ?? 0; left > 0; left--) {
      this.#addNode(config, bootstrap ? snapshot : null, snapshot, args);
    }
    return null;
  }

  #addNode(config: RaftConfig, kept: Snapshot | null, first: Snapshot, args: readonly Argument[]): void {
    const id = this.#nodes.length + 1;
    const raft = new ScriptedRaft(id, [id], config);
    const storage = new ScriptStorage();
    const node: ScriptNode = { raft, storage, effects: this.#effects(id), nowUs: 0, refusal: null, appendWork: [], applyWork: [] };
    this.#nodes.push(node);
    if (kept !== null) storage.applySnapshot(kept);
    const record = (snapshot: Snapshot): RaftRecord => ({
      term: 0,
      vote: 0,
      commit: snapshot.index,
      first: snapshot.index + 1,
      entries: [],
      snapshot,
      baseTerm: snapshot.term,
    });
    raft.asyncWrites = isTrue(valuesOf(args, 'async-storage-writes'));
    raft.maxApplyBytes = Number(valuesOf(args, 'max-committed-size-per-ready')[0] ?? Number.POSITIVE_INFINITY);
    raft.history = [first];
    raft.step({ kind: 'start', now: 0, records: kept === null ? [] : [record(kept)] }, node.effects);
    raft.begin();
  }

  #effects(id: number): Effects<RaftMessage, RaftRecord, OrderingIndication> {
    const ignore = (): void => undefined;
    return {
      send: (to, message) => this.#node(id).raft.outbox.push(peerWire(id, to, message)),
      reply: (_to, reply) => {
        this.#node(id).refusal = reply.outcome === 'ok' ? null : reply;
      },
      choose: () => 0,
      persist: ignore,
      checkpoint: ignore,
      load: ignore,
      sign: ignore,
      verify: ignore,
      timer: ignore,
      request: ignore,
      indicate: ignore,
      belief: ignore,
    };
  }

  // Doing things to nodes.

  #admin(node: ScriptNode, op: { readonly [key: string]: string | number }): string | null {
    node.raft.step({ kind: 'request', now: node.nowUs, from: 0, request: { id: 0, session: 0, mode: 'admin', op } }, node.effects);
    return null;
  }

  #tick(node: ScriptNode, ticks: number): null {
    for (let i = 0; i < ticks; i++) {
      node.nowUs += TICK_US;
      for (const timer of [0, 1]) node.raft.step({ kind: 'timer', now: node.nowUs, timer }, node.effects);
    }
    return null;
  }

  #propose(node: ScriptNode, op: string): string | null {
    node.refusal = null;
    node.raft.step({ kind: 'request', now: node.nowUs, from: 0, request: { id: 0, session: 0, mode: 'write', op } }, node.effects);
    return node.refusal === null ? null : DROPPED;
  }

  #proposeChange(node: ScriptNode, args: readonly Argument[], input: string): string | null {
    const unknown = args.find(({ key }) => key !== 'v1' && key !== 'transition');
    if (unknown !== undefined) return `unknown command ${unknown.key}`;
    const transition = valuesOf(args, 'transition')[0] ?? 'auto';
    if (transition !== 'auto' && transition !== 'implicit' && transition !== 'explicit') return `unknown transition ${transition}`;
    const changes = parseChanges(input);
    if (typeof changes === 'string') return changes;
    const v1 = isTrue(valuesOf(args, 'v1'));
    if (v1 && (changes.length > 1 || transition !== 'auto')) return 'v1 conf change can only have one operation and no transition';
    const change: MembershipChange = { transition, changes };
    const kind = v1 ? entryKinds.changeV1 : entryKinds.changeV2;
    const leave = changes.length === 0 && transition === 'auto';
    const entry: Entry = { term: 0, kind, session: 0, id: 0, op: leave ? null : (change as never), size: 4 };
    return node.raft.askChange(change, kind, entry) ? null : DROPPED;
  }

  #compact(node: ScriptNode, index: number): string | null {
    const error = node.storage.compact(index);
    if (error !== null) return error;
    node.raft.log.compactTo(index);
    return this.#printLog(node);
  }

  #printLog({ storage }: ScriptNode): null {
    if (storage.last < storage.first) this.#print(`log is empty: first index=${storage.first}, last index=${storage.last}`);
    storage.entries.forEach((entry, i) => {
      this.#print(describeEntry(entry, storage.first + i));
    });
    return null;
  }

  #sendSnapshot(from: number, to: number): null {
    const { raft } = this.#node(from);
    const message: RaftMessage = {
      type: messageTypes.snap,
      term: raft.term,
      index: 0,
      logTerm: 0,
      commit: 0,
      reject: false,
      hint: 0,
      context: 0,
      version: 2,
      entries: [],
      snapshot: raft.history.at(-1) as Snapshot,
    };
    const sent = peerWire(from, to, message);
    this.#messages.push(sent);
    this.#print(describeWire(sent));
    return null;
  }

  // Messages.

  #deliverMessages(args: readonly Argument[]): string | null {
    const type = valuesOf(args, 'type')[0] ?? null;
    const kept = ids(args);
    const dropped = valuesOf(args, 'drop').map(Number);
    const both = dropped.find((id) => kept.includes(id));
    if (both !== undefined) return `can't both deliver and drop msgs to ${both}`;
    let count = 0;
    for (const { key, values } of args) {
      if (values.length === 0 && /^\d+$/.test(key)) count += this.#deliver(Number(key), type, false);
      else if (key === 'drop') for (const id of values) count += this.#deliver(Number(id), type, true);
    }
    if (count === 0) this.#print('no messages');
    return null;
  }

  #deliver(to: number, type: string | null, drop: boolean): number {
    const [mine, rest] = split(this.#messages, to, type, drop);
    this.#messages = rest;
    for (const message of mine) {
      this.#print(`${drop ? 'dropped: ' : ''}${describeWire(message)}`);
      if (!drop) this.#receive(this.#node(to), message);
    }
    return mine.length;
  }

  #receive(node: ScriptNode, m: Wire): void {
    const { raft } = node;
    if (m.from === APPEND_THREAD) {
      raft.appendDone({ term: m.term, index: m.index, logTerm: m.logTerm, snapshot: m.snapshot });
    } else if (m.from === APPLY_THREAD) {
      raft.applyDone(m.entries, m.first);
    } else if (m.message !== null) {
      if (answers.includes(m.message.type) && raft.progress(m.from) === null) this.#print('raft: cannot step as peer not found');
      else if (m.from === raft.id) raft.deliver(m.from, m.message);
      else raft.step({ kind: 'message', now: node.nowUs, from: m.from, message: m.message }, node.effects);
    }
  }

  // Storage.

  #processReady(node: ScriptNode): string | null {
    const { raft } = node;
    const ready = raft.ready();
    const toStorage = raft.asyncWrites ? storageWires(raft.id, ready) : [];
    const toOthers = raft.asyncWrites ? [] : ready.afterAppend.filter(({ to }) => to !== raft.id);
    this.#print(describeReady(ready, [...ready.messages, ...toOthers, ...toStorage]));
    this.#messages.push(...ready.messages);
    if (raft.asyncWrites) {
      for (const work of toStorage) (work.to === APPEND_THREAD ? node.appendWork : node.applyWork).push(work);
      return null;
    }
    const error = node.storage.write(ready.hard ?? NO_HARD_STATE, ready.entries, ready.firstEntry, ready.snapshot);
    if (error !== null) return error;
    this.#apply(node, ready.committed, ready.firstCommitted);
    this.#messages.push(...toOthers);
    for (const { to, message } of ready.afterAppend) if (to === raft.id && message !== null) raft.deliver(to, message);
    if (ready.appended !== null) raft.appendDone(ready.appended);
    if (ready.committed.length > 0) raft.applyDone(ready.committed, ready.firstCommitted);
    return null;
  }

  #processAppend(node: ScriptNode): string | null {
    const work = node.appendWork.shift();
    if (work === undefined) {
      this.#print('no append work to perform');
      return null;
    }
    this.#print(`Processing:\n${describeWire({ ...work, responses: [] })}`);
    const error = node.storage.write({ term: work.term, vote: work.vote, commit: work.commit }, work.entries, work.first, work.snapshot);
    return error ?? this.#respond(work);
  }

  #processApply(node: ScriptNode): string | null {
    const work = node.applyWork.shift();
    if (work === undefined) {
      this.#print('no apply work to perform');
      return null;
    }
    this.#print(`Processing:\n${describeWire({ ...work, responses: [] })}`);
    this.#apply(node, work.entries, work.first);
    return this.#respond(work);
  }

  #respond(work: Wire): null {
    this.#print(['Responses:', ...work.responses.map((response) => describeWire(response))].join('\n'));
    this.#messages.push(...work.responses);
    return null;
  }

  /** The application: a text that grows by each command. */
  #apply({ raft }: ScriptNode, entries: readonly Entry[], first: number): void {
    entries.forEach((entry, i) => {
      const before = raft.history.at(-1) as Snapshot;
      const change = isChange(entry);
      const configuration = change ? raft.change(entry, first + i) : before.configuration;
      const data = `${before.data as string}${change ? '' : ((entry.op as string | null) ?? '')}`;
      raft.history.push({ index: first + i, term: entry.term, configuration, data });
    });
  }

  // Until nothing is left to do.

  #stabilizeAt(args: readonly Argument[]): string | null {
    const level = valuesOf(args, 'log-level')[0];
    const before = this.#quiet;
    if (level !== undefined) this.#quiet = level.toLowerCase() === 'none';
    const chosen = ids(args);
    const error = this.#stabilize(chosen.length === 0 ? this.#nodes : chosen.map((id) => this.#node(id)));
    this.#quiet = before;
    return error;
  }

  #stabilize(nodes: readonly ScriptNode[]): string | null {
    for (let done = false; !done; ) {
      done = true;
      const turn = (node: ScriptNode, what: string, run: () => string | null): string | null => {
        done = false;
        this.#print(`> ${node.raft.id} ${what}`);
        return this.#indented(run);
      };
      for (const node of nodes) {
        const error = node.raft.hasReady ? turn(node, 'handling Ready', () => this.#processReady(node)) : null;
        if (error !== null) return error;
      }
      for (const node of nodes) {
        const { id } = node.raft;
        if (!this.#messages.some(({ to }) => to === id)) continue;
        turn(node, 'receiving messages', () => {
          this.#deliver(id, null, false);
          return null;
        });
      }
      for (const node of nodes) {
        const error = this.#drain(node, node.appendWork, 'processing append thread', turn, () => this.#processAppend(node));
        if (error !== null) return error;
      }
      for (const node of nodes) this.#drain(node, node.applyWork, 'processing apply thread', turn, () => this.#processApply(node));
    }
    return null;
  }

  #drain(
    node: ScriptNode,
    work: readonly Wire[],
    what: string,
    turn: (node: ScriptNode, what: string, run: () => string | null) => string | null,
    run: () => string | null,
  ): string | null {
    if (work.length === 0) return null;
    return turn(node, what, () => {
      while (work.length > 0) {
        const error = run();
        if (error !== null) return error;
      }
      return null;
    });
  }
}

const NO_HARD_STATE: HardState = { term: 0, vote: 0, commit: 0 };

/** Messages to `to` of `type`, and the rest. Messages between a node and its own parts cannot be dropped. */
function split(messages: readonly Wire[], to: number, type: string | null, drop: boolean): [Wire[], Wire[]] {
  const local = (m: Wire): boolean => m.from === m.to || m.from < 0 || m.to < 0;
  const mine = (m: Wire): boolean => m.to === to && !(drop && local(m)) && (type === null || m.name === type);
  return [messages.filter(mine), messages.filter((m) => !mine(m))];
}

/** What goes to a node's own storage threads. */
function storageWires(id: number, ready: Ready): Wire[] {
  const wires: Wire[] = [];
  const { hard, entries, snapshot, afterAppend, appended, committed } = ready;
  if (entries.length > 0 || hard !== null || snapshot !== null || afterAppend.length > 0) {
    const responses = [...afterAppend];
    if (appended !== null) responses.push(wire({ from: APPEND_THREAD, to: id, name: 'MsgStorageAppendResp', ...appended }));
    wires.push(
      wire({
        from: id,
        to: APPEND_THREAD,
        name: 'MsgStorageAppend',
        ...(hard ?? {}),
        entries,
        first: ready.firstEntry,
        snapshot,
        responses,
      }),
    );
  }
  if (committed.length > 0) {
    const applied = { entries: committed, first: ready.firstCommitted };
    const responses = [wire({ from: APPLY_THREAD, to: id, name: 'MsgStorageApplyResp', ...applied })];
    wires.push(wire({ from: id, to: APPLY_THREAD, name: 'MsgStorageApply', ...applied, responses }));
  }
  return wires;
}

function describeReady(ready: Ready, messages: readonly Wire[]): string {
  const lines: string[] = [];
  const { soft, hard, snapshot } = ready;
  if (soft !== null) lines.push(`Lead:${soft.leader} State:${roleNames[soft.role]}`);
  if (hard !== null) lines.push(`HardState Term:${hard.term}${hard.vote === 0 ? '' : ` Vote:${hard.vote}`} Commit:${hard.commit}`);
  if (ready.entries.length > 0) lines.push('Entries:', ...ready.entries.map((entry, i) => describeEntry(entry, ready.firstEntry + i)));
  if (snapshot !== null) lines.push(`Snapshot ${describeSnapshot(snapshot)}`);
  if (ready.committed.length > 0) {
    lines.push('CommittedEntries:', ...ready.committed.map((entry, i) => describeEntry(entry, ready.firstCommitted + i)));
  }
  if (messages.length > 0) lines.push('Messages:', ...messages.map((message) => describeWire(message)));
  return lines.length === 0 ? '<empty Ready>' : [`Ready MustSync=${ready.mustSync}:`, ...lines].join('\n');
}
