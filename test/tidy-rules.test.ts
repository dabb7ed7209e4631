import { describe, expect, it } from 'vitest';
import { arrowRules, importRings, neverImported } from './tidy/arrows.ts';
import { bans, pureBans } from './tidy/bans.ts';
import { apply, type Rule } from './tidy/rule.ts';
import { shapeRules } from './tidy/shape.ts';
import { sourceFile } from './tidy/source.ts';

const rules: readonly Rule[] = [...arrowRules, ...pureBans, ...bans, ...shapeRules];
const header = '/** What it is for. */\n';

/** [rule, path, text that breaks it, text that keeps it] */
const cases: readonly (readonly [string, string, string, string])[] = [
  ['arrow', 'src/core/a.ts', "import { x } from '../trace/index.ts';", "import { x } from './b.ts';"],
  ['arrow', 'src/trace/a.ts', "import { x } from '../scenario/index.ts';", "import { x } from '../core/index.ts';"],
  ['arrow', 'src/protocols/raft/a.ts', "import type { X } from '../paxos/index.ts';", "import { x } from '../../trace/index.ts';"],
  ['arrow', 'src/checkers/a.ts', "export { x } from '../simulator/index.ts';", "export { x } from '../core/index.ts';"],
  ['door', 'src/trace/a.ts', "import { x } from '../core/codec.ts';", "import { x } from '../core/index.ts';"],
  ['door', 'src/trace/a.test.ts', "import { x } from '../core/codec.ts';", "import { x } from '../core/testing.ts';"],
  ['outside', 'src/runner/a.ts', "import { x } from '../../test/a.ts';", "import { x } from './b.ts';"],
  ['package', 'src/core/testing.ts', "import fc from 'fast-check';", "import { x } from './b.ts';"],
  ['package', 'src/runner/a.ts', "import { x } from 'vitest';", "import { x } from 'node:fs';"],
  ['test-only', 'src/core/a.ts', "import { x } from './testing.ts';", "import { x } from './b.ts';"],
  ['clock', 'src/core/a.ts', 'const now = Date.now();', 'const now = input.now;'],
  ['clock', 'src/simulator/a.ts', 'const now = new Date();', 'const now = world.nowUs;'],
  ['clock-global', 'src/core/a.ts', 'const now = performance.now();', 'const it = { performance: 1 };'],
  ['randomness', 'src/core/a.ts', 'const r = Math.random();', 'const r = random.below(3);'],
  ['inexact-mathematics', 'src/core/a.ts', 'const r = Math.log(3);', 'const r = Math.floor(3) + 2 ** 32;'],
  ['inexact-mathematics', 'src/core/a.ts', 'const r = x ** 2;', 'const r = x * x;'],
  ['timers', 'src/core/a.ts', 'setTimeout(f, 1);', 'out.setTimeout(f, 1);'],
  ['promises', 'src/core/a.ts', 'async function f() {}', 'function f() {}'],
  ['promises', 'src/core/a.ts', 'const f = async () => 1;', 'const f = () => 1;'],
  ['promise-global', 'src/core/a.ts', 'const p = Promise.resolve();', 'const p = { Promise: 1 };'],
  ['platform', 'src/core/a.ts', 'console.log(1);', 'function f(console: Log) { console.log(1); }'],
  ['platform', 'src/core/a.ts', 'const g = globalThis;', 'const g = 1;'],
  ['process', 'src/trace/a.ts', 'const e = process.env;', 'const e = process.id;'],
  ['locale', 'src/core/a.ts', 'const order = a.localeCompare(b);', 'const order = a < b;'],
  ['platform-import', 'src/core/a.ts', "import { x } from 'node:fs';", "import { x } from './b.ts';"],
  ['platform-import', 'src/core/a.ts', "const x = import('lodash');", "import { x } from './b.ts';"],
  ['export-star', 'src/core/a.ts', "export * from './b.ts';", "export * as b from './b.ts';"],
  ['any', 'src/core/a.ts', 'const x: any = 1;', 'const x: unknown = 1; const any = 2;'],
  ['switched-off', 'src/core/a.test.ts', "it.skip('x', f);", "it('x', f);"],
  ['switched-off', 'src/core/a.test.ts', "describe.only('x', f);", "describe.each([1])('x', f);"],
  ['eval', 'src/core/a.ts', "eval('1');", "evaluate('1');"],
  ['compiler-silenced', 'src/core/a.ts', '// @ts-ignore\nf();', 'f();'],
  ['unfinished', 'src/core/a.ts', '// TODO: finish', '// done'],
  ['file-name', 'src/core/A.ts', '', ''],
  ['file-name', 'src/core/someThing.ts', '', ''],
  ['vague-name', 'src/core/utils.ts', '', ''],
  ['vague-name', 'src/core/helpers/a.ts', '', ''],
  ['vague-name', 'src/core/test-helpers.ts', '', ''],
  ['file-length', 'src/core/a.ts', 'f();\n'.repeat(401), 'f();\n'.repeat(390)],
  ['file-length', 'src/core/a.test.ts', 'f();\n'.repeat(601), 'f();\n'.repeat(590)],
  ['function-length', 'src/core/a.ts', `function f() {\n${'g();\n'.repeat(70)}}`, `function f() {\n${'g();\n'.repeat(60)}}`],
  ['function-length', 'src/a.test.ts', `it('x', () => {\n${'g();\n'.repeat(70)}});`, `describe('x', () => {\n${'g();\n'.repeat(70)}});`],
];

describe('the tidy rules', () => {
  it.each(cases)('%s in %s: refuses %j', (name, path, bad, good) => {
    const [rule] = rules.filter((each) => each.name === name);
    if (rule === undefined) throw new Error(`no rule ${name}`);
    expect(apply([rule], [sourceFile(path, header + bad)])).not.toEqual([]);
    if (good !== bad) expect(apply([rule], [sourceFile(path, header + good)])).toEqual([]);
  });

  it('each has a snippet above that breaks it, and names what to do instead', () => {
    const tried = new Set([...cases.map(([name]) => name), 'header']);
    expect(rules.filter(({ name, instead }) => !tried.has(name) || instead.length < 10).map(({ name }) => name)).toEqual([]);
  });

  it('a file without a header, or with a long one, is refused', () => {
    const judge = (text: string): number =>
      apply(
        shapeRules.filter(({ name }) => name === 'header'),
        [sourceFile('src/core/a.ts', text)],
      ).length;
    expect([judge('f();'), judge(`/**\n${' * x\n'.repeat(9)} */`), judge(`/**\n${' * x\n'.repeat(8)} */`), judge('/** x */')]).toEqual([
      1, 1, 0, 0,
    ]);
  });

  it('bans of pure rooms let hosts and tests be', () => {
    const text = `${header}const now = Date.now();`;
    const rule = pureBans.filter(({ name }) => name === 'clock');
    expect(
      apply(
        rule,
        ['src/cli/a.ts', 'src/core/a.test.ts', 'bench/a.ts'].map((path) => sourceFile(path, text)),
      ),
    ).toEqual([]);
  });

  it('a file that nobody imports and a ring of imports are found', () => {
    const a = sourceFile('src/core/a.ts', "import { b } from './b.ts'; export const a = b;");
    const b = sourceFile('src/core/b.ts', "import { a } from './a.ts'; export const b = 1;");
    const typed = sourceFile('src/core/b.ts', "import type { a } from './a.ts'; export const b = 1;");
    const dead = sourceFile('src/core/dead.ts', 'export const c = 1;');
    expect(neverImported([a, b, dead])).toEqual(['src/core/dead.ts']);
    expect(importRings([a, b])).toEqual([['src/core/a.ts', 'src/core/b.ts', 'src/core/a.ts']]);
    expect(importRings([a, typed])).toEqual([]);
  });
});
