import { expect, test } from 'vitest';
import { LightconeError } from '../../core/index.ts';
import { behaviours, behaviourText, checkedBehaviours, parseBehaviours, renamedReceivers } from './behaviour.ts';

test('what is read is written again as it was', () => {
  for (const text of [
    ...behaviours,
    'equivocate(to=n2|n3)+withhold(types=commit;epochs=2-4|7)',
    'twins(ms=50)+collude',
    'delay(to=leader;ms=3)',
  ])
    expect(behaviourText(parseBehaviours(text))).toBe(text);
});

test('receivers are renamed, roles and types are not', () => {
  const names = new Map([['node-1', 'n1']]);
  expect(renamedReceivers('withhold(to=node-1|leader;types=node-1)', names)).toBe('withhold(to=n1|leader;types=node-1)');
});

const refused: readonly (readonly [text: string, message: RegExp])[] = [
  ['', /^behaviour must be one of silent, .*, joined by \+, not ""/],
  ['mutate+teleport', /not "teleport"/],
  ['mutate+', /not ""/],
  ['withhold(from=n1)', /withhold may be limited by to=.*not by "from=n1"/],
  ['withhold(to=n1;to=n2)', /each once, not by "to=n2"/],
  ['withhold()', /not by ""/],
  ['withhold(to=)', /must have to name something.*not "to="/],
  ['withhold(to=n1|)', /not "to=n1\|"/],
  ['delay(ms=0)', /ms that is a whole number from 1 to 1000000, not "0"/],
  ['delay(ms=fast)', /not "fast"/],
  ['delay(ms=1|2)', /not "1\|2"/],
  ['mutate(epochs=5-2)', /epochs such as 3.*not "5-2"/],
  ['mutate(epochs=x)', /not "x"/],
  ['withhold(to=n1', /must be one of/],
  ['withhold(to=n9)', /receivers among n1, n2, leader, next, not "n9"/],
  ['__proto__', /must be one of/],
];

test('types are those of the messages of the protocol', () => {
  const parse = (text: string): unknown => checkedBehaviours(text, ['n1', 'n2'], ['prepare', 'commit']);
  expect(parse('withhold(types=commit|prepare)')).toHaveLength(1);
  expect(() => parse('withhold(types=prepare|comit)')).toThrow(/withhold must have types among prepare, commit, not "comit"/);
});

test.each(refused)('%j is refused in one sentence with its code', (text, message) => {
  const parse = (): unknown => checkedBehaviours(text, ['n1', 'n2']);
  expect(parse).toThrow(message);
  expect(parse).toThrow(LightconeError);
  expect(parse).toThrow(expect.objectContaining({ code: 'LC_SCENARIO' }));
});
