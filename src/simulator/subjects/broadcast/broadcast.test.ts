/** The classics in the simulator: replay, one liar too many, what is refused; and four generals explored in full. */
import { expect, test } from 'vitest';
import { campaign } from '../../campaign.ts';
import { exploreProtocol, generalsWorld } from '../../explorer/index.ts';
import { simulate } from '../../simulate.ts';
import { drawPlan } from '../../swarm.ts';
import { brachaSubject } from './bracha.ts';
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

test('three generals, prepared for one traitor as well as three can be, are split by one (impossible with oral messages); with signatures they are not', () => {
  const settings = { traitors: 1 };
  // Three cannot promise it: here they are asked for it.
  const promising = { ...generalsSubject(), survivesLiars: () => 1 };
  const oral = campaign({ subject: promising, seeds: 60, nodes: 4, settings: { traitors: 0 }, liars: 1, keepGoing: true });
  expect(oral.coverage.get('too-many-faulty')).toBeGreaterThan(0);
  const signed = campaign({ subject: signedGeneralsSubject(), seeds: 40, nodes: 3, settings, liars: 1 });
  expect(signed.failures.map(({ result }) => result.violation?.message)).toEqual([]);
  expect(signed.coverage.get('traitor-commanded')).toBeGreaterThan(0);
});

test('four generals of whom the commander is a traitor: every lie to everybody, in every order of messages, breaks nothing', () => {
  const { verdict, violation, parts } = exploreProtocol({ ...generalsWorld(4), seed: 1, states: 60_000, walks: 10 });
  expect([verdict, violation]).toEqual(['pass', null]);
  expect(parts.filter(({ role, verdict: seen }) => role === 'cover' && seen === 'pass')).toHaveLength(1);
});

test('settings that they do not have are refused by name', () => {
  expect(() => gameSettings({ cards: 3 })).toThrow(/these games have no setting "cards" \(they have traitors, /);
  expect(() => gameSettings({ deck: 'all' })).toThrow(/the setting deck is a whole number, not "all"/);
});
