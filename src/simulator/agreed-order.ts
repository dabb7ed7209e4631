/**
 * The invariant of every ordering protocol: all servers apply the same commands in the same order (State Machine
 * Safety, Raft figure 3). Checked as commands are applied, against what was applied first at each position.
 */
import { type Command, equalValues, InvariantViolation, type NodeId, type OrderingIndication } from '../core/index.ts';

const show = (command: Command | null): string =>
  command === null ? 'nothing' : `command ${command.id} of session ${command.session} (${JSON.stringify(command.op)})`;

const equal = (a: Command, b: Command): boolean => a.session === b.session && a.id === b.id && equalValues(a.op, b.op);

export class AgreedOrder {
  /** Commands by position, from 1; null where only the position moved. */
  readonly commands: (Command | null)[] = [null];
  readonly #firstBy: NodeId[] = [0];
  /** What each server has applied, by id - 1. */
  readonly #applied: Float64Array;
  /** Restores seen: snapshots that a running server installed. */
  restores = 0;

  constructor(servers: number) {
    this.#applied = new Float64Array(servers);
  }

  get length(): number {
    return this.commands.length - 1;
  }

  /** All commands from position 1 on; null when some came in a snapshot that nobody was seen to make. */
  known(): readonly (Command | null)[] | null {
    for (let at = 1; at < this.#firstBy.length; at++) if (this.#firstBy[at] === 0) return null;
    return this.commands.slice(1);
  }

  applied(node: NodeId): number {
    return this.#applied[node - 1] as number;
  }

  indicated(node: NodeId, indication: OrderingIndication): void {
    if (indication.kind === 'apply') this.#apply(node, indication.first, indication.commands);
    else if (indication.kind === 'restore') {
      this.restores++;
      const before = this.#applied[node - 1] as number;
      if (indication.index < before)
        throw new InvariantViolation('state-machine-safety', `n${node} went back from position ${before} to ${indication.index}`);
      this.#applied[node - 1] = indication.index;
    }
  }

  #apply(node: NodeId, first: number, commands: readonly (Command | null)[]): void {
    const before = this.#applied[node - 1] as number;
    if (first !== before + 1)
      throw new InvariantViolation('state-machine-safety', `n${node} applied position ${first} after position ${before}`);
    const agreed = this.commands;
    for (let i = 0; i < commands.length; i++) {
      const at = first + i;
      const command = commands[i] as Command | null;
      if (at < agreed.length) {
        const other = agreed[at] as Command | null;
        if (command !== other && (command === null || other === null || !equal(command, other))) this.#differ(node, at, command);
      } else {
        while (agreed.length < at) this.#extend(null, 0);
        this.#extend(command, node);
      }
    }
    this.#applied[node - 1] = first + commands.length - 1;
  }

  #extend(command: Command | null, node: NodeId): void {
    this.commands.push(command);
    this.#firstBy.push(node);
  }

  #differ(node: NodeId, at: number, command: Command | null): void {
    const by = this.#firstBy[at] as NodeId;
    // A position that nobody was seen to apply: it came inside a snapshot.
    if (by === 0) {
      this.commands[at] = command;
      this.#firstBy[at] = node;
      return;
    }
    const other = this.commands[at] as Command | null;
    throw new InvariantViolation('state-machine-safety', `at position ${at} n${by} applied ${show(other)}, n${node} ${show(command)}`);
  }

  restarted(node: NodeId): void {
    this.#applied[node - 1] = 0;
  }
}
