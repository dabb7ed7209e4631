/** The same checks as a test: real processes, real partitions. npx vitest run */
import { checkSystem } from 'lightcone/vitest';
import { it } from 'vitest';
import mySystem from './my-system.ts';

const TIMEOUT_MS = 90_000;

it('keeps its promise while a node is cut off', { timeout: TIMEOUT_MS }, async () => {
  await checkSystem(mySystem, 'default', { durationMs: 4000 });
});

it('does not keep it with reads from anywhere, and is caught', { timeout: TIMEOUT_MS }, async () => {
  await checkSystem(mySystem, 'local-reads', { durationMs: 4000, expect: 'violation' });
});
