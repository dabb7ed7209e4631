/** The shape of files: names, lengths, headers. */
import type { Rule } from './rule.ts';
import { isTree, nameOf, type SourceFile, type Tree, walk } from './source.ts';

const FILE_LINES = 400;
const TEST_LINES = 600;
const FUNCTION_LINES = 70;
const HEADER_LINES = 8;

/** Talked about: these may grow to TEST_LINES, each for its reason. */
const longFiles: { readonly [path: string]: string } = {
  'src/simulator/world.ts': 'the one sink of all effects and the loop that empties it: the hot path, which splitting would slow',
};

const lines = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

/** Functions that only group: their length is that of what they group. */
function isGroup(parent: Tree | undefined): boolean {
  if (parent?.type !== 'CallExpression') return false;
  let callee = parent.callee;
  while (isTree(callee) && callee.type !== 'Identifier') callee = callee.object ?? callee.callee;
  return nameOf(callee) === 'describe';
}

function header(file: SourceFile): string | null {
  const match = /^(?:#!.*\n)?(\/\*\*?[\s\S]*?\*\/|(?:\/\/.*\n)+)/.exec(file.text);
  return match?.[1] ?? null;
}

export const shapeRules: readonly Rule[] = [
  {
    name: 'file-name',
    instead: 'kebab-case, and the name of the thing',
    check(file, complain) {
      const name = file.path.slice(file.path.lastIndexOf('/') + 1);
      if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|campaign|bench|config|campaign\.config|d))?\.tsx?$/.test(name)) complain(0, name);
    },
  },
  {
    name: 'vague-name',
    instead: 'name what it is about',
    check(file, complain) {
      for (const part of file.path.split(/[/.]/)) if (/^(.*-)?(utils?|helpers?|common|misc)(-.*)?$/.test(part)) complain(0, part);
    },
  },
  {
    name: 'file-length',
    instead: 'split it along its subject',
    check(file, complain) {
      const limit = file.kind === 'source' && longFiles[file.path] === undefined ? FILE_LINES : TEST_LINES;
      if (lines(file.text) > limit) complain(0, `${lines(file.text)} lines (limit ${limit})`);
    },
  },
  {
    name: 'function-length',
    instead: 'split it into steps with names',
    check(file, complain) {
      walk(file.tree, (node, parents) => {
        if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type) || isGroup(parents.at(-1))) return;
        const length = lines(file.text.slice(node.start, node.end));
        if (length > FUNCTION_LINES) complain(node.start, `a function of ${length} lines (limit ${FUNCTION_LINES})`);
      });
    },
  },
  {
    name: 'header',
    instead: `say at the top, in at most ${HEADER_LINES} lines, what the file is for`,
    check(file, complain) {
      if ((file.kind !== 'source' && file.kind !== 'testing') || file.path.endsWith('/index.ts')) return;
      const text = header(file);
      if (text === null) complain(0, 'no header comment');
      else if (lines(text.replace(/^\/\*\*?\s*\n?/, '').replace(/\n?\s*\*\/$/, '')) > HEADER_LINES)
        complain(0, `a header of ${lines(text)} lines`);
    },
  },
];
