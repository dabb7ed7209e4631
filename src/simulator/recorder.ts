/** Writes a run down as trace records, for replays: operations, messages, faults, beliefs, what was applied, notes. */
import type { ApplyIndication, BeliefKind, NodeId, Reply, Request, Value } from '../core/index.ts';
import { TRACE_VERSION, type TraceRecord } from '../trace/index.ts';
import { nodeName } from './names.ts';
import type { Observer, OperationHalf, Payload, WatchedWorld } from './observer.ts';
import type { Plan } from './plan.ts';
import type { Subject } from './subject.ts';

type Phase = 'send' | 'deliver' | 'drop';

export class Recorder implements Observer {
  readonly #subject: Subject;
  readonly #plan: Plan;
  readonly #write: (record: TraceRecord) => void;
  #world: WatchedWorld = { now: 0, localNow: () => 0 };
  #seq = 0;

  /** `write` is handed one record after another, the header first. */
  constructor(subject: Subject, plan: Plan, write: (record: TraceRecord) => void) {
    this.#subject = subject;
    this.#plan = plan;
    this.#write = write;
    write({
      type: 'header',
      trace: TRACE_VERSION,
      seed: plan.seed,
      source: `lightcone simulator, ${subject.name}`,
      ...(subject.model === null ? {} : { model: subject.model }),
      nodes: Array.from({ length: plan.nodes }, (_, i) => nodeName(i + 1, plan.nodes)),
    });
  }

  begin(world: WatchedWorld): void {
    this.#world = world;
  }

  #at(): { seq: number; timeNs: number } {
    return { seq: this.#seq++, timeNs: this.#world.now * 1000 };
  }

  #name(id: NodeId): string {
    return nodeName(id, this.#plan.nodes);
  }

  #message(phase: Phase, from: NodeId, to: NodeId, kind: Payload, payload: unknown, id: number): void {
    this.#write({ type: 'msg', ...this.#at(), phase, from: this.#name(from), to: this.#name(to), id, body: this.#body(kind, payload) });
  }

  #body(kind: Payload, payload: unknown): string {
    if (kind === 'message') return this.#subject.message.render(payload);
    if (kind === 'request') {
      const { mode, op, session, id } = payload as Request;
      return `request ${session}/${id} ${mode} ${JSON.stringify(op)}`;
    }
    const { outcome, value, code, session, id } = payload as Reply;
    return `reply ${session}/${id} ${outcome}${code === undefined ? '' : ` ${code}`}${value === undefined ? '' : ` ${JSON.stringify(value)}`}`;
  }

  sent(from: NodeId, to: NodeId, kind: Payload, payload: unknown, id: number): void {
    this.#message('send', from, to, kind, payload, id);
  }

  dropped(from: NodeId, to: NodeId, kind: Payload, payload: unknown, id: number): void {
    this.#message('drop', from, to, kind, payload, id);
  }

  delivered(from: NodeId, to: NodeId, kind: Payload, payload: unknown, id: number): void {
    this.#message('deliver', from, to, kind, payload, id);
  }

  believed(node: NodeId, kind: string, value: Value, epoch: number): void {
    const name = this.#name(node);
    this.#write({
      type: 'belief',
      ...this.#at(),
      node: name,
      subject: kind === 'role' || kind === 'epoch' ? name : 'group',
      kind: kind as BeliefKind,
      value: kind === 'leader' && typeof value === 'number' ? this.#name(value) : value,
      ...(epoch === 0 ? {} : { epoch }),
      localNs: this.#world.localNow(node) * 1000,
    });
  }

  indicated(node: NodeId, indication: unknown): void {
    const { kind } = indication as { kind?: string };
    if (kind === 'restore') this.#note(`${this.#name(node)} restored a snapshot of ${(indication as { index: number }).index} positions`);
    if (kind !== 'apply') return;
    const { first, commands } = indication as ApplyIndication;
    commands.forEach((command, i) => {
      if (command !== null) this.#write({ type: 'apply', ...this.#at(), node: this.#name(node), index: first + i, op: command.op });
    });
  }

  operation(half: OperationHalf): void {
    const { phase, process, f, key, value, server, revision, code } = half;
    this.#write({
      type: 'op',
      ...this.#at(),
      phase,
      process,
      f,
      key,
      ...(value === undefined ? {} : { value }),
      ...(server === 0 ? {} : { node: this.#name(server) }),
      ...(revision === undefined ? {} : { revision }),
      ...(code === undefined ? {} : { code }),
    });
  }

  fault(phase: 'start' | 'end', fault: string, detail: Value): void {
    this.#write({ type: 'fault', ...this.#at(), phase, fault, detail });
  }

  note(text: string): void {
    this.#note(text);
  }

  #note(text: string): void {
    this.#write({ type: 'note', ...this.#at(), text });
  }
}
