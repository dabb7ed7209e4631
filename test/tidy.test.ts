import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { floors, kindOf, roomsBuilt, root } from '../tools/rooms.ts';
import { arrowRules, importRings, neverImported, roomsUsed } from './tidy/arrows.ts';
import { bans, pureBans } from './tidy/bans.ts';
import { apply, describeComplaint } from './tidy/rule.ts';
import { shapeRules } from './tidy/shape.ts';
import { allFiles, readSources } from './tidy/source.ts';

const files = readSources();
const rooms = roomsBuilt();
const json = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));

describe('every rule holds in the whole house', () => {
  for (const rule of [...arrowRules, ...pureBans, ...bans, ...shapeRules]) {
    it(rule.name, () => {
      expect(apply([rule], files).map(describeComplaint)).toEqual([]);
    });
  }

  it('every file of a room is imported by somebody', () => {
    expect(neverImported(files)).toEqual([]);
  });

  it('no files import each other in a ring', () => {
    expect(importRings(files).map((ring) => ring.join(' -> '))).toEqual([]);
  });

  it('no file names a path of the machine that it was written on', () => {
    const machine = new RegExp(`/(${['work', 'farm', 'root', 'tmp'].join('|')})/|${'\\.lib'}rary/|${'\\.mir'}ror/`);
    const text = allFiles().filter(
      (path) => /\.(tsx?|js|css|html|json|md|ya?ml|txt|sh)$|^\.ci\/|^\.npmrc$/.test(path) && path !== 'package-lock.json',
    );
    const found = text.flatMap((path) =>
      readFileSync(join(root, path), 'utf8')
        .split('\n')
        .flatMap((line, i) => (machine.test(line) ? [`${path}:${i + 1} ${line.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });
});

describe('every room', () => {
  const { references } = json('tsconfig.json') as { references: { path: string }[] };
  const { exports } = json('package.json') as { exports: { [name: string]: unknown } };
  const budgets = json('test/budgets.json') as { test: { roomSeconds: { [room: string]: number } } };

  it('stands on a floor of the plan', () => {
    expect(rooms.filter((room) => floors[kindOf(room)] === undefined)).toEqual([]);
  });

  it('has a door, a README and a tsconfig', () => {
    const wanted = rooms.flatMap((room) => ['index.ts', 'README.md', 'tsconfig.json'].map((name) => `src/${room}/${name}`));
    expect(wanted.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('is compiled by the root tsconfig, and so is web', () => {
    expect(references.map(({ path }) => path.replace(/^\.\//, '')).sort()).toEqual([...rooms.map((room) => `src/${room}`), 'web'].sort());
  });

  it('publishes neither tests nor campaigns', () => {
    const excluded = rooms.map((room) => (json(`src/${room}/tsconfig.json`) as { exclude?: string[] }).exclude);
    expect(excluded).toEqual(rooms.map(() => ['**/*.test.ts', '**/*.campaign.ts']));
  });

  it('references in its tsconfig exactly the rooms that it imports', () => {
    const referenced = (room: string): string[] => {
      const config = json(`src/${room}/tsconfig.json`) as { references?: { path: string }[] };
      return (config.references ?? [])
        .map(({ path }) =>
          join('src', room, path)
            .split('\\')
            .join('/')
            .replace(/^src\//, ''),
        )
        .sort();
    };
    const asked = rooms.map((room) => `${room}: ${referenced(room).join(' ')}`);
    expect(asked).toEqual(rooms.map((room) => `${room}: ${[...roomsUsed(files, room)].sort().join(' ')}`));
  });

  it('is exported by the package, the command line aside', () => {
    const wanted = Object.fromEntries(
      rooms
        .filter((room) => room !== 'cli')
        .map((room) => [`./${room}`, { types: `./dist/${room}/index.d.ts`, default: `./dist/${room}/index.js` }]),
    );
    // A door of its own: it is imported where Vitest is, not where the runner is.
    const vitest = { types: './dist/runner/vitest.d.ts', default: './dist/runner/vitest.js' };
    expect(exports).toEqual({ ...wanted, './vitest': vitest, './package.json': './package.json' });
  });

  it('has a time budget for its tests', () => {
    expect(rooms.filter((room) => budgets.test.roomSeconds[room] === undefined)).toEqual([]);
  });
});
