/**
 * One height of Tendermint with a Byzantine validator, seen in full: what has been said is known to all and may reach
 * anybody at any time, in any part, so a state is what the honest validators hold and have said. The Byzantine one
 * has said everything. Each transition is made by the real node (tendermint-node.ts), which is handed just enough for one
 * rule: it may thus overlook what it knew before, which a real one cannot, so that more runs are seen than there are.
 */
import type { NodeId } from '../../core/index.ts';
import {
  type Block,
  blockId,
  contextOf,
  type Proposed,
  type Statement,
  Tendermint,
  type TendermintConfig,
  type VoteType,
} from '../../protocols/tendermint/index.ts';
import type { ActionList, Model, Property, Successors } from './model.ts';
import { type Delivery, type Driven, drivable, type Local, type TendermintClass } from './tendermint-node.ts';

/** Actions: node * MOST + number of the delivery. */
const MOST = 256;

interface Offer {
  readonly name: string;
  readonly delivery: Delivery;
}

export interface RoundsWorld {
  readonly validators: number;
  readonly liar: NodeId;
  readonly rounds: number;
}

export class TendermintRounds implements Model {
  readonly name: string;
  readonly width: number;
  readonly properties: readonly Property[];
  readonly #world: RoundsWorld;
  readonly #honest: readonly NodeId[];
  readonly #driven: readonly Driven[];
  readonly #proposers: readonly NodeId[];
  readonly #alike: readonly number[];
  readonly #blocks = new Map<string, Block>();
  readonly #locals: Local[] = [];
  readonly #ids = new Map<string, number>();
  readonly #memo = new Map<string, number>();
  /** Offers of a state, remembered for as long as it is the newest. */
  #offersOf = '';
  #offers: readonly (readonly Offer[])[] = [];

  constructor(world: RoundsWorld, config: TendermintConfig, node: TendermintClass = Tendermint) {
    const { validators, liar, rounds } = world;
    const peers = Array.from({ length: validators }, (_, i) => i + 1);
    this.name = `the rounds of tendermint, ${validators} validators, n${liar} of them Byzantine, ${rounds} rounds`;
    this.#world = world;
    this.#honest = peers.filter((id) => id !== liar);
    this.width = this.#honest.length;
    const some = new Tendermint(liar, peers, config);
    this.#proposers = Array.from({ length: rounds }, (_, round) => some.proposer(round));
    // Each honest proposer has one block of its own; the Byzantine one has two.
    for (const author of [...new Set(this.#proposers), liar, liar + 100]) {
      const block: Block = { height: 1, context: contextOf(some.chain), author, commands: [], evidence: [] };
      this.#blocks.set(blockId(block), block);
    }
    this.#driven = this.#honest.map((id) => drivable(node, id, peers, config, rounds, this.#blocks));
    // Honest validators that never propose are as good as each other: who is who changes nothing.
    this.#alike = this.#honest.flatMap((id, i) => (this.#proposers.includes(id) ? [] : [i]));
    this.properties = [
      { name: 'agreement', kind: 'always', holds: (state) => this.#decisions(state).size <= 1 },
      { name: 'says once', kind: 'always', holds: (state) => [...state].every((local) => saysOnce(this.#locals[local] as Local)) },
      { name: 'somebody decides', kind: 'sometimes', holds: (state) => this.#decisions(state).size === 1 },
    ];
  }

  #decisions(state: Int32Array): Set<string> {
    const values = new Set<string>();
    for (const local of state) {
      const { decided } = this.#locals[local] as Local;
      if (decided !== null) values.add(decided);
    }
    return values;
  }

  /** What matters of it from here on: a valid value to who will propose, a lock to who will prevote, to others nothing. */
  #remaining(local: Local, node: number): Local {
    const { round, step, decided } = local;
    const said = local.said.map((statement) => ({ ...statement, signer: 0 }));
    const last = this.#world.rounds - 1;
    const proposes = decided === null && this.#proposers.some((id, at) => at > round && id === this.#honest[node]);
    const prevotes = decided === null && (round < last || step === 'propose');
    return {
      ...local,
      said,
      ...(proposes ? {} : { validRound: -1, validValue: null }),
      ...(prevotes ? {} : { lockedRound: -1, lockedValue: null }),
      ...(decided === null ? {} : { round: last, step: 'precommit' }),
    };
  }

  #idOf(full: Local, node: number): number {
    const local = this.#remaining(full, node);
    const key = JSON.stringify(local);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, this.#locals.length);
    return this.#locals.push(local) - 1;
  }

  // What may reach a node.

  #liarSays(type: Statement['type'], round: number, value: string | null, validRound = -1): Statement {
    return { type, height: 1, round, value, validRound, signer: this.#world.liar, signature: null };
  }

  /** All votes for `value` that there are, in all rounds. */
  #votesFor(said: readonly Statement[], type: VoteType, value: string | null): Statement[] {
    const liars = this.#proposers.map((_, round) => this.#liarSays(type, round, value));
    return [...said.filter((statement) => statement.type === type && statement.value === value), ...liars];
  }

  /** Votes of everybody who voted in `round`, each for something else: for rules that do not look at values. */
  #anyVotes(said: readonly Statement[], type: VoteType, round: number): Statement[] {
    const votes = said.filter((statement) => statement.type === type && statement.round === round);
    return [...votes, this.#liarSays(type, round, null)].map((vote) => ({ ...vote, value: String(vote.signer).padStart(64, 'x') }));
  }

  #proposals(said: readonly Statement[], round: number): Proposed[] {
    const mine = said.filter((statement) => statement.type === 'proposal' && statement.round === round);
    const told =
      this.#proposers[round] !== this.#world.liar
        ? mine
        : [...this.#blocks.keys()].flatMap((value) => {
            const validRounds = Array.from({ length: round + 1 }, (_, i) => i - 1);
            return validRounds.map((validRound) => this.#liarSays('proposal', round, value, validRound));
          });
    return told.map((statement) => ({ statement, block: this.#blocks.get(statement.value as string) as Block }));
  }

  #offersFor(local: Local, said: readonly Statement[]): Offer[] {
    const { round, decided } = local;
    if (decided !== null) return [];
    const offers: Offer[] = [];
    const offer = (
      name: string,
      proposals: readonly Proposed[],
      votes: readonly Statement[],
      timeout: Delivery['timeout'] = null,
    ): void => {
      offers.push({ name, delivery: { proposals, votes, timeout } });
    };
    this.#proposers.forEach((_, at) => {
      for (const proposed of this.#proposals(said, at)) {
        const { value, validRound } = proposed.statement;
        const name = `proposal ${String(value).slice(0, 4)} of round ${at}${validRound < 0 ? '' : `, valid round ${validRound}`}`;
        if (at === round) {
          offer(name, [proposed], []);
          offer(`${name} and its prevotes`, [proposed], this.#votesFor(said, 'prevote', value));
        }
        offer(`${name} and its precommits`, [proposed], this.#votesFor(said, 'precommit', value));
      }
      if (at > round) offer(`votes of round ${at}`, [], [...this.#anyVotes(said, 'prevote', at), ...this.#anyVotes(said, 'precommit', at)]);
    });
    offer('prevotes for nil', [], this.#votesFor(said, 'prevote', null));
    offer('no proposal in time', [], [], 'propose');
    offer('no polka in time', [], this.#anyVotes(said, 'prevote', round), 'prevote');
    offer('no decision in time', [], this.#anyVotes(said, 'precommit', round), 'precommit');
    return offers;
  }

  #offered(state: Int32Array): readonly (readonly Offer[])[] {
    const key = state.join();
    if (key === this.#offersOf) return this.#offers;
    const said = [...state].flatMap((local, i) =>
      (this.#locals[local] as Local).said.map((statement) => ({ ...statement, signer: this.#honest[i] as NodeId })),
    );
    this.#offersOf = key;
    this.#offers = [...state].map((local) => this.#offersFor(this.#locals[local] as Local, said));
    return this.#offers;
  }

  /** A time-out that is only armed by votes fires only with them: the node is asked. */
  #possible(local: Local, { timeout, votes }: Delivery): boolean {
    if (timeout === null || timeout === 'propose') return timeout === null || local.step === 'propose';
    const signers = new Set(votes.map(({ signer }) => signer)).size;
    return 3 * signers > 2 * this.#world.validators && (timeout === 'precommit' || local.step === 'prevote');
  }

  // The model.

  canonicalise(state: Int32Array): void {
    const sorted = this.#alike.map((i) => state[i] as number).sort((a, b) => a - b);
    this.#alike.forEach((i, at) => {
      state[i] = sorted[at] as number;
    });
  }

  init(out: Successors): void {
    const at = out.copy(new Int32Array(this.width));
    this.#driven.forEach((driven, i) => {
      out.words[at + i] = this.#idOf(driven.first(), i);
    });
  }

  actions(state: Int32Array, out: ActionList): void {
    this.#offered(state).forEach((offers, node) => {
      const local = this.#locals[state[node] as number] as Local;
      offers.forEach((offer, i) => {
        if (this.#possible(local, offer.delivery) && this.#after(node, state[node] as number, offer) !== state[node])
          out.push(node * MOST + i);
      });
    });
  }

  #after(node: number, local: number, { delivery }: Offer): number {
    const key = `${this.#alike.includes(node) ? 'any' : node}/${local}/${delivery.timeout}/${delivery.proposals.map(({ statement }) => brief(statement)).join()}/${delivery.votes.map(brief).sort().join()}`;
    let next = this.#memo.get(key);
    if (next === undefined) {
      next = this.#idOf((this.#driven[node] as Driven).after(this.#locals[local] as Local, delivery), node);
      this.#memo.set(key, next);
    }
    return next;
  }

  next(state: Int32Array, action: number, out: Successors): void {
    const node = Math.floor(action / MOST);
    const offer = this.#offered(state)[node]?.[action % MOST];
    if (offer === undefined) return;
    const next = this.#after(node, state[node] as number, offer);
    out.words[out.copy(state) + node] = next;
  }

  label(state: Int32Array, action: number): string {
    const node = Math.floor(action / MOST);
    return `n${this.#honest[node]}: ${this.#offered(state)[node]?.[action % MOST]?.name ?? '?'}`;
  }

  render(state: Int32Array): string {
    const one = (local: Local): string =>
      `r${local.round} ${local.step}${local.lockedValue === null ? '' : ` locked ${local.lockedValue.slice(0, 4)}@${local.lockedRound}`}${local.decided === null ? '' : ` decided ${local.decided.slice(0, 4)}`}`;
    return [...state].map((local, i) => `n${this.#honest[i]} ${one(this.#locals[local] as Local)}`).join('; ');
  }

  actor(_state: Int32Array, action: number): number {
    return Math.floor(action / MOST);
  }
}

const brief = ({ type, round, value, validRound, signer }: Statement): string =>
  `${type[3]}${round}${value?.slice(0, 8)}${validRound}${signer}`;

function saysOnce({ said }: Local): boolean {
  return new Set(said.map(({ type, round }) => `${type}/${round}`)).size === said.length;
}
