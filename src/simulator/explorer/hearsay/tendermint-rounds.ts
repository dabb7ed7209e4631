/**
 * One height of Tendermint with a Byzantine validator, seen in full: what has been said is known to all and may reach
 * anybody at any time, in any part, so a state is what the honest validators hold and have said. The Byzantine one
 * has said everything. Each transition is made by the real node's rounds (tendermint-node.ts), which are handed just enough for one
 * rule: it may thus overlook what it knew before, which a real one cannot, so that more runs are seen than there are.
 */
import type { NodeId } from '../../../core/index.ts';
import {
  type Block,
  blockId,
  contextOf,
  type Proposed,
  type Statement,
  Tendermint,
  type TendermintConfig,
  type VoteType,
} from '../../../protocols/tendermint/index.ts';
import type { Hearsay, Judgement, Neighbour, Offer } from './hearsay.ts';
import { type Delivery, type Driven, drivable, type Local, type TendermintClass } from './tendermint-node.ts';

export interface RoundsWorld {
  readonly validators: number;
  readonly liar: NodeId;
  readonly rounds: number;
}

export class TendermintRounds implements Hearsay<Local, Delivery> {
  readonly name: string;
  readonly nodes: readonly NodeId[];
  readonly alike: readonly number[];
  readonly judgements: readonly Judgement<Local>[] = [
    { name: 'agreement', kind: 'always', holds: (all) => decisions(all).size <= 1 },
    { name: 'says once', kind: 'always', holds: (all) => all.every(saysOnce) },
    { name: 'somebody decides', kind: 'sometimes', holds: (all) => decisions(all).size === 1 },
  ];
  readonly #world: RoundsWorld;
  readonly #driven: ReadonlyMap<NodeId, Driven>;
  readonly #proposers: readonly NodeId[];
  readonly #blocks = new Map<string, Block>();

  constructor(world: RoundsWorld, config: TendermintConfig, node: TendermintClass = Tendermint) {
    const { validators, liar, rounds } = world;
    const peers = Array.from({ length: validators }, (_, i) => i + 1);
    this.name = `the rounds of tendermint, ${validators} validators, n${liar} of them Byzantine, ${rounds} rounds`;
    this.#world = world;
    this.nodes = peers.filter((id) => id !== liar);
    const some = new Tendermint(liar, peers, config);
    this.#proposers = Array.from({ length: rounds }, (_, round) => some.proposer(round));
    // Each honest proposer has one block of its own; the Byzantine one has two.
    for (const author of [...new Set(this.#proposers), liar, liar + 100]) {
      const block: Block = { height: 1, context: contextOf(some.chain), author, commands: [], evidence: [] };
      this.#blocks.set(blockId(block), block);
    }
    this.#driven = new Map(this.nodes.map((id) => [id, drivable(node, id, peers, config, rounds, this.#blocks)]));
    // Honest validators that never propose are as good as each other: who is who changes nothing.
    this.alike = this.nodes.flatMap((id, place) => (this.#proposers.includes(id) ? [] : [place]));
  }

  first(id: NodeId): Local {
    return this.#remaining((this.#driven.get(id) as Driven).first());
  }

  keyOf(local: Local): string {
    return JSON.stringify(local);
  }

  after(local: Local, delivery: Delivery): Local {
    return this.#remaining((this.#driven.get(local.id) as Driven).after(local, delivery));
  }

  /** What matters of it from here on: a valid value to who will propose, a lock to who will prevote, to others nothing. */
  #remaining(local: Local): Local {
    const { id, round, step, decided } = local;
    const said = local.said.map((statement) => ({ ...statement, signer: 0 }));
    const last = this.#world.rounds - 1;
    const proposes = decided === null && this.#proposers.some((proposer, at) => at > round && proposer === id);
    const prevotes = decided === null && (round < last || step === 'propose');
    return {
      ...local,
      said,
      ...(proposes ? {} : { validRound: -1, validValue: null }),
      ...(prevotes ? {} : { lockedRound: -1, lockedValue: null }),
      ...(decided === null ? {} : { round: last, step: 'precommit' }),
    };
  }

  // What may reach a node.

  #liarSays(type: Statement['type'], round: number, value: string | null, validRound = -1): Statement {
    return { type, height: 1, round, value, validRound, signer: this.#world.liar, signature: null };
  }

  /** All votes for `value` that there are, of rounds up to `last`: later ones would take a node there. */
  #votesFor(said: readonly Statement[], type: VoteType, value: string | null, last = this.#world.rounds - 1): Statement[] {
    const liars = this.#proposers.slice(0, last + 1).map((_, round) => this.#liarSays(type, round, value));
    return [...said.filter((statement) => statement.type === type && statement.value === value && statement.round <= last), ...liars];
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

  #offersFor(local: Local, said: readonly Statement[]): Offer<Delivery>[] {
    const { round, decided } = local;
    if (decided !== null) return [];
    const offers: Offer<Delivery>[] = [];
    const offer = (
      name: string,
      proposals: readonly Proposed[],
      votes: readonly Statement[],
      timeout: Delivery['timeout'] = null,
    ): void => {
      const delivery: Delivery = { proposals, votes, timeout };
      if (this.#possible(local, delivery)) offers.push({ name: `hears ${name}`, key: keyOf(delivery), happening: delivery });
    };
    this.#proposers.forEach((_, at) => {
      for (const proposed of this.#proposals(said, at)) {
        const { value, validRound } = proposed.statement;
        const name = `proposal ${String(value).slice(0, 4)} of round ${at}${validRound < 0 ? '' : `, valid round ${validRound}`}`;
        if (at === round) {
          offer(name, [proposed], []);
          offer(`${name} and its prevotes`, [proposed], this.#votesFor(said, 'prevote', value, round));
        }
        offer(`${name} and its precommits`, [proposed], this.#votesFor(said, 'precommit', value));
      }
      if (at > round) offer(`votes of round ${at}`, [], [...this.#anyVotes(said, 'prevote', at), ...this.#anyVotes(said, 'precommit', at)]);
    });
    offer('prevotes for nil', [], this.#votesFor(said, 'prevote', null, round));
    offer('no proposal in time', [], [], 'propose');
    offer('no polka in time', [], this.#anyVotes(said, 'prevote', round), 'prevote');
    offer('no decision in time', [], this.#anyVotes(said, 'precommit', round), 'precommit');
    return offers;
  }

  /** A time-out that is only armed by votes, of so many that they are a quorum whatever they say, fires only with them. */
  #possible(local: Local, { timeout, votes }: Delivery): boolean {
    if (timeout === null || timeout === 'propose') return timeout === null || local.step === 'propose';
    const signers = new Set(votes.map(({ signer }) => signer)).size;
    return 3 * signers > 2 * this.#world.validators && (timeout === 'precommit' || local.step === 'prevote');
  }

  /** Whatever happens, happens because of what others have said, or have not. */
  alone(): readonly Offer<Delivery>[] {
    return [];
  }

  together(local: Local, others: readonly Neighbour<Local>[]): readonly Offer<Delivery>[] {
    const said = [{ id: local.id, local }, ...others].flatMap(({ id, local: { said: all } }) =>
      all.map((statement) => ({ ...statement, signer: id })),
    );
    return this.#offersFor(local, said);
  }

  render({ round, step, lockedValue, lockedRound, decided }: Local): string {
    const lock = lockedValue === null ? '' : ` locked ${lockedValue.slice(0, 4)}@${lockedRound}`;
    return `r${round} ${step}${lock}${decided === null ? '' : ` decided ${decided.slice(0, 4)}`}`;
  }
}

function decisions(all: readonly Local[]): Set<string> {
  return new Set(all.flatMap(({ decided }) => (decided === null ? [] : [decided])));
}

const keyOf = ({ timeout, proposals, votes }: Delivery): string =>
  `${timeout}/${proposals.map(({ statement }) => brief(statement)).join()}/${votes.map(brief).sort().join()}`;

const brief = ({ type, round, value, validRound, signer }: Statement): string =>
  `${type[3]}${round}${value?.slice(0, 8)}${validRound}${signer}`;

function saysOnce({ said }: Local): boolean {
  return new Set(said.map(({ type, round }) => `${type}/${round}`)).size === said.length;
}
