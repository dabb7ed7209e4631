/** The classics in the simulator: replay, one liar too many, what is refused; and four generals explored in full. */
import { expect, test } from 'vitest';
import { campaign } from '../../campaign.ts';
import { exploreProtocol, generalsWorld } from '../../explorer/index.ts';
import { simulate } from '../../simulate.ts';
import { drawPlan } from '../../swarm.ts';
import { brachaSubject } from './bracha.ts';
import { senderDrawn } from './bracha-watch.ts';
import { cardElectionSubject, highestCardSubject } from './cards.ts';
import { gameSettings } from './game-settings.ts';
import { generalsSubject, signedGeneralsSubject } from './generals.ts';

const subjects = [generalsSubject(), signedGeneralsSubject(), highestCardSubject(), cardElectionSubject(), brachaSubject()];

test.each(subjects.map((subject) => [subject.name, subject] as const))(
  '%s: a plan replays to the same hash, also through encoded bytes',
  (_name, subject) => {
    const plan = drawPlan(subject, 10);
    expect(plan.encoded).toBe(true);
    const once = simulate(subject, plan);
    expect(simulate(subject, { ...plan, faults: once.resolved }).hash).toBe(once.hash);
  },
);

test('one traitor splits three generals with oral messages, and two split six; with signatures they do not (1982, sections 2 to 4)', () => {
  for (const [nodes, traitors] of [
    [3, 1],
    [6, 2],
  ] as const) {
    const settings = { traitors };
    const oral = campaign({ subject: generalsSubject({ promised: traitors }), seeds: 150, nodes, settings, liars: traitors });
    expect(oral.failures[0]?.result.violation?.invariant).toMatch(/^(agreement|validity)$/);
    const signed = campaign({ subject: signedGeneralsSubject(), seeds: 30, nodes, settings, liars: traitors });
    expect(signed.failures.map(({ result }) => result.violation?.message)).toEqual([]);
    expect(signed.coverage.get('traitor-commanded')).toBeGreaterThan(0);
  }
});

test('four generals of whom the commander is a traitor: every lie to everybody, in every order of messages, breaks nothing', () => {
  const { verdict, violation, parts } = exploreProtocol({ ...generalsWorld(4), seed: 1, states: 60_000, walks: 10 });
  expect([verdict, violation]).toEqual(['pass', null]);
  expect(parts.filter(({ role, verdict: seen }) => role === 'cover' && seen === 'pass')).toHaveLength(1);
});

test('who has just kept its client waiting is not asked to send next, unless there is nobody else', () => {
  const senders = (silent: readonly number[]) =>
    [0, 1, 2].flatMap((drawn) => [...senderDrawn(null, [1, 2, 3], (n) => drawn % n, new Set(silent)).keys()]);
  expect([senders([]), senders([2]), senders([1, 2, 3])]).toEqual([
    [1, 2, 3],
    [1, 3, 1],
    [1, 2, 3],
  ]);
});

test('settings that they do not have are refused by name', () => {
  expect(() => gameSettings({ cards: 3 })).toThrow(/these games have no setting "cards" \(they have traitors, /);
  expect(() => gameSettings({ deck: 'all' })).toThrow(/the setting deck is a whole number, not "all"/);
});
