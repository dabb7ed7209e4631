/**
 * How a liar lies, as text that stands in schedules: behaviours joined by `+`, each with what it is limited to, if to
 * anything: `equivocate(to=n2|n3)+withhold(types=commit;epochs=2-4)`. It is data: it replays, and shrinking takes
 * behaviours, receivers and epochs away. What each behaviour does: docs/guides/liars.md.
 */
import { LightconeError } from '../../core/index.ts';

export const behaviourMeanings = {
  silent: 'sends nothing at all',
  drop: 'leaves a third of its messages unsent',
  withhold: 'sends nothing to some receivers, or nothing of some types',
  delay: 'sends a third of its messages late',
  duplicate: 'sends a third of its messages twice',
  replay: 'sends messages of its past, and what it heard from others, once more',
  mutate: 'changes one field of a third of its messages, signed anew or not',
  equivocate: 'tells some receivers another version of the same message, validly signed',
  'half-proof': 'makes authenticators that some receivers can check and others cannot (Clement et al. 2009)',
  'split-send': 'in some epochs tells some receivers nothing, or a changed message (ByzzFuzz, Winter et al. 2023)',
  forge: 'speaks in the names of others, with signatures that it cannot make: none may be believed',
  'target-leader': 'slows down, on all links, whoever leads at the moment or is about to',
  amnesia: 'restarts again and again with the disk that it had when the fault began',
  twins: 'two copies of it run under one identity, and each hears and is heard by one side (Bano et al. 2020)',
  collude: 'shares its plan with the other liars that collude: who is told which version',
} as const;

export type BehaviourName = keyof typeof behaviourMeanings;

export const behaviours = Object.keys(behaviourMeanings) as readonly BehaviourName[];

/** One behaviour and its limits; null: none. */
export interface Behaviour {
  readonly name: BehaviourName;
  /** Receivers: names of nodes, or `leader` and `next` for whoever leads the newest epoch or would lead the one after it. */
  readonly to: readonly string[] | null;
  /** Types of messages (their field `type`). */
  readonly types: readonly string[] | null;
  /** Epochs of the liar, as pairs of first and last. */
  readonly epochs: readonly (readonly [number, number])[] | null;
  /** How long, where it has a length: the delay, or the time between two restarts or two partings of twins. */
  readonly ms: number | null;
}

const keys = ['to', 'types', 'epochs', 'ms'] as const;
const MOST_MS = 1_000_000;

/** Sentences begin with `behaviour`, in whose place may stand where it was found. */
function refuse(sentence: string, value: string): never {
  throw new LightconeError('LC_SCENARIO', sentence, { value });
}

function epochsOf(text: string): [number, number] {
  const [, first = '', last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  if (first === '' || Number(last) < Number(first))
    refuse(`behaviour has epochs such as 3, or ranges of them such as 2-5, not "${text}"`, text);
  return [Number(first), Number(last)];
}

function parseOne(text: string): Behaviour {
  const [, name = text, limits] = /^([^()]*)(?:\(([^()]*)\))?$/.exec(text) ?? [];
  const known = behaviours.find((behaviour) => behaviour === name);
  if (known === undefined) refuse(`behaviour must be one of ${behaviours.join(', ')}, joined by +, not ${JSON.stringify(name)}`, name);
  const given = new Map<string, string[]>();
  for (const limit of limits?.split(';') ?? []) {
    const [key = '', value = ''] = limit.split('=', 2);
    if (!keys.some((each) => each === key) || given.has(key))
      refuse(`behaviour ${name} may be limited by ${keys.map((each) => `${each}=...`).join('; ')}, each once, not by "${limit}"`, limit);
    const values = value.split('|');
    if (values.some((each) => each === ''))
      refuse(`behaviour ${name} must have ${key} name something, as in ${key}=a|b, not "${limit}"`, limit);
    given.set(key, values);
  }
  const times = given.get('ms');
  const ms = times === undefined ? null : times.length === 1 && /^\d+$/.test(times[0] as string) ? Number(times[0]) : -1;
  if (ms !== null && (ms < 1 || ms > MOST_MS))
    refuse(`behaviour ${name} must have an ms that is a whole number from 1 to ${MOST_MS}, not "${times?.join('|')}"`, String(times));
  return {
    name: known,
    to: given.get('to') ?? null,
    types: given.get('types') ?? null,
    epochs: given.get('epochs')?.map(epochsOf) ?? null,
    ms,
  };
}

/** @throws LC_SCENARIO naming what is wrong */
export const parseBehaviours = (text: string): readonly Behaviour[] => text.split('+').map(parseOne);

/**
 * Parses, and the receivers must be servers of this group, the types be `messageTypes` of its protocol (absent: not checked).
 * @throws LC_SCENARIO naming what is wrong
 */
export function checkedBehaviours(text: string, servers: readonly string[], messageTypes?: readonly string[]): readonly Behaviour[] {
  const parsed = parseBehaviours(text);
  for (const { name, to, types } of parsed) {
    const unknown = messageTypes === undefined ? undefined : types?.find((type) => !messageTypes.includes(type));
    if (unknown !== undefined) refuse(`behaviour ${name} must have types among ${messageTypes?.join(', ')}, not "${unknown}"`, unknown);
    const stranger = to?.find((receiver) => !servers.includes(receiver) && receiver !== 'leader' && receiver !== 'next');
    if (stranger !== undefined)
      refuse(`behaviour ${name} must have receivers among ${servers.join(', ')}, leader, next, not "${stranger}"`, stranger);
  }
  return parsed;
}

/** The same behaviours where nodes have other names. */
export const renamedReceivers = (text: string, names: ReadonlyMap<string, string>): string =>
  behaviourText(parseBehaviours(text).map((each) => ({ ...each, to: each.to?.map((name) => names.get(name) ?? name) ?? null })));

function showOne({ name, to, types, epochs, ms }: Behaviour): string {
  const limits = [
    ...(to === null ? [] : [`to=${to.join('|')}`]),
    ...(types === null ? [] : [`types=${types.join('|')}`]),
    ...(epochs === null ? [] : [`epochs=${epochs.map(([a, b]) => (a === b ? a : `${a}-${b}`)).join('|')}`]),
    ...(ms === null ? [] : [`ms=${ms}`]),
  ];
  return limits.length === 0 ? name : `${name}(${limits.join(';')})`;
}

/** The text that `parseBehaviours` reads. */
export const behaviourText = (parsed: readonly Behaviour[]): string => parsed.map(showOne).join('+');

const without = <T>(items: readonly T[], at: number): readonly T[] => items.filter((_, i) => i !== at);

/** For shrinking: the same lies with one behaviour less, or one behaviour with one receiver, type or range of epochs less. */
export function simplerBehaviours(text: string): readonly string[] {
  const parsed = parseBehaviours(text);
  const fewer = parsed.length < 2 ? [] : parsed.map((_, i) => without(parsed, i));
  const narrower = parsed.flatMap((behaviour, i) =>
    narrowed(behaviour).map((each) => parsed.map((other, at) => (at === i ? each : other))),
  );
  return [...fewer, ...narrower].map(behaviourText);
}

function narrowed(behaviour: Behaviour): Behaviour[] {
  const { to, types, epochs } = behaviour;
  const many = <T>(items: readonly T[] | null): readonly number[] => (items === null || items.length < 2 ? [] : items.map((_, i) => i));
  return [
    ...many(to).map((i) => ({ ...behaviour, to: without(to ?? [], i) })),
    ...many(types).map((i) => ({ ...behaviour, types: without(types ?? [], i) })),
    ...many(epochs).map((i) => ({ ...behaviour, epochs: without(epochs ?? [], i) })),
  ];
}
