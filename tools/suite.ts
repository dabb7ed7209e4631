/** Running a suite of tests and adding up what came of it, for `npm test`, `npm run test:campaign` and `.ci/run`. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Budgets } from './budgets.ts';
import { root } from './rooms.ts';

const programs = { tsc: 'typescript/bin/tsc', biome: '@biomejs/biome/bin/biome', vitest: 'vitest/vitest.mjs' } as const;
const results = join(root, '.lightcone', 'results');

/** Runs a development dependency under this very Node.js, with what it prints passed on. */
export function command(
  program: keyof typeof programs,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  timeoutMs?: number,
): SpawnSyncReturns<Buffer> {
  return spawnSync(process.execPath, [join(root, 'node_modules', programs[program]), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  });
}

export interface Step {
  readonly name: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function timed(name: string, run: () => boolean): Step {
  console.log(`== ${name}`);
  const start = performance.now();
  const good = run();
  return { name, seconds: (performance.now() - start) / 1000, passed: good ? 1 : 0, failed: good ? 0 : 1, skipped: 0 };
}

const suiteConfig = { test: 'vitest.config.ts', campaign: 'vitest.campaign.config.ts' } as const;

/** Vitest's own counts, which its reporter wrote; a run that died without them is one failure. */
export function runSuite(suite: keyof typeof suiteConfig, args: readonly string[]): Step {
  console.log(`== vitest (${suite})`);
  const file = join(results, `${suite}-vitest`);
  rmSync(file, { force: true });
  const budgets = JSON.parse(readFileSync(join(root, 'test', 'budgets.json'), 'utf8')) as { [suite: string]: Budgets };
  const limitMs = (budgets[suite]?.totalSeconds ?? 900) * 1000;
  const start = performance.now();
  const ended = command('vitest', ['run', '--config', suiteConfig[suite], ...args], { LIGHTCONE_SUITE: suite }, limitMs);
  const seconds = (performance.now() - start) / 1000;
  if (ended.error !== undefined) console.log(`vitest did not end within ${limitMs / 1000} s: ${ended.error.message}`);
  const [passed = 0, failed = 0, skipped = 0] = existsSync(file) ? readFileSync(file, 'utf8').split(' ').map(Number) : [0, 1, 0];
  return { name: 'vitest', seconds, passed, failed: Math.max(failed, ended.status === 0 ? 0 : 1), skipped };
}

/** Writes the sums for `.ci/run` and ends the process. */
export function close(suite: string, steps: readonly Step[]): void {
  const sum = (of: 'passed' | 'failed' | 'skipped'): number => steps.reduce((total, step) => total + step[of], 0);
  console.log(`\n== summary`);
  for (const step of steps) {
    const state = step.failed > 0 ? 'FAILED' : 'ok';
    console.log(`  ${step.name.padEnd(10)} ${state.padEnd(7)} ${step.seconds.toFixed(1).padStart(7)} s`);
  }
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, suite), `${sum('passed')} ${sum('failed')}\n`);
  const skipped = sum('skipped') === 0 ? '' : `, ${sum('skipped')} skipped`;
  console.log(`${suite}: ${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}
