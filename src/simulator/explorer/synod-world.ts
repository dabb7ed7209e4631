/**
 * Single-decree Paxos, or a mutant of it, as a world to be seen in full: proposers with a value each, acceptors, a network
 * that is unordered and may lose anything (a message may always arrive later, or never). Judged by what acceptors accept and
 * proposers decide: Agreement, Validity, and that no two quorums ever choose different values.
 */
import type { NodeId, Value } from '../../core/index.ts';
import {
  Synod,
  type SynodConfig,
  type SynodMessage,
  synodMessageSchema,
  synodRecordSchema,
  synodTimers,
} from '../../protocols/paxos/index.ts';
import type { AnyNode } from './local-state.ts';
import type { Broken, Observer, WorldEvent, WorldOptions } from './world-options.ts';

interface SynodHistory {
  /** By ballot: its value, and who has accepted it. */
  readonly accepted: { readonly [ballot: number]: { readonly value: Value; readonly by: readonly NodeId[] } };
  /** What was decided first; null: nothing yet. */
  readonly decided: Value;
  readonly broken: Broken | null;
}

export class SynodObserver implements Observer<SynodHistory> {
  readonly invariants = ['agreement', 'validity', 'chosen-once', 'no-broken-invariant'] as const;
  readonly initial: SynodHistory = { accepted: {}, decided: null, broken: null };
  readonly #values: readonly Value[];
  readonly #quorum: number;

  constructor(values: readonly Value[], acceptors: number) {
    this.#values = values;
    this.#quorum = Math.floor(acceptors / 2) + 1;
  }

  key({ accepted, decided, broken }: SynodHistory): string {
    return JSON.stringify([accepted, decided, broken?.invariant ?? '']);
  }

  broken({ broken }: SynodHistory): Broken | null {
    return broken;
  }

  observe(history: SynodHistory, event: WorldEvent): SynodHistory {
    if (history.broken !== null) return history;
    if (event.kind === 'broken') return { ...history, broken: { invariant: 'no-broken-invariant', message: event.message } };
    if (event.kind !== 'belief') return history;
    const { value, epoch, node } = event;
    if (!this.#values.includes(value))
      return { ...history, broken: { invariant: 'validity', message: `n${node}: nobody proposed ${JSON.stringify(value)}` } };
    if (event.belief === 'decision') {
      if (history.decided === null || history.decided === value) return { ...history, decided: value };
      const message = `n${node} decides ${JSON.stringify(value)}, ${JSON.stringify(history.decided)} was decided`;
      return { ...history, broken: { invariant: 'agreement', message } };
    }
    return event.belief === 'x-accepted' ? this.#accepts(history, epoch, value, node) : history;
  }

  #accepts(history: SynodHistory, ballot: number, value: Value, node: NodeId): SynodHistory {
    const known = history.accepted[ballot];
    const by = known?.by.includes(node) ? known.by : [...(known?.by ?? []), node].sort((a, b) => a - b);
    const accepted = { ...history.accepted, [ballot]: { value, by } };
    const chosen = new Set(Object.values(accepted).flatMap((vote) => (vote.by.length >= this.#quorum ? [vote.value] : [])));
    const twice = chosen.size > 1 || (known !== undefined && known.value !== value);
    const message = `quorums chose ${[...chosen].map((one) => JSON.stringify(one)).join(' and ')}; ballot ${ballot} has ${JSON.stringify(value)}`;
    return { ...history, accepted, broken: twice ? { invariant: 'chosen-once', message } : null };
  }
}

type SynodClass = new (id: NodeId, peers: readonly NodeId[], config: SynodConfig) => Synod;

/** `proposers` with at most `ballots` ballots each, and `acceptors`; nobody crashes. */
export function synodWorld(proposers: number, ballots: number, acceptors: number, node: SynodClass = Synod): WorldOptions {
  const nodes = Array.from({ length: proposers + acceptors }, (_, i) => i + 1);
  const config: SynodConfig = { proposers: nodes.slice(0, proposers), acceptors: nodes.slice(proposers), ballots, retryUs: 1000 };
  const values = config.proposers.map((id) => `v${id}`);
  return {
    name: `single-decree paxos, ${proposers} proposers of ${ballots} ballots, ${acceptors} acceptors`,
    protocol: { message: synodMessageSchema, record: synodRecordSchema, timers: synodTimers } as unknown as WorldOptions['protocol'],
    create: (id, peers) => new node(id, peers, config) as unknown as AnyNode,
    nodes,
    inputs: config.proposers.map((id, i) => ({ node: id, request: { id, session: 0, op: values[i] as Value, mode: 'write' } })),
    network: 'unordered',
    disk: 'instant',
    // Without any drop a message may still never arrive: runs may end anywhere, so this network loses whatever it likes.
    bounds: { timers: Number.POSITIVE_INFINITY, crashes: 0, drops: 0, duplicates: 0 },
    ignores: (synod, from, message) => (synod as unknown as Synod).ignores(from, message as SynodMessage),
    observer: new SynodObserver(values, acceptors),
  };
}
