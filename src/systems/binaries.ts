/** Where a system's binaries are, and what to install where they are not. */
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LightconeError } from '../core/index.ts';
import type { Requirement, System } from './system.ts';

/** A file that can be run, or a library that can be read. */
function usable(path: string): boolean {
  try {
    accessSync(path, /\.jar$|\.so(\.\d+)?$/.test(path) ? constants.R_OK : constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `PATH`, where Debian puts servers, then the requirement's own folders, in which `*` stands for one folder of any name, newest last. */
function folders(requirement: Requirement, path: string): string[] {
  const own = (requirement.paths ?? []).flatMap((folder) => {
    const [before, after] = folder.split('*') as [string, string | undefined];
    if (after === undefined) return [folder];
    try {
      return readdirSync(before)
        .sort((a, b) => Number(b) - Number(a))
        .map((name) => `${before}${name}${after}`);
    } catch {
      return [];
    }
  });
  return [...own, ...path.split(delimiter).filter((folder) => folder !== ''), '/usr/sbin', '/usr/local/sbin'];
}

/** The full path of a required file; null where it is not installed. */
export function findBinary(requirement: Requirement, path: string = process.env.PATH ?? ''): string | null {
  const found = folders(requirement, path)
    .map((folder) => join(folder, requirement.binary))
    .find(usable);
  return found ?? null;
}

export interface Diagnosis {
  readonly system: string;
  readonly found: readonly { readonly binary: string; readonly path: string }[];
  readonly missing: readonly Requirement[];
  /** What installs all that is missing on Debian; null where nothing is. */
  readonly install: string | null;
}

/** What is there and what is missing, for each system. */
export function doctor(systems: readonly System[]): Diagnosis[] {
  return systems.map(({ name, requires }) => {
    const looked = requires.map((requirement) => ({ requirement, path: findBinary(requirement) }));
    const missing = looked.filter(({ path }) => path === null).map(({ requirement }) => requirement);
    const packages = [...new Set(missing.map((requirement) => requirement.package))];
    return {
      system: name,
      found: looked.flatMap(({ requirement, path }) => (path === null ? [] : [{ binary: requirement.binary, path }])),
      missing,
      install: packages.length === 0 ? null : `apt-get install -y --no-install-recommends ${packages.join(' ')}`,
    };
  });
}

/** What `StartContext.binary` is for a system; throws LC_ENVIRONMENT with the package to install. */
export function binariesOf(system: System): (name: string) => string {
  return (name) => {
    const requirement = system.requires.find(({ binary }) => binary === name);
    const path = requirement === undefined ? null : findBinary(requirement);
    if (path !== null) return path;
    const install = requirement === undefined ? '' : `: install Debian's package ${requirement.package}`;
    throw new LightconeError('LC_ENVIRONMENT', `${system.name} needs ${name}, which is not here${install}`, { binary: name });
  };
}
