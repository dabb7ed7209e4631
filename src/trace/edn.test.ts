import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EdnError, EdnParser } from './edn.ts';

const read = (text: string) => {
  const parser = new EdnParser(text, 40);
  const value = parser.form();
  expect(parser.more()).toBe(false);
  return value;
};
const refusal = (text: string): string => {
  try {
    const parser = new EdnParser(text, 40);
    parser.form();
    if (parser.more()) parser.form();
  } catch (error) {
    if (error instanceof EdnError) return `${error.offset}: ${error.message}`;
    throw error;
  }
  return 'accepted';
};

test.each([
  ['nil', null],
  ['true', true],
  ['-0', 0],
  ['+7', 7],
  ['12N', 12],
  ['9007199254740993', { $integer: '9007199254740993' }],
  ['1.5e3', 1500],
  ['2.50M', 2.5],
  ['##Inf', Number.POSITIVE_INFINITY],
  ['22/7', { $ratio: '22/7' }],
  [':a/b', ':a/b'],
  ['"a\\n\\u0041\\101\\""', 'a\nAA"'],
  ['":a"', { $string: ':a' }],
  ['foo.bar/baz', { $symbol: 'foo.bar/baz' }],
  ['\\newline', { $char: '\n' }],
  ['\\{', { $char: '{' }],
  ['\\u03a9', { $char: 'Ω' }],
  ['[1, (2 3) nil]', [1, [2, 3], null]],
  ['#{3 1 2}', { $set: [1, 2, 3] }],
  ['{:a 1 "b" [2]}', { ':a': 1, b: [2] }],
  [
    '{2 :b 1 :a}',
    {
      $map: [
        [1, ':a'],
        [2, ':b'],
      ],
    },
  ],
  ['#:n{:a 1 :m/b 2}', { ':n/a': 1, ':m/b': 2 }],
  ['#inst "1985-04-12T23:20:50.52Z"', { $tag: 'inst', value: '1985-04-12T23:20:50.52Z' }],
  ['; a comment\n #_ {:lost #_ 1 2} [1 #_#_ 2 3 4] ; end', [1, 4]],
])('%s is %j', (text, value) => {
  expect(read(text)).toEqual(value);
});

test.each([
  ['', '0: the text ends where a form should be'],
  ['[1 2', '0: [ is never closed'],
  [' {:a 1 :b}', '1: a map with a key that has no value'],
  ['{:a 1 :a 2}', '0: the key ":a" stands there twice'],
  ['#{1 1.0}', '0: the element 1 stands there twice'],
  ['"abc', '0: a string is never closed'],
  ['"a\\q"', '2: \\q is no escape of EDN'],
  ['[1 }', '3: } closes nothing'],
  ['01', '0: "01" is no number'],
  ['1/0', '0: "1/0" divides by zero'],
  ['##NaN', '0: NaN is not a value: nothing equals it'],
  ['#"regex"', '0: #" is not EDN'],
  ['@x', '0: "@x" is not EDN'],
  ['#tag', '0: the tag #tag has no value'],
  ['#_', '2: #_ has no form to discard'],
  ['\\', '0: \\ without a character'],
  ['\\abc', '0: \\abc is no character'],
  ['1e999', '0: "1e999" is beyond the range of doubles'],
])('%j is refused: %s', (text, message) => {
  expect(refusal(text)).toBe(message);
});

test('nesting beyond the limit is refused, not a stack overflow', () => {
  expect(refusal('['.repeat(100_000))).toBe('41: nested deeper than 40');
  expect(refusal('#_'.repeat(100_000))).toContain('nested deeper than 40');
  expect(refusal('#a '.repeat(100_000))).toContain('nested deeper than 40');
  expect(refusal('#{'.repeat(100_000))).toContain('nested deeper than 40');
});

const pieces = [
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '#',
  '#_',
  '#{',
  '"',
  '\\',
  ';',
  '\n',
  ' ',
  ':a',
  '1',
  '-',
  '2/3',
  'nil',
  '##',
  '\\u00',
  'x/y',
  '^',
  'é',
  '\ud800',
];
const soup = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 30 }).map((parts) => parts.join(''));

test('any text is either one form or an EdnError, and an accepted form is read again alike', () => {
  let accepted = 0;
  fc.assert(
    fc.property(soup, (text) => {
      try {
        const value = new EdnParser(text, 40).form();
        accepted++;
        expect(new EdnParser(text, 40).form()).toEqual(value);
      } catch (error) {
        if (!(error instanceof EdnError)) throw error;
        expect(error.offset).toBeLessThanOrEqual(text.length + 1);
      }
    }),
    { numRuns: 20_000 },
  );
  expect(accepted).toBeGreaterThan(1000);
});
