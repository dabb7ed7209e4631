import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkHistory } from './history.ts';
import { renderJson } from './report-json.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a long list is told by its number of elements: many reads of one large set do not make a large report', async () => {
  const lines = ['{"type":"header","trace":1,"model":"set-full"}'];
  const op = (phase: string, process: number, f: string, value?: unknown): void => {
    lines.push(JSON.stringify({ type: 'op', seq: lines.length, timeNs: lines.length * 1e6, phase, process, f, value }));
  };
  const all = Array.from({ length: 1500 }, (_, i) => i);
  for (const element of [...all, 5000]) {
    op('invoke', 0, 'add', element);
    op('ok', 0, 'add');
  }
  for (let again = 0; again < 50; again++) {
    op('invoke', 1, 'read');
    op('ok', 1, 'read', all);
  }
  const path = join(folder, 'set.jsonl');
  writeFileSync(path, `${lines.join('\n')}\n`);
  const json = renderJson(await checkHistory({ path }));
  expect(JSON.parse(json)).toMatchObject({ verdict: 'violation' });
  expect(json).toContain('"resultElements": 1500');
  expect(json.length).toBeLessThan(100_000);
});
