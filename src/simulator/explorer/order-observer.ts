/**
 * What must hold of any protocol that agrees on an order, seen from outside: one leader an epoch, and equal commands
 * at equal positions (election safety and state machine safety, Raft figure 3). History: who led which epoch, what was
 * applied where.
 */
import type { ApplyIndication, OrderingIndication } from '../../core/index.ts';
import type { Broken, Observer, WorldEvent } from './world-options.ts';

interface OrderHistory {
  /** By epoch. */
  readonly leaders: { readonly [epoch: number]: number };
  /** By position; '' for a position that no command was told for. */
  readonly applied: readonly string[];
  /** Of each node: the newest position it applied. */
  readonly positions: { readonly [node: number]: number };
  readonly broken: Broken | null;
}

export class OrderObserver implements Observer<OrderHistory> {
  readonly invariants = ['election-safety', 'state-machine-safety', 'applies-in-order', 'no-broken-invariant'] as const;
  readonly initial: OrderHistory = { leaders: {}, applied: [], positions: {}, broken: null };

  key(history: OrderHistory): string {
    return JSON.stringify([history.leaders, history.applied, history.positions, history.broken?.invariant ?? '']);
  }

  broken(history: OrderHistory): Broken | null {
    return history.broken;
  }

  observe(history: OrderHistory, event: WorldEvent): OrderHistory {
    if (history.broken !== null) return history;
    switch (event.kind) {
      case 'broken':
        return { ...history, broken: { invariant: 'no-broken-invariant', message: event.message } };
      case 'crash': {
        const { [event.node]: _, ...positions } = history.positions;
        return { ...history, positions };
      }
      case 'belief':
        return event.belief === 'leader' && typeof event.value === 'number' && event.value !== 0
          ? this.#leads(history, event.value, event.epoch, event.node)
          : history;
      case 'indication':
        return this.#indicated(history, event.node, event.indication as OrderingIndication);
      default:
        return history;
    }
  }

  #leads(history: OrderHistory, leader: number, epoch: number, node: number): OrderHistory {
    const known = history.leaders[epoch];
    if (known === leader) return history;
    if (known === undefined) return { ...history, leaders: { ...history.leaders, [epoch]: leader } };
    const message = `n${node} takes n${leader} for leader in epoch ${epoch}, which n${known} leads`;
    return { ...history, broken: { invariant: 'election-safety', message } };
  }

  #indicated(history: OrderHistory, node: number, indication: OrderingIndication): OrderHistory {
    if (indication.kind === 'restore') return { ...history, positions: { ...history.positions, [node]: indication.index } };
    return indication.kind === 'apply' ? this.#applies(history, node, indication) : history;
  }

  #applies(history: OrderHistory, node: number, { first, commands }: ApplyIndication): OrderHistory {
    const before = history.positions[node] ?? 0;
    // After a restart a node applies again from where its journal lets it.
    if (before !== 0 && first !== before + 1) {
      const message = `n${node} applies position ${first} after position ${before}`;
      return { ...history, broken: { invariant: 'applies-in-order', message } };
    }
    const applied = [...history.applied];
    for (let i = 0; i < commands.length; i++) {
      const at = first + i - 1;
      const command = commands[i] ?? null;
      const told = command === null ? '-' : JSON.stringify([command.session, command.id, command.op]);
      while (applied.length <= at) applied.push('');
      const known = applied[at] as string;
      if (known !== '' && known !== told) {
        const message = `n${node} applies ${told} at position ${at + 1}, where ${known} was applied`;
        return { ...history, broken: { invariant: 'state-machine-safety', message } };
      }
      applied[at] = told;
    }
    return { ...history, applied, positions: { ...history.positions, [node]: first + commands.length - 1 } };
  }
}
