import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { roomsBuilt, root } from '../tools/rooms.ts';
import { isTree, nameOf, sourceFile, type Tree } from './tidy/source.ts';

/** The names that a door shows, types marked as such: what a reviewer sees change in the snapshot. */
function shown(path: string, text: string): string[] {
  const names: string[] = [];
  for (const statement of sourceFile(path, text).tree.body as Tree[]) {
    const ofType = statement.exportKind === 'type';
    const add = (name: string, type: boolean): void => {
      names.push(type ? `type ${name}` : name);
    };
    if (statement.type === 'ExportAllDeclaration') add(`${nameOf(statement.exported)}.*`, ofType);
    if (statement.type !== 'ExportNamedDeclaration') continue;
    for (const item of (statement.specifiers ?? []) as Tree[]) add(nameOf(item.exported), ofType || item.exportKind === 'type');
    const declared = statement.declaration;
    if (!isTree(declared)) continue;
    const isType = /^TS(Interface|TypeAlias)/.test(declared.type);
    if (isTree(declared.id)) add(nameOf(declared.id), isType);
    for (const item of (declared.declarations ?? []) as Tree[]) add(nameOf(item.id), false);
  }
  return names.sort();
}

describe('what each room shows at its door', () => {
  it('is what the reviewed list says (`npm test -- test/exports -u` writes it)', async () => {
    const list = roomsBuilt()
      .filter((room) => room !== 'cli')
      .map((room) => {
        const path = `src/${room}/index.ts`;
        const names = shown(path, readFileSync(join(root, path), 'utf8'));
        return `lightcone/${room}\n${names.map((name) => `  ${name}\n`).join('')}`;
      });
    await expect(list.join('\n')).toMatchFileSnapshot('exports.txt');
  });

  it('is read from every form of export', () => {
    const text =
      "export { a, b as c, type D } from './a.ts'; export type { E } from './b.ts'; export * as f from './c.ts'; export const g = 1; export interface H {}; export function i() {}";
    expect(shown('src/core/index.ts', text)).toEqual(['a', 'c', 'f.*', 'g', 'i', 'type D', 'type E', 'type H']);
  });
});
