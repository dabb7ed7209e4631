/**
 * Builds the page of the HTML report: `web/report` as one file with everything inside, to `dist/report/template.html`.
 * Its policy (CSP) allows the one script and the one style sheet by their hashes, and nothing else: no request leaves.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Rolldown } from 'vite';
import { root } from './rooms.ts';

const folder = join(root, 'web', 'report');
const target = join(root, 'dist', 'report');
/** What the page contains of others' code, whose licence asks for its text. */
const bundled = ['preact', 'uplot'];

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

function licences(): string {
  const texts = bundled.map((name) => `${name}\n${readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8').trim()}`);
  return texts.join('\n\n').replaceAll('--', '- -');
}

async function bundle(): Promise<{ script: string; style: string }> {
  const built = await build({
    configFile: false,
    root: folder,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      write: false,
      target: 'es2023',
      modulePreload: false,
      cssCodeSplit: false,
      rolldownOptions: { input: join(folder, 'main.tsx'), output: { format: 'es', codeSplitting: false } },
    },
  });
  const { output } = (Array.isArray(built) ? built[0] : built) as Rolldown.RolldownOutput;
  const chunks = output.filter((part) => part.type === 'chunk');
  const styles = output.filter((part) => part.type === 'asset' && part.fileName.endsWith('.css'));
  const [chunk] = chunks;
  if (chunk === undefined || chunks.length !== 1 || output.length !== chunks.length + styles.length)
    throw new Error(`the page must be one script and one style sheet, not ${output.map(({ fileName }) => fileName).join(', ')}`);
  // Nothing in the script may look like its own end.
  const script = chunk.code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--').trim();
  return { script, style: styles.map((part) => (part.type === 'asset' ? String(part.source) : '')).join('\n') };
}

async function main(): Promise<void> {
  const { script, style } = await bundle();
  const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  const parts: { readonly [name: string]: string } = { POLICY: policy, STYLE: style, SCRIPT: script, LICENCES: licences() };
  const page = readFileSync(join(folder, 'template.html'), 'utf8').replace(/%%(POLICY|STYLE|SCRIPT|LICENCES)%%/g, (_, name) =>
    String(parts[name]),
  );
  mkdirSync(target, { recursive: true });
  // Whole or not at all: others may build at the same time.
  const temporary = join(target, `.template.${process.pid}.partial`);
  writeFileSync(temporary, page);
  renameSync(temporary, join(target, 'template.html'));
  console.log(`dist/report/template.html: ${(page.length / 1000).toFixed(0)} kB`);
}

await main();
