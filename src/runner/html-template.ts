/**
 * The page that a report is poured into: one HTML file, built from `web/report`. The published package brings it along;
 * a checkout builds it on first use, and again when its sources are newer.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LightconeError } from '../core/index.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const template = join(root, 'dist', 'report', 'template.html');
const sources = join(root, 'web', 'report');
const inCheckout = fileURLToPath(import.meta.url).startsWith(join(root, 'src') + sep);

function newestMs(folder: string): number {
  return Math.max(0, ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => statSync(join(folder, path)).mtimeMs));
}

function isStale(): boolean {
  return inCheckout && existsSync(sources) && (!existsSync(template) || statSync(template).mtimeMs < newestMs(sources));
}

let known: string | null = null;

/** Throws LC_ENVIRONMENT where the page is not there and cannot be built. */
export function reportTemplate(): string {
  if (known !== null) return known;
  let said = '';
  if (isStale()) {
    const built = spawnSync(process.execPath, [join(root, 'tools', 'run.js'), join('tools', 'build-web.ts')], {
      cwd: root,
      encoding: 'utf8',
    });
    if (built.status !== 0) said = ` (${(built.stderr ?? '').trim().split('\n').at(-1) || built.error?.message || 'it ended early'})`;
  }
  if (said !== '' || !existsSync(template)) {
    throw new LightconeError('LC_ENVIRONMENT', `the page of the HTML report is not built${said}: run \`npm ci && npm run build:web\``, {
      path: template,
    });
  }
  known = readFileSync(template, 'utf8');
  return known;
}
