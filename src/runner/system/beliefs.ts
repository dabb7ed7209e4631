/**
 * Asks every node what it holds true, about ten times a second, and writes down what changed. Such a belief is up to
 * one interval old when it is written, so it carries a clock of its own: it orders nothing.
 */
import type { Value } from '../../core/index.ts';
import type { ObservedBelief, RunningSystem } from '../../systems/index.ts';
import { writeJson } from '../../trace/index.ts';
import { pause, within } from './pause.ts';
import type { Recorder } from './recorder.ts';

const INTERVAL_MS = 100;
const ANSWER_MS = 1000;
/** All nodes of a system are one group. */
const SUBJECT = 'group';

export class BeliefPoll {
  readonly #running: RunningSystem;
  readonly #recorder: Recorder;
  readonly #nodes: readonly string[];
  readonly #said = new Map<string, string>();
  readonly #newest = new Map<string, readonly ObservedBelief[]>();
  readonly #leaders: string[] = [];

  constructor(running: RunningSystem, recorder: Recorder, nodes: readonly string[]) {
    this.#running = running;
    this.#recorder = recorder;
    this.#nodes = nodes;
  }

  /** Until the signal; nodes are asked independently of each other. */
  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#nodes.map((node) => this.#follow(node, signal)));
  }

  /** Who says that it leads, in the highest epoch; null where nobody does. */
  leader(): string | null {
    let best: { readonly node: string; readonly epoch: number } | null = null;
    for (const [node, beliefs] of this.#newest) {
      const claim = beliefs.find(({ kind, value }) => (kind === 'role' && value === 'leader') || (kind === 'leader' && value === node));
      if (claim === undefined) continue;
      const epoch = claim.epoch ?? epochOf(beliefs);
      if (best === null || epoch > best.epoch) best = { node, epoch };
    }
    return best?.node ?? null;
  }

  /** How often somebody else took the lead. */
  get leaderChanges(): number {
    return Math.max(0, this.#leaders.length - 1);
  }

  async #follow(node: string, signal: AbortSignal): Promise<void> {
    for (let askedNs = this.#recorder.nowMs() * 1e6; !signal.aborted; await pause(INTERVAL_MS, signal)) {
      const beforeNs = askedNs;
      askedNs = this.#recorder.nowMs() * 1e6;
      const beliefs = await this.#ask(node);
      if (signal.aborted) return;
      // No age is claimed that could be too small: since the answer before this one.
      const uncertaintyNs = Math.round(this.#recorder.nowMs() * 1e6 - beforeNs);
      this.#tell(node, { kind: 'x-answers', value: beliefs !== null }, uncertaintyNs);
      if (beliefs === null) this.#newest.delete(node);
      else this.#newest.set(node, beliefs);
      for (const belief of beliefs ?? []) this.#tell(node, belief, uncertaintyNs);
      const leader = this.leader();
      if (leader !== null && leader !== this.#leaders.at(-1)) this.#leaders.push(leader);
    }
  }

  /** Null where it does not answer: a node that is down or stands still. */
  async #ask(node: string): Promise<readonly ObservedBelief[] | null> {
    try {
      const beliefs = await within(this.#running.beliefs(node), ANSWER_MS, () => []);
      return beliefs.length === 0 ? null : beliefs;
    } catch {
      return null;
    }
  }

  #tell(node: string, { kind, value, epoch }: ObservedBelief, uncertaintyNs: number): void {
    const about = `${node} ${kind}`;
    const said = `${writeJson(value as Value)} ${epoch ?? ''}`;
    if (this.#said.get(about) === said) return;
    this.#said.set(about, said);
    this.#recorder.record({
      type: 'belief',
      clock: 'poll',
      uncertaintyNs,
      node,
      subject: SUBJECT,
      kind,
      value,
      ...(epoch === undefined ? {} : { epoch }),
    });
  }
}

function epochOf(beliefs: readonly ObservedBelief[]): number {
  const epoch = beliefs.find(({ kind }) => kind === 'epoch')?.value;
  return typeof epoch === 'number' ? epoch : 0;
}
