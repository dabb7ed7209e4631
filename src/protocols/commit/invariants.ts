/**
 * What must hold of two-phase commit, over what nodes believe (`decision` beliefs): agreement (AC1: no two processes
 * decide differently), stability (AC2: none changes its mind), validity (AC3: commit only if all voted yes). Names of
 * Bernstein, Hadzilacos, Goodman (1987), 7.3. Feed it every belief; it answers with the invariant broken, or null.
 */
import type { NodeId, Value } from '../../core/index.ts';
import type { CommitNode } from './commit-node.ts';
import { keyOf } from './transaction.ts';

export interface BrokenPromise {
  readonly invariant: 'agreement' | 'stability' | 'validity';
  readonly message: string;
}

/** Over time: keeps what every node ever said it takes for decided. */
export class DecisionWatch {
  readonly #said = new Map<string, { readonly node: NodeId; readonly decision: string }>();

  /** A node's belief of kind `decision`: `{ tx, decision }`. */
  decided(node: NodeId, belief: Value): BrokenPromise | null {
    const { tx, decision } = belief as { readonly tx: string; readonly decision: string };
    const first = this.#said.get(tx);
    if (first === undefined) {
      this.#said.set(tx, { node, decision });
      return null;
    }
    if (first.decision === decision) return null;
    const invariant = first.node === node ? 'stability' : 'agreement';
    return { invariant, message: `transaction ${tx}: node ${first.node} decided ${first.decision}, node ${node} ${decision}` };
  }
}

/** At one moment, looking inside: what the ledgers of all nodes say together. null entries are crashed nodes. */
export function judgeLedgers(nodes: readonly (CommitNode | null)[]): BrokenPromise | null {
  const outcomes = new Map<string, { readonly node: NodeId; readonly commit: boolean }>();
  const live = nodes.filter((node): node is CommitNode => node !== null);
  for (const node of live) {
    for (const [tx, commit] of decisionsOf(node)) {
      const other = outcomes.get(tx);
      if (other !== undefined && other.commit !== commit) {
        const word = (yes: boolean): string => (yes ? 'commit' : 'abort');
        return {
          invariant: 'agreement',
          message: `transaction ${tx}: node ${other.node} says ${word(other.commit)}, node ${node.id} ${word(commit)}`,
        };
      }
      outcomes.set(tx, { node: node.id, commit });
    }
  }
  return judgeVotes(live);
}

/** Every participant of a committed transaction that is up is prepared or committed. */
function judgeVotes(live: readonly CommitNode[]): BrokenPromise | null {
  const bySite = new Map<number, CommitNode[]>();
  for (const node of live) bySite.set(node.site, [...(bySite.get(node.site) ?? []), node]);
  for (const node of live) {
    for (const { tx, sites, state } of node.ledger.coordinated.values()) {
      if (state !== 'committed') continue;
      for (const site of sites) {
        const nodes = bySite.get(site) ?? [];
        const voted = nodes.some(({ ledger }) => ledger.participated.get(keyOf(tx))?.voted === true || ledger.forgotten(tx));
        if (nodes.length === 1 && !voted) {
          return { invariant: 'validity', message: `transaction ${keyOf(tx)} is committed and site ${site} has not voted yes` };
        }
      }
    }
  }
  return null;
}

function* decisionsOf(node: CommitNode): Iterable<readonly [string, boolean]> {
  for (const [tx, { state }] of node.ledger.coordinated) if (state !== 'voting') yield [tx, state !== 'aborted'];
  for (const [tx, { state }] of node.ledger.participated) if (state !== 'prepared') yield [tx, state === 'committed'];
}
