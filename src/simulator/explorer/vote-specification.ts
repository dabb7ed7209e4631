/**
 * The vote as a specification: n voters, f of them liars who say anything to anybody; askers, honest or not, any number
 * of them, who show any voter any set of answers that can be put together. What is left of a state is what honest voters
 * have said: an answer each, then a vote each. Everything else (networks, askers, what liars said) is somebody's choice.
 */
import { LightconeError } from '../../core/index.ts';
import { type Electorate, expectedOf, quorumOf, type SignedAnswer, type Strategy, verdictOf } from '../../protocols/vote/index.ts';
import type { ActionList, Model, Property, Successors } from './model.ts';

const SILENT = 0;
const READY = 1;
const NOT_READY = 2;
const GO = 1;
const ABORT = 2;
const answerNames = ['silent', 'ready', 'not ready'] as const;
const voteNames = ['no vote', 'go', 'abort'] as const;

export class VoteSpecification implements Model {
  readonly name: string;
  /** Words: an answer for each honest voter, then a vote for each. */
  readonly width: number;
  readonly properties: readonly Property[];
  readonly #electorate: Electorate;
  readonly #strategy: Strategy;
  readonly #honest: number;
  readonly #liars: number;
  readonly #decisive: number;
  /** What follows from so many answers of honest voters, as it was found. */
  readonly #known = new Map<string, boolean>();

  /** `liars` more than f: what f is for. `quorum` other than the protocol's: what that is for. */
  constructor(voters: number, strategy: Strategy, liars = Math.floor((voters - 1) / 3), quorum?: number) {
    if (voters - liars < 1)
      throw new LightconeError('LC_USAGE', `${liars} liars among ${voters} voters leave nobody to look at`, { liars });
    this.#electorate = { voters: Array.from({ length: voters }, (_, i) => i + 1), faults: Math.floor((voters - 1) / 3) };
    this.#strategy = strategy;
    this.#liars = liars;
    this.#honest = voters - liars;
    this.#decisive = quorum ?? quorumOf(this.#electorate);
    this.width = 2 * this.#honest;
    this.name = `vote, ${voters} voters, ${liars} of them liars, ${strategy}`;
    const certain = (state: Int32Array, verdict: number): boolean =>
      this.#count(state, this.#honest, verdict) + this.#liars >= this.#decisive;
    const needed = this.#strategy === 'majority_ready_or_abort' ? quorumOf(this.#electorate) : voters;
    this.properties = [
      { name: 'agreement', kind: 'always', holds: (state) => !(certain(state, GO) && certain(state, ABORT)) },
      { name: 'validity', kind: 'always', holds: (state) => !certain(state, GO) || this.#count(state, 0, READY) + this.#liars >= needed },
      { name: 'go', kind: 'sometimes', holds: (state) => certain(state, GO) },
      { name: 'abort', kind: 'sometimes', holds: (state) => certain(state, ABORT) },
      { name: 'split', kind: 'sometimes', holds: (state) => this.#isSplit(state) },
    ];
  }

  /** All honest voters have voted, and not alike: the askers had competed. */
  #isSplit(state: Int32Array): boolean {
    const votes = [SILENT, GO, ABORT].map((vote) => this.#count(state, this.#honest, vote));
    return votes[SILENT] === 0 && votes[GO] !== 0 && votes[ABORT] !== 0;
  }

  #count(state: Int32Array, from: number, what: number): number {
    let count = 0;
    for (let i = from; i < from + this.#honest; i++) if (state[i] === what) count++;
    return count;
  }

  init(out: Successors): void {
    out.copy(new Int32Array(this.width));
  }

  /** Action: (voter * 2 + step) * 4 + what is said. */
  actions(state: Int32Array, out: ActionList): void {
    const may = [false, this.#follows(state, 'go'), this.#follows(state, 'abort')];
    for (let voter = 0; voter < this.#honest; voter++) {
      if (state[voter] === SILENT) for (const says of [READY, NOT_READY]) out.push(voter * 8 + says);
      if (state[this.#honest + voter] === SILENT) for (const says of [GO, ABORT]) if (may[says] === true) out.push(voter * 8 + 4 + says);
    }
  }

  /** Is there a set of genuine answers from which this follows? Liars give any answer, to different askers different ones. */
  #follows(state: Int32Array, verdict: 'go' | 'abort'): boolean {
    const ready = this.#count(state, 0, READY);
    const refused = this.#count(state, 0, NOT_READY);
    const name = `${ready} ${refused} ${verdict}`;
    let follows = this.#known.get(name);
    if (follows === undefined) {
      follows = this.#someSet(ready, refused, verdict);
      this.#known.set(name, follows);
    }
    return follows;
  }

  #someSet(ready: number, refused: number, verdict: 'go' | 'abort'): boolean {
    for (let r = 0; r <= ready; r++) {
      for (let n = 0; n <= refused; n++) {
        for (let lie = 0; lie <= this.#liars; lie++) {
          for (let other = 0; other <= this.#liars - lie; other++) {
            const says = [...Array<'ready'>(r + lie).fill('ready'), ...Array<'not-ready'>(n + other).fill('not-ready')];
            const set = says.map((each, i): SignedAnswer => ({ voter: i + 1, says: each, signature: null }));
            if (verdictOf(this.#strategy, set, this.#electorate) === verdict) return true;
          }
        }
      }
    }
    return false;
  }

  next(state: Int32Array, action: number, out: Successors): void {
    const at = out.copy(state);
    out.words[at + (action >> 3) + ((action & 4) !== 0 ? this.#honest : 0)] = action & 3;
  }

  label(_state: Int32Array, action: number): string {
    const says = (action & 4) !== 0 ? voteNames[action & 3] : answerNames[action & 3];
    return `n${(action >> 3) + 1}: ${says}`;
  }

  actor(_state: Int32Array, action: number): number {
    return action >> 3;
  }

  render(state: Int32Array): string {
    const voters = Array.from({ length: this.#honest }, (_, i) => {
      const vote = voteNames[state[this.#honest + i] as number];
      return `n${i + 1} ${answerNames[state[i] as number]}, ${vote}`;
    });
    return `${voters.join('; ')}; ${expectedOf(this.#electorate)} answers can be counted on`;
  }
}
