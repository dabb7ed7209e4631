/**
 * An asynchronous system as in Fischer, Lynch, Paterson 1985, section 2: processes, a buffer of messages under way, and
 * nothing else; a step delivers one message, any of them. There are no clocks, disks or timers. Whoever picks the messages
 * is the scheduler. A run can be copied, to ask what would come of it.
 */
import { type Effects, InvariantViolation, type Node, type NodeId, Random, type Value } from '../../core/index.ts';

export interface UnderWay {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: unknown;
  /** Steps before it was sent. */
  readonly sentAt: number;
}

export type Process = Node<unknown, never, never>;

const never = (what: string) => (): never => {
  throw new InvariantViolation('asynchronous-system', `a process wants ${what}, which an asynchronous system does not have`);
};

export class AsynchronousRun {
  readonly processes: ReadonlyMap<NodeId, Process>;
  /** In the order in which they were sent. */
  readonly underWay: UnderWay[];
  readonly decisions: Map<NodeId, Value>;
  /** The newest round of each process. */
  readonly rounds: Map<NodeId, number>;
  steps = 0;
  readonly #coins: Random;

  constructor(processes: ReadonlyMap<NodeId, Process>, coins: Random, from?: AsynchronousRun) {
    this.processes = processes;
    this.#coins = coins;
    this.underWay = from === undefined ? [] : [...from.underWay];
    this.decisions = new Map(from?.decisions);
    this.rounds = new Map(from?.rounds);
    this.steps = from?.steps ?? 0;
  }

  static start(processes: readonly (readonly [NodeId, Process])[], seed: number): AsynchronousRun {
    const run = new AsynchronousRun(new Map(processes), new Random(seed, 'coins'));
    for (const [id, process] of processes) process.step({ kind: 'start', now: 0, records: [] }, run.#effects(id));
    return run;
  }

  /** What may come of it is tried on a copy; its coins are other ones: nobody can look into the future of a coin. */
  copy(seed: number): AsynchronousRun {
    const processes = new Map([...this.processes].map(([id, process]) => [id, process.clone()]));
    return new AsynchronousRun(processes, new Random(seed, 'what-if'), this);
  }

  deliver(index: number): void {
    const [{ from, to, message }] = this.underWay.splice(index, 1) as [UnderWay];
    this.steps++;
    (this.processes.get(to) as Process).step({ kind: 'message', now: 0, from, message }, this.#effects(to));
  }

  #effects(id: NodeId): Effects<unknown, never, never> {
    return {
      send: (to, message) => {
        this.underWay.push({ from: id, to, message, sentAt: this.steps });
      },
      belief: (kind, value, epoch) => {
        if (kind === 'decision') this.decisions.set(id, value);
        else if (kind === 'epoch') this.rounds.set(id, epoch);
      },
      choose: (n) => this.#coins.below(n),
      persist: never('a disk'),
      checkpoint: never('a disk'),
      load: never('a disk'),
      sign: never('a key'),
      verify: never('a key'),
      timer: never('a clock'),
      request: never('a service'),
      reply: never('a client'),
      indicate: never('a module above it'),
    };
  }
}
