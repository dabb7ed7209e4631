/** `lightcone simulate`: does a protocol hold under faults? Many seeds, one seed, a scenario, or an exploration. */
import { exitCodes } from '../core/index.ts';
import { failureDocument, htmlReport, makeSmall, search } from '../runner/index.ts';
import { type FaultKind, faultKinds } from '../scenario/index.ts';
import { type CampaignResult, type Failure, huntBudget } from '../simulator/index.ts';
import { type Arguments, suggestion, usageError } from './arguments.ts';
import { refuseExisting, writeOutput } from './output-file.ts';
import { protocolNamed, protocolNames, type SimulatedProtocol } from './protocols/index.ts';
import { annotate, counted, figure } from './report.ts';
import { rerunCommand } from './rerun.ts';
import { exploreProtocolOnce } from './simulate-explore.ts';
import { failureJson, searchJson, showFailure, showSearched } from './simulate-report.ts';
import { runScenarioFile } from './simulate-scenario.ts';
import type { Io, Verb } from './verb.ts';

const DEFAULT_SEEDS = huntBudget.seeds;

/** `--faults`: all, none, or kinds joined by commas. */
function faultsAsked(text: string | undefined): readonly FaultKind[] | undefined {
  if (text === undefined || text === 'all') return undefined;
  if (text === 'none') return [];
  return text.split(',').map((kind) => {
    const found = faultKinds.find((name) => name === kind.trim());
    if (found === undefined)
      throw usageError(`--faults does not know ${JSON.stringify(kind)}; ${suggestion(kind, ['all', 'none', ...faultKinds])}`, { kind });
    return found;
  });
}

/** `90s`, `10m`, `2h`, plain seconds; Infinity for `violation`. */
export function untilMs(text: string): number {
  if (text === 'violation') return Number.POSITIVE_INFINITY;
  const [, number = '', unit = 's'] = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const value = Number(number) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as 'ms' | 's' | 'm' | 'h'];
  if (number === '' || value <= 0)
    throw usageError(`--until takes a time such as 90s or 10m, or \`violation\`, not ${JSON.stringify(text)}`, { given: text });
  return value;
}

function listMutants(protocol: SimulatedProtocol, io: Io, json: boolean): number {
  if (json)
    io.out(
      JSON.stringify(
        protocol.mutants.map(({ id, about, harmless }) => ({ id, about, ...(harmless === undefined ? {} : { harmless }) })),
        null,
        2,
      ),
    );
  else {
    const width = Math.max(...protocol.mutants.map(({ id }) => id.length)) + 2;
    for (const { id, about, harmless } of protocol.mutants)
      io.out(`  ${id.padEnd(width)}${about}${harmless === undefined ? '' : ' (harmless)'}`);
  }
  return exitCodes.pass;
}

async function searchSeeds(protocol: SimulatedProtocol, args: Arguments, io: Io): Promise<number> {
  const seed = args.integer('seed');
  const until = args.text('until');
  const limitMs = until === undefined ? Number.POSITIVE_INFINITY : untilMs(until);
  const seeds = seed !== undefined ? 1 : (args.integer('seeds') ?? (until === undefined ? DEFAULT_SEEDS : Number.MAX_SAFE_INTEGER - 1));
  const mutant = args.text('mutant');
  const nodes = args.integer('nodes');
  const liars = args.integer('liars');
  if (liars !== undefined && nodes !== undefined && liars >= nodes && liars > 0)
    throw usageError(`--liars ${liars} of --nodes ${nodes} leaves nobody honest to be judged: take fewer`, { liars, nodes });
  const faults = faultsAsked(args.text('faults'));
  const blackBox = args.has('black-box');
  const subject = protocol.subject(mutant, blackBox);
  const promised = subject.tolerates(protocol.defaultSettings);
  // Liars are drawn by number where some are survived.
  const own = (kind: FaultKind): boolean => promised.includes(kind) || (kind === 'adversary' && subject.survivesLiars !== undefined);
  const extraFaults = faults?.filter((kind) => !own(kind)) ?? [];
  const same = { nodes, liars, faults: args.text('faults'), mutant, 'black-box': blackBox };
  const again = (one: number): string => rerunCommand(['simulate', protocol.name], { seed: one, ...same });
  for (const file of ['save', 'html']) refuseExisting(args.text(file));
  const json = args.has('json');
  if (!json) {
    const which = seed === undefined ? `from 1${seeds > 1e9 ? '' : ` to ${figure(seeds)}`}` : String(seed);
    io.out(
      `Simulating ${protocol.name}${mutant === undefined ? '' : `, mutant ${mutant}`}: seed ${which}, faults and workload drawn by each seed.`,
    );
    for (const kind of extraFaults) io.out(`Beyond what ${protocol.name} promises to survive: ${kind}.`);
  }
  const startMs = io.nowMs();
  const told = (sofar: CampaignResult): string =>
    `${counted(sofar.runs, 'seed')}, ${counted(sofar.steps, 'step')}, ${sofar.failures.length === 0 ? 'no violation' : 'a violation'}`;
  const result = await search({
    subject,
    seeds,
    firstSeed: seed ?? 1,
    ...(mutant === undefined ? {} : { mutant }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(liars === undefined ? {} : { liars }),
    ...(faults === undefined ? {} : { faults }),
    ...(extraFaults.length === 0 ? {} : { extraFaults }),
    onSeed: (sofar) => {
      io.progress(told(sofar));
      return !io.signal.aborted && io.nowMs() - startMs < limitMs;
    },
  });
  const seconds = (io.nowMs() - startMs) / 1000;
  const [failure] = result.failures;
  if (failure !== undefined) return failed(protocol, failure, { io, args, again: again(failure.seed), seeds: result.runs });
  const interrupted = io.signal.aborted && result.runs < seeds;
  const all = rerunCommand(['simulate', protocol.name], { ...(seed === undefined ? { seeds: result.runs } : { seed }), ...same });
  if (json) io.out(JSON.stringify(searchJson(result, all, interrupted), null, 2));
  else showSearched(io, result, { seconds, again: all, firstSeed: seed ?? 1, interrupted });
  for (const file of ['save', 'html']) if (args.has(file)) io.err(`No violation: ${args.text(file)} was not written.`);
  if (interrupted) return exitCodes.interrupted;
  // The whole default budget of a hunt ends with small worlds.
  const isWhole =
    mutant !== undefined && !json && ['seed', 'seeds', 'until', 'nodes', 'liars', 'faults', 'black-box'].every((name) => !args.has(name));
  return isWhole && exploreProtocolOnce(protocol, args, io, Number.POSITIVE_INFINITY, huntBudget) === exitCodes.violation
    ? exitCodes.violation
    : exitCodes.pass;
}

interface FailureContext {
  readonly io: Io;
  readonly args: Arguments;
  readonly again: string;
  readonly seeds: number;
}

function failed(protocol: SimulatedProtocol, failure: Failure, { io, args, again, seeds }: FailureContext): number {
  const subject = protocol.subject(args.text('mutant'), args.has('black-box'));
  io.progress(`making the failure of seed ${failure.seed} small`);
  const startMs = io.nowMs();
  const small = makeSmall(subject, failure);
  const seconds = (io.nowMs() - startMs) / 1000;
  const [save, html] = [args.text('save'), args.text('html')];
  if (args.has('json')) io.out(JSON.stringify(failureJson(failure, small, again, seeds), null, 2));
  else showFailure(io, subject, { failure, small, again, seeds, seconds });
  annotate(io, `lightcone simulate ${protocol.name}`, failure.result.violation?.message ?? 'violation');
  if (save !== undefined) writeOutput(save, `${JSON.stringify(small.replay, null, 2)}\n`);
  if (html !== undefined) writeOutput(html, htmlReport(failureDocument(subject, small, protocol.name, again)));
  return exitCodes.violation;
}

function checkModes(args: Arguments): void {
  for (const [mode, others] of [
    ['scenario', ['nodes', 'liars', 'seeds', 'faults', 'explore', 'until', 'save', 'black-box']],
    ['explore', ['liars', 'seeds', 'faults', 'save', 'html', 'black-box']],
  ] as const) {
    if (!args.has(mode)) continue;
    for (const other of others) if (args.has(other)) throw usageError(`--${mode} and --${other} do not go together: leave one out`);
  }
}

async function run(args: Arguments, io: Io): Promise<number> {
  const protocol = protocolNamed(args.positionals[0] as string);
  if (args.text('mutant') === 'list') return listMutants(protocol, io, args.has('json'));
  checkModes(args);
  if (args.has('scenario')) return runScenarioFile(protocol, args, io);
  if (args.has('explore')) return exploreProtocolOnce(protocol, args, io, untilMs(args.text('until') ?? '30s'));
  return searchSeeds(protocol, args, io);
}

export const simulateVerb: Verb = {
  name: 'simulate',
  summary: 'Does a protocol hold under these faults? Finds a violation, and makes it small.',
  positionals: [{ name: 'protocol', required: true, choices: protocolNames, summary: 'what to simulate' }],
  options: [
    { name: 'nodes', kind: 'integer', value: 'N', min: 1, max: 15, summary: 'servers; without it each seed draws a number' },
    {
      name: 'liars',
      kind: 'integer',
      value: 'N',
      min: 0,
      max: 15,
      summary: 'servers that lie; without it up to as many as the protocol promises to survive',
    },
    {
      name: 'seeds',
      kind: 'integer',
      value: 'N',
      min: 1,
      max: 1_000_000_000,
      summary: 'how many seeds, from 1',
      default: String(DEFAULT_SEEDS),
    },
    { name: 'seed', kind: 'integer', value: 'S', max: 4_294_967_295, summary: 'one seed', excludes: ['seeds', 'until'] },
    { name: 'faults', kind: 'text', value: 'KINDS', summary: `all, none, or some of ${faultKinds.join(',')}`, default: 'all' },
    { name: 'mutant', kind: 'text', value: 'ID', summary: 'the protocol with a known bug; `list` names them' },
    { name: 'black-box', kind: 'flag', summary: "judge by what clients see, not by the protocol's own invariants" },
    { name: 'until', kind: 'text', value: 'WHEN', summary: 'go on for a time (90s, 10m), or until a `violation`' },
    { name: 'explore', kind: 'flag', summary: 'small worlds exhaustively, then random walks (for --until, 30s)' },
    { name: 'scenario', kind: 'text', value: 'FILE', summary: 'one scenario, YAML or JSON, or a run that was saved' },
    { name: 'save', kind: 'text', value: 'FILE', summary: 'write the small failing run; `--scenario` runs it again' },
    { name: 'html', kind: 'text', value: 'FILE', summary: 'write the small failing run, or the scenario, as one HTML page' },
    { name: 'json', kind: 'flag', summary: 'the result as JSON' },
  ],
  examples: [
    ['simulate raft --seeds 1000', 'a thousand runs under faults'],
    ['simulate raft --mutant list', 'the known bugs'],
    ['simulate raft --mutant ack-before-persist', 'finds one of them'],
    ['simulate raft --explore --nodes 3', 'every interleaving of small worlds'],
    ['simulate raft --nodes 3 --liars 1', 'a liar among servers that expect none'],
    ['simulate 2pc --faults kill,partition', 'two-phase commit under crashes and splits'],
  ],
  run,
};
