import { describe, expect, test } from 'vitest';
import type { Fault } from '../../scenario/index.ts';
import { Beliefs } from '../beliefs.ts';
import { type CampaignOptions, campaign } from '../campaign.ts';
import { MESSAGE } from '../event-kinds.ts';
import type { Observer } from '../observer.ts';
import type { Plan } from '../plan.ts';
import { replayOf } from '../replay-file.ts';
import { shrink } from '../shrink.ts';
import { type RunResult, simulate } from '../simulate.ts';
import { Invariants, type Subject } from '../subject.ts';
import { SymbolicCrypto } from '../symbolic-crypto.ts';
import { behaviours, parseBehaviours } from './behaviour.ts';
import { Liar } from './liar.ts';
import { Story } from './story.ts';
import { drawToy, ToyAgreement, toyAgreement } from './testing.ts';

const subject = toyAgreement();
const toys = (options: Partial<CampaignOptions>, seeds: number, of: Subject = subject) =>
  campaign({ subject: of, seeds, draw: (each, seed) => drawToy(each, seed, options), ...options });
const told = ({ failures }: ReturnType<typeof campaign>): string[] =>
  failures.map(({ seed, result: { violation } }) => `seed ${seed}: ${violation?.message}`);

/** A plan of four servers in which n2 lies as said from the start, in every phase, and nothing else is wrong. */
function lying(behaviour: string, changes: Partial<Plan> = {}): Plan {
  const plan = drawToy(subject, 4, { nodes: 4, faults: [] });
  const faults: Fault[] = [{ fault: 'adversary', node: 'n2', behaviour, atMs: 0 }];
  return {
    ...plan,
    faults,
    durationMs: 800,
    clients: 3,
    encoded: false,
    liveness: { commits: 5, boundMs: 10_000, freeze: 'nobody' },
    ...changes,
  };
}
const nothing = (): void => {};

/** Writes down what is delivered . */
const hearing = (words: string[]): Observer => ({
  sent: nothing,
  dropped: nothing,
  delivered(from, to, kind, payload) {
    if (kind === 'message') words.push(`${from} ${to} ${subject.message.render(payload)}`);
  },
  believed: nothing,
  indicated: nothing,
  fault: nothing,
  note: nothing,
});
const run = (plan: Plan, of: Subject = subject): RunResult => simulate(of, plan);

describe('as many liars as a protocol survives', () => {
  test('leave it safe and live, and an honest server leaves an epoch that a liar led', () => {
    const result = toys({ keepGoing: true }, 25);
    expect(told(result)).toEqual([]);
    for (const goal of ['liar-told-two-versions', 'epoch-changed-under-liar']) expect(result.coverage.get(goal), goal).toBeGreaterThan(2);
  });

  test.each(behaviours.filter((name) => name !== 'collude'))(
    '%s: what is said changes, the run stays safe, goes on, and repeats',
    (name) => {
      const plan = lying(`${name}(epochs=100-600)+collude`);
      const words: string[] = [];
      const first = simulate(subject, plan, { observer: hearing(words) });
      expect(first.violation).toBeNull();
      expect(first.acknowledged).toBeGreaterThan(5);
      expect(run({ ...plan, faults: first.resolved }).hash).toBe(first.hash);
      const honest: string[] = [];
      simulate(subject, { ...plan, faults: [] }, { observer: hearing(honest) });
      // The toy signs; half a signature there is none.
      if (name !== 'half-proof') expect(words.slice(0, honest.length)).not.toEqual(honest);
    },
  );
});

describe('one liar more', () => {
  test('breaks it, and is found: four servers, two liars', () => {
    const result = toys({ nodes: 4, liars: 2 }, 100);
    expect(result.failures).toHaveLength(1);
    const agreement = toys({ nodes: 4, liars: 2, keepGoing: true }, 20);
    const invariants = agreement.failures.map(({ result: { violation } }) => violation?.invariant);
    expect(invariants).toContain('state-machine-safety');
  });

  test('what is found becomes small: few faults, and behaviours and receivers that are not needed go', () => {
    const { failures } = toys({ nodes: 4, liars: 2 }, 100);
    const [failure] = failures;
    const small = shrink(subject, failure?.replay as never);
    const liars = small.replay.plan.faults.filter(({ fault }) => fault === 'adversary');
    expect(small.replay.violation?.invariant).toBe(failure?.result.violation?.invariant);
    expect(small.replay.plan.faults.length).toBeLessThanOrEqual(4);
    expect(liars.length).toBeGreaterThanOrEqual(2);
    expect(simulate(subject, small.replay.plan).hash).toBe(small.replay.hash);
  });

  test('shrinking takes behaviours out that do nothing to the failure', () => {
    const pair = (behaviour: string): Fault[] =>
      ['n1', 'n2'].map((node) => ({ fault: 'adversary', node, behaviour: `${behaviour}+collude+replay+duplicate`, atMs: 0 }));
    const plans = Array.from({ length: 20 }, (_, i) => lying('silent', { seed: i + 1, faults: pair('twins(to=n3)'), liveness: null }));
    const plan = plans.find((each) => run(each).violation?.invariant === 'state-machine-safety') as Plan;
    const result = run(plan);
    const small = shrink(subject, replayOf(subject.name, plan, result)).replay.plan.faults;
    const lies = small.map((fault) => (fault as { behaviour?: string }).behaviour ?? '').join(' ');
    expect(lies.split('+').length).toBeLessThan(5);
  });
});

describe('each attack is one that a careless protocol falls to', () => {
  class Gullible extends ToyAgreement {
    override believes(): boolean {
      return true;
    }
  }
  class SmallQuorum extends ToyAgreement {
    override quorum(): number {
      return Math.floor(this.peers.length / 2);
    }
  }

  test('forgeries are believed by a server that does not check, and only then', () => {
    expect(run(lying('forge')).violation).toBeNull();
    expect(run(lying('forge'), toyAgreement(Gullible)).violation?.invariant).toBe('unforgeable');
  });

  test('a quorum of half is found by the swarm within 100 seeds', () => {
    const { failures } = toys({}, 100, toyAgreement(SmallQuorum));
    expect(failures[0]?.result.violation?.invariant).toMatch(/state-machine-safety|linearizability/);
  });

  test('an authenticator that some can check and others cannot (Clement et al. 2009)', () => {
    const crypto = new SymbolicCrypto(1);
    const spoken: Subject = {
      ...subject,
      speech: { proved: () => ({ content: 'said', proof: 'authenticator' }), withProof: (_, proof) => proof, lie: () => null },
    };
    const context = {
      subject: spoken,
      crypto,
      beliefs: new Beliefs(7),
      servers: [1, 2, 3, 4, 5, 6, 7],
      nodeOf: () => null,
      seed: 1,
      reach: nothing,
    };
    const liar = new Liar(context, 2, parseBehaviours('half-proof'), new Story(1, 2));
    const seen: boolean[] = [];
    const transmit = (_kind: number, from: number, to: number, proof: unknown): void => {
      seen.push(crypto.verify(from, 'said', proof as string, 'authenticator', to));
    };
    for (const to of [1, 3, 4, 5, 6, 7]) liar.rewrite({ transmit, forge: nothing }, MESSAGE, to, 'whole');
    expect(new Set(seen)).toEqual(new Set([true, false]));
  });
});

test('a liar is judged for what it did before it lied, and for nothing else', () => {
  const heard: string[] = [];
  const watched: Subject = {
    ...subject,
    invariants: () => new Watch(heard),
  };
  run({ ...lying('mutate'), faults: [{ fault: 'adversary', node: 'n2', behaviour: 'mutate', atMs: 200 }] }, watched);
  const before = heard.slice(0, heard.indexOf('lied 2'));
  const after = heard.slice(heard.indexOf('lied 2') + 1);
  expect(before).toContain('stepped 2');
  expect(after).toContain('stepped 1');
  expect(after.filter((line) => line.endsWith(' 2'))).toEqual([]);
});

class Watch extends Invariants {
  readonly #heard: string[];
  constructor(heard: string[]) {
    super();
    this.#heard = heard;
  }
  override lied(id: number): void {
    super.lied(id);
    this.#heard.push(`lied ${id}`);
  }
  override stepped(id: number): void {
    this.#heard.push(`stepped ${id}`);
  }
  override sent(from: number): void {
    this.#heard.push(`sent ${from}`);
  }
  override asked(id: number): void {
    this.#heard.push(`asked ${id}`);
  }
  override indicated(id: number): void {
    this.#heard.push(`indicated ${id}`);
  }
  override believed(id: number): void {
    this.#heard.push(`believed ${id}`);
  }
}
