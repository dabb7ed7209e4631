/**
 * One PBFT replica of a small world, between two of its steps: what is on its disk, what it has said, what it has executed.
 * Its transitions are those of the real replica: it starts from its disk, hears just enough messages for one rule, and
 * crashes. So whatever it heard and did not write down is forgotten; it may hear it again.
 */
import type { NodeId } from '../../../core/index.ts';
import {
  messageContent,
  messageTypes,
  type Pbft,
  type PbftConfig,
  type PbftIndication,
  type PbftMessage,
  type PbftRecord,
  timers,
  type ViewChange,
  viewChangeContent,
} from '../../../protocols/pbft/index.ts';
import { KeyValue } from '../../../protocols/replication/index.ts';
import { nameOf } from '../transition.ts';
import { Life } from './life.ts';
import type { PbftWords } from './pbft-words.ts';

export type PbftClass = new (id: NodeId, peers: readonly NodeId[], config: PbftConfig, machine: KeyValue) => Pbft;

/** Something that a replica has said to all. Whoever said it may sign it: who that is, is told where it is heard. */
export interface Said {
  /** Equal words, equal effect on whoever hears it. */
  readonly words: string;
  readonly message: PbftMessage;
}

export interface Replica {
  readonly id: NodeId;
  readonly view: number;
  readonly active: boolean;
  readonly disk: readonly PbftRecord[];
  /** Ascending by their words. */
  readonly said: readonly Said[];
  /** What it has executed at the one number that there is, each in words; more than one only if something is broken. */
  readonly executed: readonly string[];
  /** An invariant of its own that it broke. */
  readonly broken: string | null;
}

/** What happens to a replica before it crashes: it hears this, in this order, and then perhaps its time is out. */
export interface Happening {
  readonly hears: readonly { readonly from: NodeId; readonly message: PbftMessage }[];
  readonly timeout: boolean;
  /** Its signatures take until after that; otherwise they are there at once. */
  readonly slowSignatures: boolean;
}

/** The kinds of message that others may need again later. */
const lasting = new Set<number>([
  messageTypes.prePrepare,
  messageTypes.prepare,
  messageTypes.commit,
  messageTypes.viewChange,
  messageTypes.newView,
]);

export class Replicas {
  readonly #create: (id: NodeId) => Pbft;
  readonly #words: PbftWords;

  constructor(peers: readonly NodeId[], config: PbftConfig, pbft: PbftClass, words: PbftWords) {
    this.#create = (id) => new pbft(id, peers, config, new KeyValue());
    this.#words = words;
  }

  first(id: NodeId): Replica {
    return { id, view: 0, active: true, disk: [], said: [], executed: [], broken: null };
  }

  /** Everything about a replica that others, or it itself, may ever notice. */
  keyOf({ id, view, active, disk, said, executed, broken }: Replica): string {
    const parts = [disk.map((record) => this.#words.record(record)), said.map(({ words }) => words), executed];
    return [id, view, active, ...parts.map((part) => part.join()), broken ?? ''].join(';');
  }

  after(replica: Replica, { hears, timeout, slowSignatures }: Happening): Replica {
    const { id, disk } = replica;
    const life = new Life<PbftMessage, PbftRecord, PbftIndication>(id, this.#create(id), disk, slowSignatures);
    for (const { from, message } of hears) life.hear(from, message);
    if (timeout) life.fire(timers.view);
    life.release();
    const { view, active } = life.node as Pbft;
    return {
      id,
      view,
      active,
      disk: life.records,
      said: this.#saidWith(replica, life.said),
      executed: this.#executedWith(replica, life.told),
      broken: replica.broken ?? life.broken,
    };
  }

  #saidWith({ said }: Replica, more: Iterable<PbftMessage>): readonly Said[] {
    const all = new Map(said.map((each) => [each.words, each]));
    for (const message of more) {
      if (!lasting.has(message.type)) continue;
      const words = this.#words.message(message);
      if (!all.has(words)) all.set(words, { words, message });
    }
    return all.size === said.length ? said : [...all.values()].sort((a, b) => (a.words < b.words ? -1 : 1));
  }

  #executedWith({ executed }: Replica, told: readonly PbftIndication[]): readonly string[] {
    const more = told.flatMap((each) => (each.kind === 'apply' ? [this.#words.commands(each.commands)] : []));
    return more.length === 0 ? executed : [...new Set([...executed, ...more])].sort();
  }
}

/** `message` as `node` says it. */
export function saidBy(node: NodeId, message: PbftMessage): PbftMessage {
  const { body } = message;
  if (body?.type === 'viewChange') return { ...message, body: { ...body, change: changeBy(node, body.change) } };
  if (body !== null) return message;
  return { ...message, proof: nameOf(node, messageContent(message), 'signature') };
}

function changeBy(node: NodeId, change: ViewChange): ViewChange {
  const own: ViewChange = { ...change, node, signature: null };
  return { ...own, signature: nameOf(node, viewChangeContent(own), 'signature') };
}
