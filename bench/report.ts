/**
 * The HTML report of 100,000 operations in headless Chromium: its size, from navigation to fully painted, and what the
 * page's main thread worked for it, whoever else wanted the processor. Medians of nine openings. Needs `chromium`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { htmlReport } from '../src/runner/index.ts';
import { Browser } from '../web/browser.ts';
import { documentOf, large } from '../web/testing-reports.ts';
import { type Figure, median } from './measure.ts';

export const name = 'report';

const OPENINGS = 9;

export async function run(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lightcone-bench-report-'));
  const path = join(folder, 'report.html');
  const html = htmlReport(documentOf(large(100_000), '100,000 operations'));
  writeFileSync(path, html);
  const browser = await Browser.launch();
  const painted: number[] = [];
  const worked: number[] = [];
  try {
    for (let i = 0; i < OPENINGS; i++) {
      const { page, workMs } = await browser.open(path);
      worked.push(await workMs());
      painted.push(await page.evaluate(() => performance.getEntriesByName('report-painted')[0]?.startTime ?? Number.NaN));
      await page.close();
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const note = '100,000 operations';
  return [
    { metric: 'report opens, fully painted', value: median(painted), unit: 'ms', bar: '<= 1000', note },
    { metric: "of that, the main thread's own work", value: median(worked), unit: 'ms', note },
    { metric: 'report file', value: html.length / 1e6, unit: 'MB', bar: '<= 3', note },
  ];
}
