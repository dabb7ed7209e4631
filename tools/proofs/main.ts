/**
 * `npm run proofs -- [WORD...] [--runs N] [--add] [--parallel K]`: runs the rows whose name contains a word (all, without
 * one; `controls`, `anomalies`: those), prints what came of each run, and keeps the figures in docs/reference/proofs.json. `--add` adds to the runs
 * that are there instead of replacing them. Exit 1 where a row is not as expected.
 */
import { parseArgs } from 'node:util';
import { root } from '../rooms.ts';
import { keepRow, outcomeOf, type ProofRun, readRecord, seenIn, spread } from './record.ts';
import { commandOf, nameOf, type ProofRow, rows } from './rows.ts';
import { runRow } from './run-row.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, add: { type: 'boolean' }, parallel: { type: 'string' } },
});
const wholeNumber = (name: 'runs' | 'parallel'): number => {
  const value = Number(values[name] ?? 1);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number of at least 1, not ${values[name]}`);
  return value;
};
const runs = wholeNumber('runs');
const parallel = wholeNumber('parallel');
const isCalled = (row: ProofRow, word: string): boolean =>
  ({ controls: row.expect === 'pass', anomalies: row.expect !== 'pass' })[word] ?? nameOf(row).includes(word);
const chosen = positionals.length === 0 ? rows : rows.filter((row) => positionals.some((word) => isCalled(row, word)));
if (chosen.length === 0) throw new Error(`no row is called ${positionals.join(' or ')}; there are: ${rows.map(nameOf).join(', ')}`);

function asExpected({ expect }: ProofRow, done: readonly ProofRun[]): boolean {
  if (expect === 'sometimes') return done.some(({ verdict }) => verdict === 'violation');
  return done.every(({ verdict }) => verdict === expect);
}

/** The figures of each row are kept as soon as each run is over: what is interrupted is not lost. */
async function prove(row: ProofRow): Promise<boolean> {
  const before = values.add === true ? readRecord().rows.find((kept) => kept.row === nameOf(row)) : undefined;
  const done: ProofRun[] = [...(before?.runs ?? [])];
  let version = before?.version ?? '';
  const first = Math.max(0, ...done.map(({ seed }) => seed)) + 1;
  for (let seed = first; seed < first + runs; seed++) {
    const one = await runRow(row, seed, root);
    done.push(one.run);
    if (one.version !== '') version = one.version;
    keepRow({ row: nameOf(row), command: commandOf(row), version, date: new Date().toISOString(), runs: done });
    const { run, directory } = one;
    const unexpected = run.said === undefined ? '' : `  UNEXPECTED: ${run.said}${directory === null ? '' : ` [${directory}]`}`;
    console.log(
      `${nameOf(row)}, seed ${seed}: ${run.verdict}, ${run.acknowledged} acknowledged, ${seenIn([run])}, ${run.seconds} s${unexpected}`,
    );
  }
  console.log(`${nameOf(row)} (${spread(done.map(({ seconds }) => seconds))} s): ${outcomeOf(row, done)}`);
  return asExpected(row, done);
}

const waiting = [...chosen];
let good = true;
await Promise.all(
  Array.from({ length: Math.min(parallel, waiting.length) }, async () => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) good = (await prove(row)) && good;
  }),
);
process.exitCode = good ? 0 : 1;
