import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verbs } from '../src/cli/index.ts';
import { pages } from '../tools/pages.ts';
import { root } from '../tools/rooms.ts';
import { allFiles } from './tidy/source.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const prose = allFiles().filter((path) => path.endsWith('.md'));
const { scripts } = JSON.parse(read('package.json')) as { scripts: { [name: string]: string } };

/** [file: match] for everything in the prose that the pattern's first group names. */
function named(pattern: RegExp): [path: string, name: string][] {
  return prose.flatMap((path) => [...read(path).matchAll(pattern)].map(([, name = '']): [string, string] => [path, name]));
}

describe('the prose is true', () => {
  it.each(Object.keys(pages))('%s is what `npm run docs` writes', (path) => {
    expect(read(path)).toBe(pages[path]?.(read(path)));
  });

  it('links lead somewhere', () => {
    const links = named(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g);
    expect(links.filter(([path, link]) => !existsSync(join(root, dirname(path), link)))).toEqual([]);
  });

  it('paths of the repository that are named are there', () => {
    const paths = named(/`((?:src|test|tools|bench|bin|docs|\.ci)\/[\w./*-]+)`/g).filter(([, name]) => !name.includes('*'));
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter(([, name]) => !existsSync(join(root, name)))).toEqual([]);
  });

  it('scripts that are named exist', () => {
    const missing = named(/npm run ([a-z][a-z:-]*)/g).filter(([, name]) => scripts[name] === undefined);
    expect(missing).toEqual([]);
  });

  it('verbs that are named exist', () => {
    const known = new Set([...verbs.map(({ name }) => name), 'help']);
    const used = named(/npx lightcone ([a-z]+)/g);
    expect(used.filter(([, name]) => !known.has(name))).toEqual([]);
  });

  it("the README's test command is what CI runs, to the letter", () => {
    const [, command = 'none'] = /^(npm ci && .*npm test)$/m.exec(read('README.md')) ?? [];
    expect(command).toContain('LIGHTCONE_INSTALL=1');
    expect(read('.ci/run').split('\n')).toContain(`${command} || status=1`);
  });
});
