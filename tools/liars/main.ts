/**
 * `npm run liars -- PROTOCOL [--seeds N] [--from S] [--nodes N] [--parallel K] [--add]`: the safety of a protocol in which
 * as many servers lie as it survives, over many short runs. Prints how far it is, and keeps the figures in
 * docs/reference/liars.json as it goes; `--add` goes on after the seeds that are there. Exit 1 where something was violated.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { protocolNamed } from '../../src/cli/index.ts';
import { drawLiarPlan, simulate } from '../../src/simulator/index.ts';
import { root } from '../rooms.ts';
import { keepRecord, noSums, readRecords, type Stretch, told, Unbroken } from './record.ts';

const STRETCH = 200;
const TOLD_EVERY_MS = 10_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string' },
    from: { type: 'string' },
    nodes: { type: 'string' },
    parallel: { type: 'string' },
    add: { type: 'boolean' },
  },
});
function wholeNumber(name: 'seeds' | 'from' | 'nodes' | 'parallel', usual: number): number {
  const value = Number(values[name] ?? usual);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number of at least 1, not ${values[name]}`);
  return value;
}
const [protocol = ''] = positionals;
const subject = protocolNamed(protocol).subject();
const nodes = values.nodes === undefined ? undefined : wholeNumber('nodes', 4);
if ((subject.survivesLiars?.(nodes ?? 4, {}) ?? 0) === 0) throw new Error(`${protocol} survives no liars among ${nodes ?? 4} nodes`);

const before = values.add === true ? readRecords().find((record) => record.protocol === protocol) : undefined;
const first = before?.from ?? wholeNumber('from', 1);
const start = before === undefined ? first : before.to + 1;
const last = start + wholeNumber('seeds', 1000) - 1;
const done = new Unbroken(first, start, before ?? noSums);
const startMs = Date.now();
let toldMs = startMs;

function keep(): void {
  if (done.next === first) return;
  keepRecord({
    protocol,
    command: `npm run liars -- ${protocol} --from ${first} --seeds ${done.next - first}`,
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores, ${cpus()[0]?.model.trim() ?? 'unknown'}, Node.js ${process.version}`,
    seconds: Math.round((before?.seconds ?? 0) + ((Date.now() - startMs) / 1000) * workers),
    from: first,
    to: done.next - 1,
    ...done.sums,
  });
}

function finished(stretch: Stretch): void {
  done.add(stretch);
  for (const { seed, message } of stretch.violations) console.log(`seed ${seed}: ${message}`);
  if (Date.now() - toldMs < TOLD_EVERY_MS && done.next <= last) return;
  toldMs = Date.now();
  keep();
  console.log(`${protocol}, seeds ${first} to ${done.next - 1}: ${told(done.sums)}; ${Math.round((toldMs - startMs) / 1000)} s`);
}

let next = start;
/** Hands a process the next stretch, as long as there is one. */
function feed(child: ChildProcess): void {
  if (next > last || done.sums.violations.length > 0) {
    child.disconnect();
    return;
  }
  const to = Math.min(last, next + STRETCH - 1);
  child.send({ from: next, to });
  next = to + 1;
}

const workers = wholeNumber('parallel', 1);
await Promise.all(
  Array.from({ length: workers }, () => {
    const child = fork(join(root, 'tools/liars/stretch.ts'), [protocol, ...(nodes === undefined ? [] : [String(nodes)])]);
    child.on('message', (stretch: Stretch) => {
      finished(stretch);
      feed(child);
    });
    feed(child);
    return new Promise<void>((resolve, reject) => {
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a process ended with code ${code}`))));
    });
  }),
);
keep();
const [bad] = done.sums.violations;
if (bad !== undefined) {
  const { violation, steps } = simulate(subject, drawLiarPlan(subject, bad.seed, nodes));
  console.log(`found violation in seed ${bad.seed}: ${violation?.message ?? bad.message}, after ${steps} steps`);
  console.log(`again: npm run liars -- ${protocol} --from ${bad.seed} --seeds 1${nodes === undefined ? '' : ` --nodes ${nodes}`}`);
  process.exitCode = 1;
}
