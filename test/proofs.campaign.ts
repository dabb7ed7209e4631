/** Every row of the table of proofs once, on real servers: anomalies are found, controls stay clean and their danger was there. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { doctor, systemNamed } from '../src/systems/index.ts';
import { nameOf, type ProofRow, rows } from '../tools/proofs/rows.ts';
import { runRow } from '../tools/proofs/run-row.ts';
import { isContinuous } from '../tools/servers.ts';

/** More at a time would take each other's processors: elections without any fault. */
const AT_ONCE = 2;
const SEED = 101;

const folder = mkdtempSync(join(tmpdir(), 'lightcone-proofs-'));
// PostgreSQL's user must get through.
chmodSync(folder, 0o711);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let running = 0;
const waiting: (() => void)[] = [];
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

const expected = ({ expect: wanted }: ProofRow): readonly string[] => (wanted === 'sometimes' ? ['pass', 'violation'] : [wanted]);

describe('proofs and controls', () => {
  for (const row of rows) {
    const absent = (doctor([systemNamed(row.system)])[0]?.missing.length ?? 0) > 0 && !isContinuous(process.env);
    it.skipIf(absent).concurrent(`${nameOf(row)}: ${row.expect}${absent ? ' (not tested: its server is not installed)' : ''}`, async () => {
      const { run, directory } = await inTurn(() => runRow(row, SEED, folder));
      expect(expected(row), `${run.said ?? ''} ${directory ?? ''}`).toContain(run.verdict);
    });
  }
});
