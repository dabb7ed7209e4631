/** Disks of real servers that are full or slow: what is declared does bite, and what was acknowledged survives. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { supportedFaults } from '../src/nemesis/index.ts';
import { doctor, systems } from '../src/systems/index.ts';
import { lightcone, ownFolder } from './command-line.ts';

const folder = ownFolder('disk-faults');
const can = supportedFaults({});
const ready = new Set(doctor(Object.values(systems)).flatMap(({ system, missing }) => (missing.length === 0 ? [system] : [])));

/** A server that turns its store off on the first error is started again by its operator. */
const faults = {
  'disk-full': ['{ fault: disk-full, node: n1, atMs: 2000, forMs: 3000 }', '{ fault: restart, node: n1, atMs: 6000 }'],
  'slow-disk': ['{ fault: slow-disk, node: leader, syncMs: 100, atMs: 2000, forMs: 4000 }'],
} as const;

function scenario(system: string, fault: keyof typeof faults): string {
  const path = join(folder, `${system}-${fault}.yaml`);
  const workload = 'workload: { kind: replication, clients: 6, operations: 1000000, readShare: 0, placement: pinned, timeoutMs: 1500 }';
  const lines = ['scenario: 1', `name: ${fault}`, `target: ${system}`, 'nodes: 3', workload, 'durationMs: 9000', 'faults:'];
  writeFileSync(path, [...lines, ...faults[fault].map((one) => `  - ${one}`), ''].join('\n'));
  return path;
}

async function passes(args: readonly string[]): Promise<void> {
  const { code, out, err } = await lightcone(folder, ['check', ...args]);
  expect(code === 0 ? '' : out + err).toBe('');
  expect(out).not.toContain('did not bite');
}

describe.each(['disk-full', 'slow-disk'] as const)('%s', (fault) => {
  // Redis loses what its old primary acknowledged when it comes back: a promise of its own (restart-primary).
  const others = Object.values(systems).filter(
    ({ name, capabilities }) => capabilities.faults.includes(fault) && name !== 'redis-sentinel',
  );
  it.skipIf(!can.includes(fault)).each(others.map(({ name }) => name).filter((name) => ready.has(name)))('%s', (name) =>
    passes([name, '--scenario', scenario(name, fault)]),
  );
});
