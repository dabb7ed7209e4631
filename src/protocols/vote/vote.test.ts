import { describe, expect, test } from 'vitest';
import type { NodeId, Reply, Value } from '../../core/index.ts';
import {
  type Certificate,
  certificateOf,
  compareStatements,
  convicts,
  defaultVoteConfig,
  faultOf,
  type Occasion,
  quorumOf,
  type Statement,
  type VoteConfig,
  VoteNode,
  votesOf,
} from './index.ts';
import { Booth, question, said, signAs } from './testing.ts';

const voters = [1, 2, 3, 4];
const config: VoteConfig = { ...defaultVoteConfig, voters, faults: 1 };
const ASKER = 9;
const OTHER = 10;

const booth = (ready: { readonly [id: number]: boolean | null } = {}, own: Partial<VoteConfig> = {}): Booth => {
  const made = new Booth({ ...config, ...own }, [...voters, ASKER, OTHER]);
  for (const [id, says] of Object.entries(ready)) made.ready.set(Number(id), says);
  return made;
};

const check = (voter: NodeId, content: Value, signature: Value): boolean => signature === signAs(voter, content);
const decisionOf = (made: Booth): unknown => (made.replies.at(-1)?.value as { readonly decision?: Value } | undefined)?.decision;
const certificate = (made: Booth): Certificate =>
  certificateOf((made.replies.at(-1)?.value as { readonly certificate?: Value } | undefined)?.certificate) as Certificate;
const dropped = (made: Booth, id: NodeId): { readonly [code: string]: number } => Object.fromEntries(made.node(id).dropped);
const occasionOf = (made: Booth, nonce = `nonce-${ASKER}`): Occasion => ({ question, nonce, expiryUs: made.nowUs + config.lifetimeUs });

describe('what a vote decides', () => {
  test('2f + 1 of 3f + 1 matching votes decide; of more voters, more than half of voters and liars together', () => {
    const sizes = [1, 2, 3, 4, 5, 6, 7, 10, 13].map((n) => [n, Math.floor((n - 1) / 3)] as const);
    const quorums = sizes.map(([n, faults]) => quorumOf({ voters: Array.from({ length: n }, (_, i) => i + 1), faults }));
    expect(quorums).toEqual([1, 2, 2, 3, 4, 4, 5, 7, 9]);
    for (const [i, [n, f]] of sizes.entries()) {
      const q = quorums[i] as number;
      // Two quorums share one who does not lie, and the honest alone are a quorum.
      expect(2 * q - n).toBeGreaterThan(f);
      expect(n - f).toBeGreaterThanOrEqual(q);
      expect(2 * (q - 1) - n).toBeLessThanOrEqual(f);
    }
  });

  test('all ready: go, in two round trips, with a certificate that others can check', () => {
    const made = booth();
    made.ask(ASKER);
    made.settle();
    expect(decisionOf(made)).toBe('go');
    expect(faultOf(certificate(made), config, check)).toBeNull();
    expect(made.indications).toEqual([{ kind: 'decided', certificate: certificate(made) }]);
  });

  test.each([
    [{ 1: false }, 'majority_ready_or_abort', 'go'],
    [{ 1: false, 2: false }, 'majority_ready_or_abort', 'abort'],
    [{ 1: false }, 'unanimous_ready_or_abort', 'abort'],
    [{}, 'unanimous_ready_or_abort', 'go'],
  ] as const)('not ready %j, %s: %s', (ready, strategy, decision) => {
    const made = booth(ready);
    made.ask(ASKER, 'n', { ...question, strategy });
    made.settle();
    made.pass(config.patienceUs);
    made.settle();
    expect(decisionOf(made)).toBe(decision);
  });

  test('one silent voter changes nothing; of two the asker says who they are', () => {
    const made = booth({ 1: null });
    made.ask(ASKER);
    made.settle();
    expect(decisionOf(made)).toBe('go');
    const stuck = booth({ 1: null });
    stuck.ask(ASKER);
    stuck.settle(({ from, to }) => from !== 3 && to !== 3);
    stuck.pass(config.timeoutUs);
    expect(stuck.replies.at(-1)).toMatchObject({ outcome: 'info', code: 'LC_UNDECIDED' });
    expect((stuck.replies.at(-1)?.value as { readonly reasons: Value } | undefined)?.reasons).toEqual([
      'voter 2 is ready',
      'voter 4 is ready',
      'voter 1 gave no answer (LC_NOT_KNOWN)',
      'no valid answer from voter 3',
      '2 of 4 answers are too few to go by',
    ]);
  });

  test('a voter that tells one asker ready and another not ready changes nothing about what both decide', () => {
    const made = booth({ 1: false });
    made.ask(ASKER);
    made.ask(OTHER);
    made.settle(({ message, to }) => {
      if (message.type !== 'ask' || to !== 4) return true;
      return false;
    });
    // n4 lies, and honest n1 is not ready: with its help go is in reach.
    for (const [asker, says] of [
      [ASKER, 'ready'],
      [OTHER, 'not-ready'],
    ] as const)
      made.bring(4, asker, said(4, occasionOf(made, `nonce-${asker}`), says));
    made.settle(({ to }) => to !== 4);
    const verdicts = made.indications.flatMap((each) => (each.kind === 'decided' ? [each.certificate.verdict] : []));
    expect(new Set(verdicts).size).toBeLessThanOrEqual(1);
    // The first voter that was shown both sets convicts n4, and nobody else.
    const evidence = made.indications.flatMap((each) => (each.kind === 'equivocation' ? [each.evidence] : []));
    expect(evidence.length).toBeGreaterThan(0);
    for (const each of evidence) expect([each.voter, convicts(each, check)]).toEqual([4, true]);
  });

  test('askers who compete may split the votes for good, and then both are told so', () => {
    const made = booth({ 1: false });
    made.ask(ASKER);
    made.ask(OTHER);
    made.settle(({ message }) => message.type === 'ask' || message.type === 'answer');
    const sets = made.net.filter(({ message }) => message.type === 'show').map(({ from }) => from);
    expect(new Set(sets)).toEqual(new Set([ASKER, OTHER]));
    // Both sets say go here; a liar among the answers makes one of them say abort.
    const abort = [1, 2, 4].map((voter) => ({ voter, ...said(voter, occasionOf(made, 'rival'), voter === 2 ? 'ready' : 'not-ready') }));
    const answers = abort.map(({ voter, says, signature }) => ({ voter, says: says as 'ready' | 'not-ready', signature }));
    for (const voter of [3, 4]) made.bring(OTHER, voter, { type: 'show', ...occasionOf(made, 'rival'), answers });
    made.settle(({ message }) => message.type !== 'vote' || message.nonce !== 'rival');
    expect(made.replies.map(({ code, value }) => [code, (value as { readonly decision: string }).decision])).toEqual([
      ['LC_UNDECIDED', 'undecided'],
      ['LC_UNDECIDED', 'undecided'],
    ]);
    const [first] = made.replies as [Reply];
    expect((first.value as { readonly reasons: readonly string[] }).reasons.at(-1)).toBe('2 voted go and 2 abort, and 3 alike are needed');
  });
});

describe('a voter keeps its word', () => {
  test('its answer stands when its service changes its mind, for every asker, across a crash', () => {
    const made = booth({ 1: true });
    made.bring(ASKER, 1, { type: 'ask', ...occasionOf(made) });
    made.ready.set(1, false);
    made.bring(OTHER, 1, { type: 'ask', ...occasionOf(made, 'later') });
    made.start(1);
    made.bring(OTHER, 1, { type: 'ask', ...occasionOf(made, 'after the crash') });
    expect(made.net.map(({ to, message }) => [to, message.type === 'answer' && message.says])).toEqual([
      [ASKER, 'ready'],
      [OTHER, 'ready'],
      [OTHER, 'ready'],
    ]);
  });

  test('nothing is told before the disk has it', () => {
    const made = booth();
    made.slowDisks = true;
    made.ask(ASKER);
    made.settle();
    expect(made.net).toEqual([]);
    for (const id of voters) made.sync(id);
    made.settle();
    expect(decisionOf(made)).toBeUndefined();
    for (const id of voters) made.sync(id);
    made.settle();
    expect(decisionOf(made)).toBe('go');
  });

  test('several askers wait for one service, which is asked once; a failing one is asked again', () => {
    const made = booth();
    made.slowServices = true;
    for (const [i, asker] of [ASKER, OTHER].entries()) made.bring(asker, 1, { type: 'ask', ...occasionOf(made, `n${i}`) });
    made.bring(ASKER, 1, { type: 'ask', ...occasionOf(made, 'n0') });
    expect([made.consulted.length, dropped(made, 1)]).toEqual([1, { LC_DUPLICATE: 1 }]);
    made.tell(null);
    expect(made.net.map(({ to, message }) => [to, message.type])).toEqual([
      [ASKER, 'refuse'],
      [OTHER, 'refuse'],
    ]);
    made.bring(ASKER, 1, { type: 'ask', ...occasionOf(made) });
    made.tell(false);
    expect(made.net.at(-1)?.message).toMatchObject({ type: 'answer', says: 'not-ready' });
  });

  test('beyond its memory it answers no new question, and the old ones still', () => {
    const made = booth({}, { maxQuestions: 1 });
    made.bring(ASKER, 1, { type: 'ask', ...occasionOf(made) });
    made.bring(ASKER, 1, { type: 'ask', ...occasionOf(made, 'b'), question: { ...question, id: 'another' } });
    made.bring(ASKER, 1, { type: 'ask', ...occasionOf(made, 'c') });
    expect(made.net.map(({ message }) => message.type)).toEqual(['answer', 'refuse', 'answer']);
    expect(dropped(made, 1)).toEqual({ LC_OVERLOADED: 1 });
  });
});

describe('what does not count is dropped, and counted by code', () => {
  const shown = (made: Booth, change: (answers: readonly Statement[]) => readonly Statement[] = (same) => same): void => {
    const occasion = occasionOf(made);
    const honest = [1, 2, 3].map((voter) => ({ step: 'answer', voter, ...said(voter, occasion, 'ready') }) as unknown as Statement);
    const answers = change(honest).map(({ voter, says, signature }) => ({ voter, says: says as 'ready', signature }));
    made.bring(ASKER, 4, { type: 'show', ...occasion, answers });
  };

  test('a set that proves itself is voted on', () => {
    const made = booth();
    shown(made);
    expect(made.net.map(({ to, message }) => [to, message.type === 'vote' && message.says])).toEqual([[ASKER, 'go']]);
  });

  test.each<[string, string, (answers: readonly Statement[]) => readonly Statement[]]>([
    ['too few answers', 'LC_QUORUM', (all) => all.slice(1)],
    ['no answers', 'LC_QUORUM', () => []],
    ['one voter twice', 'LC_DUPLICATE', ([a, b]) => [a, b, b] as Statement[]],
    ['a stranger', 'LC_STRANGER', ([a, b, c]) => [a, b, { ...c, voter: 77 }] as Statement[]],
    ['another answer than was signed', 'LC_SIGNATURE', ([a, b, c]) => [a, b, { ...c, says: 'not-ready' }] as Statement[]],
    ['one voter’s signature under another’s name', 'LC_SIGNATURE', ([a, b, c]) => [a, b, { ...c, voter: 4 }] as Statement[]],
    ['no signature', 'LC_SIGNATURE', ([a, b, c]) => [a, b, { ...c, signature: null }] as Statement[]],
    ['more answers than voters', 'LC_CODEC', (all) => [...all, ...all]],
  ])('a set with %s (%s)', (_what, code, change) => {
    const made = booth();
    shown(made, change);
    expect([made.net, dropped(made, 4)]).toEqual([[], { [code]: 1 }]);
    expect(made.node(4).ballots.get(JSON.stringify([question.id, question.subject, question.strategy]))?.verdict ?? null).toBeNull();
    // It did no harm: the right set still convinces.
    shown(made);
    expect(made.net.length).toBe(1);
  });

  test('a vote that was being checked when its asking ended counts for no later one of the same nonce', () => {
    const made = booth();
    made.ask(ASKER);
    made.settle(({ message }) => message.type !== 'vote');
    made.slowChecks = true;
    made.settle();
    made.pass(config.timeoutUs);
    expect(decisionOf(made)).toBe('undecided');
    made.ask(ASKER);
    made.checked();
    expect([made.node(ASKER).askings.get(`nonce-${ASKER}`)?.votes.size, dropped(made, ASKER).LC_NOT_ASKED]).toEqual([0, 4]);
  });

  test('answers that were given to another asker are no answers to this one: replayed votes have the wrong nonce', () => {
    const made = booth();
    const old = [1, 2, 3].map((voter) => ({
      voter,
      says: 'ready' as const,
      signature: said(voter, occasionOf(made, 'old'), 'ready').signature,
    }));
    made.bring(ASKER, 4, { type: 'show', ...occasionOf(made, 'new'), answers: old });
    expect(dropped(made, 4)).toEqual({ LC_SIGNATURE: 1 });
    made.ask(ASKER, 'new');
    made.net.length = 0;
    for (const voter of voters) made.bring(voter, ASKER, said(voter, occasionOf(made, 'old'), 'go'));
    const later = { ...occasionOf(made, 'new'), expiryUs: 5 };
    for (const voter of voters) made.bring(voter, ASKER, said(voter, later, 'go'));
    expect([made.replies, dropped(made, ASKER)]).toEqual([[], { LC_NOT_ASKED: 8 }]);
  });

  test('what has expired is refused by the voter’s own clock, give or take the skew', () => {
    const made = booth({}, { skewUs: 1000 });
    const occasion = { ...occasionOf(made), expiryUs: made.nowUs };
    made.nowUs += 1000;
    made.bring(ASKER, 1, { type: 'ask', ...occasion });
    made.nowUs += 1;
    made.bring(ASKER, 1, { type: 'ask', ...occasion });
    expect(made.net.map(({ message }) => message.type)).toEqual(['answer', 'refuse']);
    expect(dropped(made, 1)).toEqual({ LC_EXPIRED: 1 });
  });

  test('an asker believes no stranger, no wrong signature, nobody in the name of another, nobody twice', () => {
    const made = booth();
    made.ask(ASKER);
    made.net.length = 0;
    const occasion = occasionOf(made);
    made.bring(77, ASKER, said(77, occasion, 'ready'));
    made.bring(1, ASKER, said(2, occasion, 'ready'));
    made.bring(1, ASKER, { ...said(1, occasion, 'ready'), signature: 'x' } as never);
    made.bring(1, ASKER, said(1, occasion, 'ready'));
    made.bring(1, ASKER, said(1, occasion, 'ready'));
    for (const _ of voters) made.bring(1, ASKER, said(1, occasion, 'go'));
    expect(dropped(made, ASKER)).toEqual({ LC_STRANGER: 1, LC_SIGNATURE: 2, LC_DUPLICATE: 4 });
    expect([made.replies, made.net]).toEqual([[], []]);
  });

  test('strangers may vote (a mutant) is what the check of voters is for', () => {
    class Open extends VoteNode {
      override isVoter(): boolean {
        return true;
      }
    }
    const decided = (make: typeof VoteNode): unknown => {
      const made = new Booth(config, [ASKER], (id, own) => new make(id, own));
      made.ask(ASKER);
      for (const stranger of [70, 71, 72]) made.bring(stranger, ASKER, said(stranger, occasionOf(made), 'go'));
      return decisionOf(made);
    };
    expect([decided(VoteNode), decided(Open)]).toEqual([undefined, 'go']);
  });

  test('questions, nonces and requests that cannot be are refused', () => {
    const made = booth();
    const ask = (op: Value): void =>
      made.step(ASKER, { kind: 'request', now: made.nowUs, from: 99, request: { id: 1, session: 1, op, mode: 'write' } });
    for (const op of [null, 3, {}, { f: 'decide' }, { f: 'decide', question: { id: '', subject: 'x', strategy: question.strategy } }])
      ask(op);
    ask({ f: 'decide', question: { ...question, strategy: 'coin' } });
    ask({ f: 'decide', question: { ...question }, nonce: 7 });
    ask({ f: 'decide', question: { ...question, id: 'x'.repeat(513) } });
    expect(made.replies.map(({ outcome, code }) => [outcome, code])).toEqual(Array(8).fill(['fail', 'LC_USAGE']));
    made.bring(ASKER, 1, { type: 'ask', ...occasionOf(made, 'x'.repeat(513)) });
    expect([made.net, dropped(made, 1)]).toEqual([[], { LC_CODEC: 1 }]);
    expect(() => new VoteNode(1, { ...config, faults: 2 })).toThrow('2 liars among 4 voters: at least 7 voters are needed');
    expect(() => new VoteNode(1, { ...config, voters: [1, 1, 2, 3] })).toThrow('voters must ascend, each named once: 1, 1, 2, 3');
  });
});

describe('certificates and evidence', () => {
  const decided = (): Certificate => {
    const made = booth();
    made.ask(ASKER);
    made.settle();
    return certificate(made);
  };

  test('every change of a certificate is found', () => {
    const good = decided();
    const fault = (change: Partial<Certificate>): string | null => faultOf({ ...good, ...change }, config, check);
    const [a, b] = good.votes as [Certificate['votes'][number], Certificate['votes'][number]];
    expect(fault({})).toBeNull();
    expect(fault({ verdict: 'abort' })).toBe('voter 1 has not signed this vote');
    expect(fault({ nonce: 'x' })).toBe('voter 1 has not signed this vote');
    expect(fault({ expiryUs: 1 })).toBe('voter 1 has not signed this vote');
    expect(fault({ question: { ...question, subject: 'version 2.4' } })).toBe('voter 1 has not signed this vote');
    expect(fault({ votes: [a, b] })).toBe('2 votes, and 3 are needed');
    expect(fault({ votes: [a, b, b] })).toBe('voter 2 is counted twice');
    expect(fault({ votes: [...good.votes, { voter: 8, signature: 'x' }] })).toBe('voter 8 does not belong to the electorate');
  });

  test('what has no shape of a certificate is none', () => {
    const good = decided() as unknown as { readonly [name: string]: Value };
    expect(certificateOf(good)).toEqual(good);
    for (const name of Object.keys(good)) {
      const { [name]: _, ...rest } = good;
      expect(certificateOf(rest), name).toBeNull();
      for (const value of [null, true, [], {}])
        if (name !== 'votes' || !Array.isArray(value)) expect(certificateOf({ ...good, [name]: value }), name).toBeNull();
    }
    for (const value of [null, undefined, 3, 'x', [], new Uint8Array(3), { ...good, votes: [null] }, { ...good, votes: [{ voter: 1 }] }])
      expect(certificateOf(value)).toBeNull();
  });

  test('two contradicting certificates convict those who signed both, and nobody else', () => {
    const go = decided();
    const occasion = { question, nonce: 'other', expiryUs: 7 };
    const votes = [3, 4].map((voter) => ({ voter, signature: said(voter, occasion, 'abort').signature }));
    const abort: Certificate = { ...occasion, verdict: 'abort', votes };
    const found = compareStatements([...votesOf(go), ...votesOf(abort)]);
    expect(found.map(({ voter }) => voter)).toEqual(go.votes.map(({ voter }) => voter).filter((voter) => voter >= 3));
    for (const each of found) {
      expect(convicts(each, check)).toBe(true);
      expect(convicts({ ...each, voter: 1 }, check)).toBe(false);
      expect(convicts({ ...each, other: each.one }, check)).toBe(false);
      expect(convicts({ ...each, other: { ...each.other, signature: 'x' } }, check)).toBe(false);
      expect(convicts({ ...each, other: { ...each.other, question: { ...question, id: 'x' } } }, check)).toBe(false);
    }
    expect(compareStatements([...votesOf(go), ...votesOf(go)])).toEqual([]);
  });
});
