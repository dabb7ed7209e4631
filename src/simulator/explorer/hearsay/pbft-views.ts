/**
 * The views of a small PBFT with a Byzantine replica, as hearsay (hearsay.ts): one number, two requests, a few views. Each
 * transition is made by the real replica (pbft-replica.ts); the Byzantine one may say anything (pbft-liar.ts). Not here:
 * disks that are slow, checkpoints and states, more numbers than one, batches of more than one request, keys.
 */
import type { NodeId } from '../../../core/index.ts';
import { messageTypes, NULL_DIGEST, type PbftConfig, type PbftMessage, type PbftRequest } from '../../../protocols/pbft/index.ts';
import type { Hearsay, Judgement, Neighbour, Offer } from './hearsay.ts';
import { type Heard, heard, PbftLiar, SEQ } from './pbft-liar.ts';
import { PbftOffers, type Surroundings } from './pbft-offers.ts';
import { type Happening, type PbftClass, type Replica, Replicas, saidBy } from './pbft-replica.ts';
import { PbftWords } from './pbft-words.ts';

export interface ViewsWorld {
  readonly replicas: number;
  readonly liar: NodeId;
  /** Nobody goes beyond the last one. */
  readonly views: number;
  /** What clients ask. */
  readonly requests: readonly PbftRequest[];
  /** Do those who have executed something tell others, who may then take it from f + 1 of them? Some ten times as many states. */
  readonly claims: boolean;
}

export class PbftViews implements Hearsay<Replica, Happening> {
  readonly name: string;
  readonly nodes: readonly NodeId[];
  readonly alike: readonly number[];
  readonly judgements: readonly Judgement<Replica>[];
  readonly #views: number;
  readonly #claims: boolean;
  readonly #peers: readonly NodeId[];
  readonly #words: PbftWords;
  readonly #liar: PbftLiar;
  readonly #offers: PbftOffers;
  readonly #replicas: Replicas;
  readonly #heard = new Map<string, Heard>();
  readonly #begun = new Map<string, readonly Heard[]>();

  constructor({ replicas, liar, views, requests, claims }: ViewsWorld, config: PbftConfig, pbft: PbftClass) {
    this.name = `the views of pbft, ${replicas} replicas, n${liar} of them Byzantine, ${views} views${claims ? ', claims' : ''}`;
    this.#views = views;
    this.#claims = claims;
    this.#peers = Array.from({ length: replicas }, (_, i) => i + 1);
    this.nodes = this.#peers.filter((id) => id !== liar);
    const primaries = this.#peers.slice(0, views);
    this.alike = this.nodes.flatMap((id, place) => (primaries.includes(id) ? [] : [place]));
    this.#words = new PbftWords(requests);
    this.#liar = new PbftLiar(liar, views, this.#words);
    this.#offers = new PbftOffers(this.#peers, views, this.#liar, this.#words);
    this.#replicas = new Replicas(this.#peers, config, pbft, this.#words);
    this.judgements = judgements(['null', ...[...this.#words.batches.keys()].map((digest) => this.#words.digest(digest))], views - 1);
  }

  first(id: NodeId): Replica {
    return this.#replicas.first(id);
  }

  keyOf(replica: Replica): string {
    return this.#replicas.keyOf(replica);
  }

  alone(replica: Replica): readonly Offer<Happening>[] {
    return this.#offers.alone(replica);
  }

  together(replica: Replica, others: readonly Neighbour<Replica>[]): readonly Offer<Happening>[] {
    return this.#offers.together(replica, this.#surroundings(replica, others));
  }

  after(replica: Replica, happening: Happening): Replica | null {
    const after = this.#replicas.after(replica, happening);
    const outside = after.view >= this.#views || after.disk.some((record) => 'seq' in record && record.seq > SEQ);
    return outside ? null : after;
  }

  render({ view, active, said, executed }: Replica): string {
    const words = said.map((each) => each.words).join(', ');
    return `v${view}${active ? '' : ' left'} (${words})${executed.length === 0 ? '' : ` executed ${executed.join(' and ')}`}`;
  }

  #surroundings(replica: Replica, others: readonly Neighbour<Replica>[]): Surroundings {
    const said = others.flatMap(({ id, local }) => this.#hearFrom(id, local));
    const executed = this.#claims ? others.flatMap(({ id, local }) => local.executed.map((words) => ({ from: id, words }))) : [];
    const changes = [...said, ...this.#hearFrom(replica.id, replica)].filter(({ message: { type } }) => type === messageTypes.viewChange);
    const begun = (view: number): Heard[] => said.filter(({ message: { type, view: of } }) => type === messageTypes.newView && of === view);
    return { said, executed, newViews: (view) => [...begun(view), ...this.#liarsViews(view, changes)] };
  }

  #hearFrom(id: NodeId, { said }: Replica): Heard[] {
    return said.map(({ words, message }) => {
      const key = `${id} ${words}`;
      let known = this.#heard.get(key);
      if (known === undefined) {
        known = heard(id, words, saidBy(id, message));
        this.#heard.set(key, known);
      }
      return known;
    });
  }

  /**
   * New views of the liar's that are taken, as a replica says that has just started: one for each choice, since which view
   * changes it shows matters to nothing after that.
   */
  #liarsViews(view: number, changes: readonly Heard[]): readonly Heard[] {
    const those = changes.filter(({ message }) => message.view === view);
    const key = [view, ...those.map(({ told }) => told).sort()].join('/');
    let begun = this.#begun.get(key);
    if (begun === undefined) {
      const honest = those.flatMap(({ message: { body } }) => (body?.type === 'viewChange' ? [body.change] : []));
      begun = [null, ...this.#words.batches.keys(), NULL_DIGEST].flatMap((choice) => {
        const taken = this.#liar.newViews(view, choice, honest, this.nodes).find(({ message }) => this.#isTaken(view, message));
        return taken === undefined ? [] : [heard(taken.from, taken.words, taken.message)];
      });
      this.#begun.set(key, begun);
    }
    return begun;
  }

  #isTaken(view: number, message: PbftMessage): boolean {
    const reader = this.nodes.findLast((id) => id !== this.#peers[view]) as NodeId;
    const after = this.#replicas.after(this.first(reader), {
      hears: [{ from: this.#liar.id, message }],
      timeout: false,
      slowSignatures: false,
    });
    return after.active && after.view === view;
  }
}

function judgements(known: readonly string[], last: number): readonly Judgement<Replica>[] {
  const always = (name: string, holds: (all: readonly Replica[]) => boolean): Judgement<Replica> => ({ name, kind: 'always', holds });
  const sometimes = (name: string, holds: (all: readonly Replica[]) => boolean): Judgement<Replica> => ({ name, kind: 'sometimes', holds });
  const commits = ({ said }: Replica): string[] => said.map(({ words }) => words).filter((words) => words.startsWith('commit '));
  const stayed = ({ view, said }: Replica): boolean =>
    said.every(({ message: { type, view: left } }) => type !== messageTypes.viewChange || left <= view);
  return [
    always('agreement', (all) => new Set(all.flatMap(({ executed }) => executed)).size <= 1),
    always('executes what clients ask', (all) => all.every(({ executed }) => executed.every((each) => known.includes(each)))),
    always('prepares one a view', (all) => areOneAView(all.flatMap(commits))),
    always('says once', (all) => all.every(({ said }) => areOneAView(said.map(({ words }) => words)))),
    always('leaves for good', (all) => all.every(stayed)),
    always('no-broken-invariant', (all) => all.every(({ broken }) => broken === null)),
    sometimes('all execute', (all) => all.every(({ executed }) => executed.length > 0)),
    sometimes('all reach the last view', (all) => all.every(({ view, active }) => active && view === last)),
  ];
}

/** Of each kind of statement one a view, in whatever words. */
function areOneAView(words: readonly string[]): boolean {
  const kinds = new Set(words.map((each) => each.split(' ', 2).join(' ')));
  return kinds.size === new Set(words).size;
}
