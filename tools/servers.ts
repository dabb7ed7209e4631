/**
 * The servers and the browser that tests need: installs what is missing where it was told to (`LIGHTCONE_INSTALL=1`, or
 * CI) on Debian and its kin, without starting any of them, and names what could not be had.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { LightconeError } from '../src/core/index.ts';
import { doctor, findBinary, type Requirement, systems } from '../src/systems/index.ts';

const browser: Requirement = { binary: 'chromium', package: 'chromium' };
/** For clocks that jump. */
const clocks: Requirement = { binary: 'libfaketimeMT.so.1', paths: ['/usr/lib/*/faketime'], package: 'libfaketime' };

/** dpkg asks it whether a service may be started; 101: no. */
const POLICY = '/usr/sbin/policy-rc.d';
const CLUSTERS = '/etc/postgresql-common/createcluster.conf';

export interface Missing {
  /** A system, `browser` or `clocks`. */
  readonly name: string;
  readonly packages: readonly string[];
}

export function missingServers(): Missing[] {
  const lacking: Missing[] = doctor(Object.values(systems))
    .filter(({ missing }) => missing.length > 0)
    .map(({ system, missing }) => ({ name: system, packages: [...new Set(missing.map((requirement) => requirement.package))] }));
  for (const [name, requirement] of Object.entries({ browser, clocks }))
    if (findBinary(requirement) === null) lacking.push({ name, packages: [requirement.package] });
  return lacking;
}

export const mayInstall = (environment: NodeJS.ProcessEnv): boolean => environment.LIGHTCONE_INSTALL === '1' || isContinuous(environment);

/** In CI what is missing is a failure. */
export const isContinuous = (environment: NodeJS.ProcessEnv): boolean => environment.CI !== undefined && environment.CI !== 'false';

/** What it takes to be root, before the command; null when that is not possible without a password. */
function asRoot(): readonly string[] | null {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : null;
}

/** Installs `packages`; a sentence about why not, or null. */
export function install(packages: readonly string[]): string | null {
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) return 'there is no apt-get here';
  const prefix = asRoot();
  if (prefix === null) return 'neither root nor sudo without a password';
  const run = (args: readonly string[]): boolean => {
    const [program = 'apt-get', ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
    return spawnSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
  };
  const withdraw = blockStarts(prefix);
  try {
    if (!run(['update', '-qq'])) return 'apt-get update failed';
    const options = ['-y', '-qq', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold'];
    return run(['install', ...options, ...packages]) ? null : 'apt-get install failed';
  } finally {
    withdraw();
  }
}

/**
 * Packages of servers start them, and PostgreSQL's makes a cluster: not here. `prefix`: what it takes to be root. Returns
 * what undoes it.
 */
export function blockStarts(prefix: readonly string[], policy = POLICY, clusters = CLUSTERS): () => void {
  const asRoot = (input: string, ...args: readonly string[]): void => {
    const [program = '', ...rest] = [...prefix, ...args];
    const { status } = spawnSync(program, rest, { input, stdio: ['pipe', 'ignore', 'inherit'] });
    if (status !== 0)
      throw new LightconeError('LC_ENVIRONMENT', `${args.join(' ')} did not work: servers would start when they are installed.`);
  };
  if (!existsSync(clusters)) {
    asRoot('', 'mkdir', '-p', dirname(clusters));
    asRoot('create_main_cluster = false\n', 'tee', clusters);
  }
  if (existsSync(policy)) return () => {};
  asRoot('#!/bin/sh\nexit 101\n', 'tee', policy);
  asRoot('', 'chmod', '755', policy);
  return () => asRoot('', 'rm', '-f', policy);
}

/** Installs what is missing where that is wanted; what is missing then. */
export function prepareServers(environment: NodeJS.ProcessEnv): Missing[] {
  const missing = missingServers();
  if (missing.length === 0 || !mayInstall(environment)) return missing;
  const packages = [...new Set(missing.flatMap((one) => one.packages))];
  console.log(`Installing ${packages.join(', ')} ...`);
  const refusal = install(packages);
  if (refusal !== null) console.log(`LC_ENVIRONMENT: ${packages.join(', ')} could not be installed: ${refusal}`);
  return missingServers();
}

/** The last lines of a run of tests: what was not tested, and what would change that. */
export function describeMissing(missing: readonly Missing[]): string {
  if (missing.length === 0) return 'Every system that comes along is here.';
  const packages = [...new Set(missing.flatMap((one) => one.packages))];
  return `NOT TESTED, ${missing.length} missing: ${missing.map(({ name }) => name).join(', ')} (LIGHTCONE_INSTALL=1 installs ${packages.join(' ')})`;
}
