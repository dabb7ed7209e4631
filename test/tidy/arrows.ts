/** The arrows between rooms: imports go down the floors, and only through doors. Tests may use any room's door. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { floors, kindOf, roomOf, root } from '../../tools/rooms.ts';
import type { Rule } from './rule.ts';
import { importsOf, resolveImport, type SourceFile } from './source.ts';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies?: { [name: string]: string } };
const dependencies = manifest.dependencies ?? {};

const floorOf = (room: string): number => floors[kindOf(room)] ?? -1;

/** The rooms that the room's own code (not its tests) imports. */
export function roomsUsed(files: readonly SourceFile[], room: string): Set<string> {
  const used = new Set<string>();
  for (const file of files) {
    if (file.room !== room || file.kind === 'test') continue;
    for (const { from } of importsOf(file)) {
      const other = roomOf(resolveImport(file, from) ?? '');
      if (other !== null && other !== room) used.add(other);
    }
  }
  return used;
}

/** `@scope/name/path` is of package `@scope/name`. */
const packageOf = (from: string): string =>
  from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');

export const arrowRules: readonly Rule[] = [
  {
    name: 'arrow',
    instead: 'imports go down the floors only; move what both need to a floor below, or join them on a floor above',
    check(file, complain) {
      if (file.room === null || file.kind === 'test' || file.kind === 'testing') return;
      for (const { from, at } of importsOf(file)) {
        const other = roomOf(resolveImport(file, from) ?? '');
        if (other === null || other === file.room) continue;
        if (floorOf(other) >= floorOf(file.room))
          complain(at, `${file.room} (floor ${floorOf(file.room)}) imports ${other} (floor ${floorOf(other)})`);
      }
    },
  },
  {
    name: 'door',
    instead: "import from the room's index.ts (tests: or its testing.ts)",
    check(file, complain) {
      for (const { from, at } of importsOf(file)) {
        const path = resolveImport(file, from);
        const other = roomOf(path ?? '');
        if (path === null || other === null || other === file.room) continue;
        const doors = [`src/${other}/index.ts`];
        if (file.kind === 'test' || file.kind === 'testing') doors.push(`src/${other}/testing.ts`, `src/${other}/main.ts`);
        if (!doors.includes(path)) complain(at, `import of ${path}`);
      }
    },
  },
  {
    name: 'outside',
    instead: 'code of a room stands in src and imports from src',
    check(file, complain) {
      if (file.room === null || file.kind === 'test') return;
      for (const { from, at } of importsOf(file)) {
        const path = resolveImport(file, from);
        if (path !== null && !path.startsWith('src/')) complain(at, `import of ${path}`);
      }
    },
  },
  {
    name: 'package',
    instead: 'use a dependency named in docs/decisions/dependencies.md; development packages stay with tests and tools',
    check(file, complain) {
      if (file.room === null || file.kind === 'test') return;
      for (const { from, at } of importsOf(file)) {
        if (!/^(\.|node:)/.test(from) && dependencies[packageOf(from)] === undefined) complain(at, `import of ${from}`);
      }
    },
  },
  {
    name: 'test-only',
    instead: 'what only tests need stays with the tests',
    check(file, complain) {
      if (file.kind !== 'source' && file.kind !== 'door') return;
      for (const { from, at } of importsOf(file)) {
        if (/\.(test|campaign|bench)\.ts$|\/testing(\.ts$|\/)/.test(from)) complain(at, `import of ${from}`);
      }
    },
  },
];

/** Files of rooms that nobody imports: dead, or missing from their door. */
export function neverImported(files: readonly SourceFile[]): string[] {
  const imported = new Set(files.flatMap((file) => importsOf(file).map(({ from }) => resolveImport(file, from))));
  // What a thread or process of its own runs is named there, not imported.
  for (const file of files) {
    for (const [, name] of file.text.matchAll(/\bsiblingModule\('([a-z-]+)'\)/g)) imported.add(resolveImport(file, `./${name}.ts`));
  }
  const entry = (file: SourceFile): boolean =>
    file.kind === 'door' || file.kind === 'test' || /^src\/(cli\/worker|runner\/vitest)\.ts$/.test(file.path);
  return files.filter((file) => file.room !== null && !entry(file) && !imported.has(file.path)).map((file) => file.path);
}

/** Rings of files that import each other's values; type-only imports vanish and do not count. */
export function importRings(files: readonly SourceFile[]): string[][] {
  const next = new Map(
    files.map((file) => [file.path, importsOf(file).flatMap(({ from, typeOnly }) => (typeOnly ? [] : (resolveImport(file, from) ?? [])))]),
  );
  const done = new Set<string>();
  const rings: string[][] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) rings.push([...trail.slice(at), path]);
    if (at >= 0 || done.has(path)) return;
    for (const other of next.get(path) ?? []) visit(other, [...trail, path]);
    done.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return rings;
}
