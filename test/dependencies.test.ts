import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../tools/rooms.ts';

interface Package {
  readonly dependencies?: { readonly [name: string]: string };
  readonly devDependencies?: { readonly [name: string]: string };
  readonly optionalDependencies?: { readonly [name: string]: string };
}
interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly resolved?: string;
  readonly link?: boolean;
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as Package;
const runtime = JSON.parse(read('tools/runtime/package.json')) as Package;
const lock = (JSON.parse(read('package-lock.json')) as { packages: { [path: string]: Locked } }).packages;
const page = read('docs/decisions/dependencies.md');

const permissive = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'CC0-1.0', 'Unlicense']);
const named = { ...manifest.dependencies, ...manifest.devDependencies };
const installed = Object.entries(lock).filter(([path, { link }]) => path.includes('node_modules/') && link !== true);

describe('dependencies', () => {
  it('are exact in package.json; the Node of the runtime workspace is exact in the lock file', () => {
    expect(Object.entries(named).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    for (const name of Object.keys(runtime.optionalDependencies ?? {}))
      expect(lock[`node_modules/${name}`]?.version).toMatch(/^24\.\d+\.\d+$/);
  });

  it('are each named with a reason in docs/decisions/dependencies.md, and nothing else is', () => {
    const table = [...page.matchAll(/^\| (`.*`) \| [^|]+ \| [^|]{10,} \|$/gm)].flatMap(([, names = '']) => names.split(', '));
    const expected = [...Object.keys(named), ...Object.keys(runtime.optionalDependencies ?? {})];
    expect(table.map((name) => name.replaceAll('`', '')).sort()).toEqual(expected.sort());
  });

  it('at run time there are four, and what they bring along', () => {
    expect(Object.keys(manifest.dependencies ?? {})).toEqual(['@nats-io/jetstream', '@nats-io/transport-node', '@noble/hashes', 'yaml']);
  });

  it('have permissive licences, down to the last, save those that the page names', () => {
    const allowed = (licence: string): boolean => licence.split(/ OR /).some((part) => permissive.has(part.replace(/[()]/g, '')));
    const others = installed.filter(([, { license }]) => license === undefined || !allowed(license));
    const names = new Set(others.map(([path]) => path.replace(/^.*node_modules\//, '').replace(/^lightningcss-.*/, 'lightningcss')));
    expect([...names].filter((name) => !page.includes(`\`${name}\` (`))).toEqual([]);
  });

  it('are locked without download addresses, so that any mirror of the registry serves them', () => {
    expect(installed.filter(([, { resolved }]) => resolved?.startsWith('http'))).toEqual([]);
  });
});
