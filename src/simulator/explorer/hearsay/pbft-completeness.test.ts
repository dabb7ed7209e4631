/**
 * Hearsay leaves nothing out: replicas that live on and remember all that they hear, in whatever order they hear it, get
 * nowhere where those of the model, which forget, do not get.
 */
import { describe, expect, test } from 'vitest';
import { type NodeId, Random } from '../../../core/index.ts';
import {
  messageTypes,
  NULL_DIGEST,
  Pbft,
  type PbftIndication,
  type PbftMessage,
  type PbftRecord,
  timers,
} from '../../../protocols/pbft/index.ts';
import { KeyValue } from '../../../protocols/replication/index.ts';
import { explore, pbftRequests, pbftViews, viewsPbftConfig } from '../index.ts';
import { Life } from './life.ts';
import { type Heard, heard, PbftLiar } from './pbft-liar.ts';
import { saidBy } from './pbft-replica.ts';
import { PbftWords } from './pbft-words.ts';

const PEERS = [1, 2, 3, 4];
const VIEWS = 2;
const words = new PbftWords(pbftRequests);

/** What can be told of a replica: what it has said, and what it has executed. */
const told = (said: Iterable<string>, executed: Iterable<string>): string => `${[...said].sort().join()};${[...executed].sort().join()}`;

/** All that the model can tell of the honest replicas. The last two lead no view: the model knows them in one order only. */
function reachable(liar: NodeId): Set<string> {
  const model = pbftViews({ liar, views: VIEWS, claims: false });
  const states = new Set<string>();
  const found = explore(model, {
    visit(state) {
      const all = model.locals(state).map(({ said, executed }) =>
        told(
          said.map((each) => each.words),
          executed,
        ),
      );
      const [first = '', second = '', third = ''] = all;
      states.add(all.join(' | '));
      if (liar <= VIEWS) states.add([first, third, second].join(' | '));
    },
  });
  expect(found.verdict).toBe('pass');
  return states;
}

type ReplicaLife = Life<PbftMessage, PbftRecord, PbftIndication>;

class Group {
  readonly #honest: readonly NodeId[];
  readonly #random: Random;
  readonly #liar: PbftLiar;
  readonly #lies: readonly Heard[];
  readonly #lives = new Map<NodeId, ReplicaLife>();
  readonly #said = new Map<NodeId, Map<string, Heard>>();
  readonly #executed = new Map<NodeId, Set<string>>();

  constructor(liar: NodeId, seed: number) {
    this.#honest = PEERS.filter((id) => id !== liar);
    this.#random = new Random(seed);
    this.#liar = new PbftLiar(liar, VIEWS, words);
    this.#lies = repertoire(this.#liar);
    for (const id of this.#honest) {
      this.#lives.set(id, live(id, []));
      this.#said.set(id, new Map());
      this.#executed.set(id, new Set());
    }
  }

  /** Null: that led out of the world. */
  step(): string | null {
    const random = this.#random;
    const id = random.pick(this.#honest);
    let life = this.#lives.get(id) as ReplicaLife;
    const what = random.below(20);
    if (what === 0) {
      life = live(id, life.records);
      this.#lives.set(id, life);
    } else if (what === 1 && (life.node as Pbft).view + 1 < VIEWS) {
      const { from, message } = random.pick(this.#liar.requests(0));
      life.hear(from, message);
      life.fire(timers.view);
    } else if (what < 3) {
      const { from, message } = random.pick(this.#newViews());
      life.hear(from, message);
    } else {
      const others = [...this.#said].flatMap(([from, all]) => (from === id ? [] : [...all.values()]));
      const { from, message } = random.pick(what < 10 || others.length === 0 ? this.#lies : others);
      life.hear(from, message);
    }
    if ((life.node as Pbft).view >= VIEWS || life.records.some((record) => 'seq' in record && record.seq > 1)) return null;
    this.#note(id, life);
    return this.#honest.map((each) => told(this.#said.get(each)?.keys() ?? [], this.#executed.get(each) ?? [])).join(' | ');
  }

  /** New views of the liar's, out of what there is. */
  #newViews(): Heard[] {
    const changes = [...this.#said.values()].flatMap((all) =>
      [...all.values()].flatMap(({ from, message }) => {
        const { body } = saidBy(from, message);
        return body?.type === 'viewChange' ? [body.change] : [];
      }),
    );
    const choice = this.#random.pick([null, ...words.batches.keys(), NULL_DIGEST]);
    return this.#liar.newViews(1, choice, changes, this.#honest);
  }

  #note(id: NodeId, { said, told: indications }: ReplicaLife): void {
    const { prePrepare, prepare, commit, viewChange, newView } = messageTypes;
    for (const message of said) {
      if (![prePrepare, prepare, commit, viewChange, newView].some((type) => type === message.type)) continue;
      this.#said.get(id)?.set(words.message(message), heard(id, words.message(message), message));
    }
    for (const each of indications) if (each.kind === 'apply') this.#executed.get(id)?.add(words.commands(each.commands));
  }
}

const live = (id: NodeId, records: readonly PbftRecord[]): ReplicaLife =>
  new Life(id, new Pbft(id, PEERS, viewsPbftConfig, new KeyValue()), records);

function repertoire(liar: PbftLiar): Heard[] {
  const votes = [messageTypes.prepare, messageTypes.commit];
  return Array.from({ length: VIEWS }, (_, view) => view).flatMap((view) => [
    ...liar.proposals(view),
    ...liar.requests(view),
    ...liar.answers(view),
    ...liar.changeMessages(view),
    ...[...words.batches.keys(), NULL_DIGEST].flatMap((digest) => votes.flatMap((type) => liar.votes(type, view, digest))),
  ]);
}

describe('replicas that remember', () => {
  test.each([1, 2, 3])('get nowhere else, where n%i lies', { timeout: 120_000 }, (liar) => {
    const seen = reachable(liar);
    const reached = new Set<string>();
    for (let seed = 1; seed <= 250; seed++) {
      const group = new Group(liar, seed);
      for (let step = 0; step < 150; step++) {
        const state = group.step();
        if (state === null) break;
        expect(seen.has(state), `seed ${seed}, step ${step}: ${state}`).toBe(true);
        reached.add(state);
      }
    }
    const some = (of: string): boolean => [...reached].some((state) => state.includes(of));
    // It would be easy to get nowhere at all.
    expect([some('commit 0'), some('prepare 1'), some('commit 1'), some(';A'), reached.size > 200]).toEqual(Array(5).fill(true));
  });
});
