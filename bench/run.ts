/** `npm run bench [-- NAME...]`: each benchmark in its own process, a table with the bars, a record of the run. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BenchRecord, benchPage, meets, newestRecords, table } from '../tools/bench-record.ts';
import { root } from '../tools/rooms.ts';
import type { Figure } from './measure.ts';

interface Benchmark {
  readonly name: string;
  /** Options for its Node.js, such as `--max-old-space-size=1024`. */
  readonly nodeOptions?: readonly string[];
}

const folder = join(root, 'bench');

async function benchmarks(): Promise<Map<string, { file: string; nodeOptions: readonly string[] }>> {
  const found = new Map<string, { file: string; nodeOptions: readonly string[] }>();
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.ts') || name === 'run.ts') continue;
    const module = (await import(pathToFileURL(join(folder, name)).href)) as Partial<Benchmark>;
    if (module.name !== undefined) found.set(module.name, { file: join(folder, name), nodeOptions: module.nodeOptions ?? [] });
  }
  return found;
}

function commit(): string {
  try {
    const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'src', 'bench/*.ts') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}

function measure(file: string, nodeOptions: readonly string[]): Figure[] | null {
  const temporary = mkdtempSync(join(tmpdir(), 'lightcone-bench-'));
  const result = join(temporary, 'figures.json');
  try {
    const child = spawnSync(process.execPath, [...nodeOptions, join(root, 'tools', 'bench-child.ts'), file, result], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return child.status === 0 && existsSync(result) ? (JSON.parse(readFileSync(result, 'utf8')) as Figure[]) : null;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

const found = await benchmarks();
const wanted = process.argv.length > 2 ? process.argv.slice(2) : [...found.keys()];
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform}-${process.arch}`,
  node: process.version,
};
mkdirSync(join(folder, 'records'), { recursive: true });
let missed = 0;
let broken = 0;
for (const name of wanted) {
  const benchmark = found.get(name);
  if (benchmark === undefined) {
    console.error(`LC_USAGE: there is no benchmark ${JSON.stringify(name)}; there are: ${[...found.keys()].join(', ')}`);
    process.exitCode = 2;
    break;
  }
  console.log(`== ${name}`);
  const figures = measure(benchmark.file, benchmark.nodeOptions);
  if (figures === null) {
    console.log(`  ${name} did not end well`);
    broken++;
    continue;
  }
  for (const line of table(figures)) console.log(`  ${line}`);
  missed += figures.filter((figure) => meets(figure) === false).length;
  const record: BenchRecord = { name, date: new Date().toISOString(), commit: commit(), machine, figures };
  writeFileSync(join(folder, 'records', `${record.date.slice(0, 10)}-${name}.json`), `${JSON.stringify(record, null, 2)}\n`);
}
if (process.exitCode === undefined) {
  writeFileSync(join(folder, 'README.md'), benchPage(newestRecords()));
  if (missed > 0) console.log(`${missed} bars missed`);
  process.exitCode = broken > 0 ? 5 : missed > 0 ? 4 : 0;
}
