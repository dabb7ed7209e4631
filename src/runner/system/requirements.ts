/** The binaries that a system needs: where they are, or how to get them. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LightconeError } from '../../core/index.ts';
import type { Requirement, System } from '../../systems/index.ts';

/** Where Debian puts servers that are not on everybody's PATH. */
const SYSTEM_PATHS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Its full path, or null. A path may hold one `*` for a version. */
export function findBinary({ binary, paths = [] }: Requirement, environment = process.env): string | null {
  const folders = [...(environment.PATH ?? '').split(delimiter).filter((folder) => folder !== ''), ...SYSTEM_PATHS];
  for (const path of [...folders.map((folder) => join(folder, binary)), ...paths]) if (runs(path)) return path;
  return null;
}

/** Throws LC_ENVIRONMENT with the command that installs it. */
export function binaryOf(requirement: Requirement): string {
  const path = findBinary(requirement);
  if (path !== null) return path;
  const sentence = `${requirement.binary} is not installed: apt-get install -y --no-install-recommends ${requirement.package}`;
  throw new LightconeError('LC_ENVIRONMENT', sentence, { binary: requirement.binary, package: requirement.package });
}

export interface SystemNeeds {
  readonly system: string;
  readonly found: readonly { readonly binary: string; readonly path: string }[];
  readonly missing: readonly Requirement[];
}

export function needsOf(system: System): SystemNeeds {
  const found: { readonly binary: string; readonly path: string }[] = [];
  const missing: Requirement[] = [];
  for (const requirement of system.requires) {
    const path = findBinary(requirement);
    if (path === null) missing.push(requirement);
    else found.push({ binary: requirement.binary, path });
  }
  return { system: system.name, found, missing };
}
