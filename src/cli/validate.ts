/** `lightcone validate`: the validation suite on a simulated cluster. */
import { simulatorTarget, type TestResult, validate, validationExit, validationJson } from '../runner/index.ts';
import type { Arguments } from './arguments.ts';
import { protocolNamed, validatedNames } from './protocols/index.ts';
import { annotate, fieldsInWords, wrapped } from './report.ts';
import { rerunCommand } from './rerun.ts';
import type { Io, Verb } from './verb.ts';

const frameworks = { A: 'one network partition, three questions', B: 'four properties of a cluster' } as const;

function show(io: Io, result: TestResult): void {
  io.out(`  ${result.verdict.padEnd(8)}${result.test}`);
  if (result.verdict !== 'SKIP') io.out(wrapped(fieldsInWords(result.fields), '          '));
  if (result.reason !== undefined) io.out(wrapped(result.reason, '          '));
  if (result.verdict === 'FAIL') annotate(io, result.test, result.reason ?? 'failed');
}

async function run(args: Arguments, io: Io): Promise<number> {
  const protocol = args.text('protocol') ?? 'raft';
  const nodes = args.integer('nodes') ?? 5;
  const seed = args.integer('seed') ?? 1;
  const operations = args.integer('operations') ?? 1000;
  const processes = args.integer('processes') ?? 16;
  const json = args.has('json');
  const rerun = rerunCommand(['validate'], {
    protocol,
    nodes,
    seed,
    byzantine: args.integer('byzantine'),
    operations: args.integer('operations'),
    processes: args.integer('processes'),
    json,
  });
  const { subject, tolerates, timing } = protocolNamed(protocol);
  const made = subject();
  const byzantine = args.integer('byzantine') ?? Math.max(1, made.survivesLiars?.(nodes, {}) ?? 0);
  const target = simulatorTarget(made, nodes, tolerates, timing);
  const startMs = io.nowMs();
  if (!json) io.out(`Validating ${target.name}, seed ${seed}; times are virtual.`);
  let done = 0;
  let framework = '';
  const report = await validate(target, {
    seed,
    rerun,
    byzantine,
    linearizability: { operations, processes },
    onProgress: async (test, finished, of) => {
      io.progress(`${test}${of > 1 ? `: ${finished} of ${of}` : ''}`);
      io.breathe(() => `${done} of 7 tests done; again: ${rerun}`);
    },
    onResult: (result) => {
      done++;
      if (json) return;
      if (framework !== result.framework) io.out(`\nFramework ${result.framework}: ${frameworks[result.framework]}`);
      framework = result.framework;
      show(io, result);
    },
  });
  if (json) {
    io.out(JSON.stringify(validationJson(report), null, 2));
    return validationExit(report);
  }
  const count = (verdict: string): number => report.results.filter((result) => result.verdict === verdict).length;
  const sums = ['PASS', 'FAIL', 'UNKNOWN', 'SKIP'].map((verdict) => `${count(verdict)} ${verdict}`).join(', ');
  io.out(`\n${sums} in ${((io.nowMs() - startMs) / 1000).toFixed(1)} s. Seed ${seed}; again: ${rerun}`);
  return validationExit(report);
}

export const validateVerb: Verb = {
  name: 'validate',
  summary: 'Does a cluster keep its promises when the network splits? Seven tests of four properties.',
  positionals: [],
  options: [
    { name: 'protocol', kind: 'choice', value: 'NAME', choices: validatedNames, summary: 'what to validate', default: 'raft' },
    { name: 'nodes', kind: 'integer', value: 'N', min: 3, max: 15, summary: 'servers', default: '5' },
    {
      name: 'byzantine',
      kind: 'integer',
      value: 'F',
      min: 1,
      max: 5,
      summary: 'liars in the Byzantine tests',
      default: 'as many as so many nodes survive',
    },
    {
      name: 'operations',
      kind: 'integer',
      value: 'N',
      min: 50,
      max: 100_000,
      summary: 'operations of the linearizability test',
      default: '1000',
    },
    { name: 'processes', kind: 'integer', value: 'N', min: 5, max: 64, summary: 'processes of the linearizability test', default: '16' },
    { name: 'seed', kind: 'integer', value: 'S', max: 4_294_967_295, summary: 'decides everything random', default: '1' },
    { name: 'json', kind: 'flag', summary: 'the whole report as JSON' },
  ],
  examples: [
    ['validate', 'Raft, five nodes'],
    ['validate --protocol pbft --nodes 4 --byzantine 1', 'PBFT, one of four lies'],
    ['validate --nodes 3 --operations 50', 'a smaller cluster, a shorter history'],
    ['validate --seed 7 --json', 'for programs'],
  ],
  run,
};
