/** The files of the repository as the tidy rules see them: path, text, syntax tree, room and kind. Not a type checker. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { parseAst } from 'vitest/node';
import { kindOf, pureRooms, roomOf, root } from '../../tools/rooms.ts';

/** A node of the ESTree: only what the rules read. */
export interface Tree {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** `door`: a room's index.ts. `testing`: what a room offers to tests. `test`: tests, campaigns, benchmarks and tools. */
export type Kind = 'source' | 'door' | 'testing' | 'test';

export interface SourceFile {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly tree: Tree;
  readonly room: string | null;
  readonly kind: Kind;
  /** Stands in a room without I/O and is not a test. */
  readonly pure: boolean;
}

const skipped = new Set(['node_modules', 'dist', '.git', '.lightcone', 'coverage']);

/** Every file of the repository that is not built, installed or ignored. */
export function allFiles(folder = root): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!skipped.has(entry.name)) found.push(...allFiles(path));
    } else if (!entry.name.endsWith('.tsbuildinfo')) found.push(relative(root, path).split(sep).join('/'));
  }
  return found;
}

function kindOfFile(path: string): Kind {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!/^(src|web)\//.test(path) || /\.(test|campaign|bench)\.ts$/.test(name)) return 'test';
  if (/^testing(-.*)?\.ts$/.test(name) || path.includes('/testing/')) return 'testing';
  return name === 'index.ts' && roomOf(path) !== null && dirname(path) === `src/${roomOf(path)}` ? 'door' : 'source';
}

/** `path` decides the room and kind, so a made-up path judges a snippet as if it stood there. */
export function sourceFile(path: string, text: string): SourceFile {
  const room = roomOf(path);
  const kind = kindOfFile(path);
  const tree = parseAst(text, { lang: path.endsWith('x') ? 'tsx' : 'ts' }) as unknown as Tree;
  const pure = room !== null && pureRooms.has(kindOf(room)) && (kind === 'source' || kind === 'door');
  return { path, text, tree, room, kind, pure };
}

export const readSources = (): SourceFile[] =>
  allFiles()
    .filter((path) => /\.tsx?$/.test(path) && existsSync(join(root, path)))
    .map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8')));

export const lineOf = (file: SourceFile, at: number): number => {
  let line = 1;
  for (let i = 0; i < at; i++) if (file.text.charCodeAt(i) === 10) line++;
  return line;
};

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

/** Calls `visit` for every node, parents first; `parents` are the nodes around it, outermost first. */
export function walk(tree: Tree, visit: (node: Tree, parents: readonly Tree[]) => void, parents: Tree[] = []): void {
  visit(tree, parents);
  parents.push(tree);
  for (const field of Object.keys(tree)) {
    const value = tree[field];
    if (Array.isArray(value)) {
      for (const item of value) if (isTree(item)) walk(item, visit, parents);
    } else if (isTree(value)) walk(value, visit, parents);
  }
  parents.pop();
}

/** The name of an identifier or property key, else ''. */
export const nameOf = (node: unknown): string => (isTree(node) && typeof node.name === 'string' ? node.name : '');

export interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
  readonly at: number;
}

/** What a file imports or re-exports, `import()` with a constant included. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  walk(file.tree, (node) => {
    const source = node.source;
    if (!isTree(source) || typeof source.value !== 'string') return;
    if (!/^(Import|ExportNamed|ExportAll)(Declaration|Expression)$/.test(node.type)) return;
    found.push({ from: source.value, typeOnly: isTypeOnly(node), at: node.start });
  });
  return found;
}

function isTypeOnly(node: Tree): boolean {
  if (node.importKind === 'type' || node.exportKind === 'type') return true;
  const specifiers = node.specifiers;
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false;
  return specifiers.every((item: Tree) => item.importKind === 'type' || item.exportKind === 'type');
}

/** The repository path that a relative import names, else null. */
export function resolveImport(file: SourceFile, from: string): string | null {
  if (!from.startsWith('.')) return null;
  return join(dirname(file.path), from).split(sep).join('/');
}
