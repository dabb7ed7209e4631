/** The quickest proofs of the table (tools/proofs) on real servers; the others are in proofs.campaign.ts. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { doctor, systemNamed, systems } from '../src/systems/index.ts';
import { workloads } from '../src/workloads/index.ts';
import { outcomeOf, type ProofRun, seenIn, spread } from '../tools/proofs/record.ts';
import { commandOf, nameOf, type ProofRow, rows } from '../tools/proofs/rows.ts';
import { runRow } from '../tools/proofs/run-row.ts';
import { isContinuous } from '../tools/servers.ts';

const SECONDS = 6;
const quick = ['postgres replica-read', 'zookeeper stale-reads', 'etcd stale-reads'];

const folder = mkdtempSync(join(tmpdir(), 'lightcone-proofs-'));
// PostgreSQL's user must get through.
chmodSync(folder, 0o711);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const missing = (system: string): boolean => (doctor([systemNamed(system)])[0]?.missing.length ?? 0) > 0;

describe('an anomaly is found, in figures', () => {
  for (const row of rows.filter((one) => quick.includes(nameOf(one)))) {
    // In CI a server that is missing is a failure, not a skip.
    const absent = missing(row.system) && !isContinuous(process.env);
    it.skipIf(absent)(`${nameOf(row)}: ${row.about}${absent ? ' (not tested: its server is not installed)' : ''}`, async () => {
      const { run } = await runRow({ ...row, seconds: SECONDS }, 1, folder);
      expect(run).toMatchObject({ verdict: row.expect, stale: expect.any(Number) });
      expect(run.acknowledged).toBeGreaterThan(50);
    });
  }
});

describe('the table', () => {
  it('names scenarios that are there, each once, and every scenario with a fault of its own is in it', () => {
    expect(new Set(rows.map(nameOf)).size).toBe(rows.length);
    const make = ({ system, scenario, seconds }: ProofRow) =>
      systemNamed(system).scenarios[scenario]?.({ nodes: 3, durationMs: seconds * 1000, seed: 1 });
    expect(rows.filter((row) => workloads[make(row)?.workload.kind ?? ''] === undefined).map(nameOf)).toEqual([]);
    const proved = new Set(rows.map((row) => make(row)?.about));
    const left = Object.values(systems).flatMap(({ name, scenarios }) =>
      Object.entries(scenarios).flatMap(([scenario, made]) =>
        proved.has(made({ nodes: 3, durationMs: 1000, seed: 1 }).about) ? [] : [`${name} ${scenario}`],
      ),
    );
    expect(left).toEqual([]);
  });

  it('has what makes a control without faults count', () => {
    const calm = rows.filter(
      ({ system, scenario, expect: wanted }) =>
        wanted === 'pass' && systemNamed(system).scenarios[scenario]?.({ nodes: 3, durationMs: 9000, seed: 1 }).faults.length === 0,
    );
    expect(calm.filter(({ danger }) => danger === undefined).map(nameOf)).toEqual([]);
  });

  it('is told with figures: smallest, median, largest', () => {
    expect([spread([3]), spread([9, 1]), spread([9, 1, 4]), spread([5, 5])]).toEqual(['3', '1 – 9', '1 – 4 – 9', '5']);
    const run = (verdict: ProofRun['verdict'], lost: number): ProofRun => ({
      ...{ seed: 1, commit: 'c', seconds: 9, acknowledged: 10, updates: 10, leaderChanges: 0, verdict, lost },
    });
    const [control, anomaly] = (['pass', 'violation'] as const).map((wanted) => rows.find((row) => row.expect === wanted) as ProofRow);
    const runs = [run('pass', 0), run('unknown', 0), run('violation', 1200)];
    expect(seenIn(runs)).toBe('0 – 0 – 1,200 lost');
    expect(outcomeOf(control as ProofRow, runs)).toBe('VIOLATED in 1: 1 of 3, 1 undecided');
    expect(outcomeOf(control as ProofRow, runs.slice(0, 1))).toBe('clean: 1 of 1');
    expect(outcomeOf(anomaly as ProofRow, runs)).toBe('found: 1 of 3, 1 undecided');
    expect(commandOf({ ...(anomaly as ProofRow), system: 'etcd', scenario: 'default', seconds: 9 })).toBe('etcd --time 9s');
  });
});
