/** What code must not use: escape hatches anywhere; clocks, randomness, platform and inexact mathematics in pure rooms. */
import type { Rule } from './rule.ts';
import { importsOf, isTree, nameOf, type SourceFile, type Tree, walk } from './source.ts';

/** Names that the file itself declares, so that a variable called `fetch` is not taken for the global. */
function declaredNames(file: SourceFile): Set<string> {
  const names = new Set<string>();
  const pattern = (node: unknown): void => {
    if (!isTree(node)) return;
    if (node.type === 'Identifier') names.add(nameOf(node));
    else if (/Pattern$|^Property$|^RestElement$/.test(node.type)) {
      for (const part of [node.left, node.value, node.argument]) pattern(part);
      for (const list of [node.elements, node.properties]) if (Array.isArray(list)) list.forEach(pattern);
    }
  };
  walk(file.tree, (node) => {
    if (/^(VariableDeclarator|FunctionDeclaration|ClassDeclaration)$/.test(node.type)) pattern(node.id);
    if (/^Import.*Specifier$/.test(node.type)) pattern(node.local);
    if (Array.isArray(node.params)) node.params.forEach(pattern);
  });
  return names;
}

/** True where an identifier is only a name: a property, a key, a label, part of a type. */
function isOnlyAName(node: Tree, parent: Tree | undefined): boolean {
  if (parent === undefined) return false;
  if (parent.type === 'MemberExpression') return parent.property === node && parent.computed !== true;
  if (/^(Property|MethodDefinition|PropertyDefinition|AccessorProperty)$/.test(parent.type)) {
    return parent.key === node && parent.computed !== true && parent.value !== node;
  }
  return /^(TS|ImportSpecifier|ExportSpecifier|LabeledStatement)/.test(parent.type) && parent.type !== 'TSNonNullExpression';
}

const pureBan = (name: string, instead: string, visit: (node: Tree, parent: Tree | undefined) => string): Rule => ({
  name,
  instead,
  check(file, complain) {
    if (!file.pure) return;
    walk(file.tree, (node, parents) => {
      const what = visit(node, parents.at(-1));
      if (what !== '') complain(node.start, what);
    });
  },
});

const member = (node: Tree): [string, string] =>
  node.type === 'MemberExpression' ? [nameOf(node.object), nameOf(node.property)] : ['', ''];

/** A ban of global names, unless the file declares a variable of that name. */
const globalBan = (name: string, instead: string, globals: readonly string[]): Rule => ({
  name,
  instead,
  check(file, complain) {
    if (!file.pure) return;
    const declared = declaredNames(file);
    walk(file.tree, (node, parents) => {
      const found = nameOf(node);
      if (node.type !== 'Identifier' || !globals.includes(found) || declared.has(found)) return;
      if (!isOnlyAName(node, parents.at(-1))) complain(node.start, found);
    });
  },
});

const inexact = 'log log2 log10 log1p exp expm1 pow sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh cbrt hypot'.split(
  ' ',
);
const processParts = 'env argv exit exitCode stdout stderr stdin hrtime nextTick memoryUsage cwd pid platform on once'.split(' ');

/** Pure libraries that a room may import, each for one reason (docs/decisions/dependencies.md). */
const exceptions: { readonly [room: string]: readonly string[] } = { core: ['@noble/hashes/sha2.js', '@noble/hashes/utils.js'] };

export const pureBans: readonly Rule[] = [
  pureBan('clock', 'take the time from the input (`nowUs`), the world or the budget', (node) => {
    const [object, property] = member(node);
    if (object === 'Date' && property === 'now') return 'Date.now';
    return node.type === 'NewExpression' && nameOf(node.callee) === 'Date' ? 'new Date' : '';
  }),
  globalBan('clock-global', 'take the time from the input (`nowUs`), the world or the budget', ['performance']),
  pureBan('randomness', 'draw from `choose(n)` or a seeded `Random` of core', (node) =>
    member(node).join('.') === 'Math.random' ? 'Math.random' : '',
  ),
  pureBan('inexact-mathematics', 'its last digits differ between machines: use integers, tables or fixed-point steps', (node) => {
    const [object, property] = member(node);
    if (object === 'Math' && inexact.includes(property)) return `Math.${property}`;
    if (node.type !== 'BinaryExpression' || node.operator !== '**') return '';
    const [base, exponent] = [node.left, node.right];
    const constant = isTree(base) && isTree(exponent) && base.type === 'Literal' && exponent.type === 'Literal';
    return constant ? '' : '** of variables';
  }),
  globalBan('timers', 'arm a timer of the step contract (`out.timer`)', [
    'setTimeout',
    'setInterval',
    'setImmediate',
    'clearTimeout',
    'clearInterval',
    'queueMicrotask',
  ]),
  pureBan('promises', 'slow work is an effect with a token and a completion input', (node) => {
    if (node.async === true) return 'async function';
    if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await === true)) return 'await';
    return node.type === 'NewExpression' && nameOf(node.callee) === 'Promise' ? 'Promise' : '';
  }),
  globalBan('promise-global', 'slow work is an effect with a token and a completion input', ['Promise']),
  globalBan('platform', 'a pure room has no platform: return a value, or take what is needed as an argument', [
    'console',
    'Buffer',
    'fetch',
    'crypto',
    'require',
    'globalThis',
    'structuredClone',
    'Atomics',
    'SharedArrayBuffer',
    'WeakRef',
    'FinalizationRegistry',
  ]),
  pureBan('process', 'a pure room has no process: take what is needed as an argument', (node) => {
    const [object, property] = member(node);
    return object === 'process' && processParts.includes(property) ? `process.${property}` : '';
  }),
  pureBan('locale', 'it depends on the machine: compare with < and >, format with String', (node) => {
    const [object, property] = member(node);
    return object === 'Intl' || /^(localeCompare|toLocale.*)$/.test(property) ? `${object}.${property}` : '';
  }),
  {
    name: 'platform-import',
    instead: 'pure rooms import nothing from outside the house; hosts (runner, cli) do the I/O',
    check(file, complain) {
      if (!file.pure) return;
      for (const { from, at } of importsOf(file))
        if (!from.startsWith('.') && !exceptions[file.room ?? '']?.includes(from)) complain(at, `import of ${from}`);
    },
  },
];

const everywhere = (name: string, instead: string, visit: (node: Tree, file: SourceFile) => string): Rule => ({
  name,
  instead,
  check(file, complain) {
    walk(file.tree, (node) => {
      const what = visit(node, file);
      if (what !== '') complain(node.start, what);
    });
  },
});

/** In a text, so that the words may stand in this file without being taken for themselves. */
const textBan = (name: string, instead: string, banned: RegExp): Rule => ({
  name,
  instead,
  check(file, complain) {
    if (file.path.startsWith('test/tidy')) return;
    for (const match of file.text.matchAll(banned)) complain(match.index, match[0]);
  },
});

export const bans: readonly Rule[] = [
  everywhere('export-star', 'name what the door shows', (node) =>
    node.type === 'ExportAllDeclaration' && node.exported === null ? 'export *' : '',
  ),
  everywhere('any', 'use `unknown` and narrow it, or name the type', (node) => (node.type === 'TSAnyKeyword' ? 'any' : '')),
  everywhere('switched-off', 'mend the test or take it out; where something is not at hand use skipIf and say so', (node) => {
    const [object, property] = member(node);
    return /^(it|test|describe|context|ctx)$/.test(object) && /^(skip|only|todo|fails)$/.test(property) ? `${object}.${property}` : '';
  }),
  everywhere('eval', 'write the code out', (node) => {
    const called = node.type === 'NewExpression' || node.type === 'CallExpression' ? nameOf(node.callee) : '';
    return called === 'eval' || (called === 'Function' && node.type === 'NewExpression') ? called : '';
  }),
  textBan('compiler-silenced', 'mend the type', /@ts-(ignore|expect-error|nocheck)/g),
  textBan('unfinished', 'finish it, or say in the README what is not there', /\b(TODO|FIXME|XXX|HACK)\b/g),
];
