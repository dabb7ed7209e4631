/** `lightcone simulate --scenario FILE`: one scenario on the simulator, judged by its checks. */
import { LightconeError, type Value } from '../core/index.ts';
import {
  exitCodeOf,
  htmlReport,
  type JudgedScenario,
  judgeScenario,
  placeInScenarioFile,
  readReplayFile,
  readScenarioFile,
  scenarioDocument,
} from '../runner/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { type Arguments, usageError } from './arguments.ts';
import { refuseExisting, writeOutput } from './output-file.ts';
import { protocolNames, type SimulatedProtocol } from './protocols/index.ts';
import { annotate, counted, figure, wrapped } from './report.ts';
import { rerunCommand } from './rerun.ts';
import { runReplay } from './simulate-replay.ts';
import type { Io } from './verb.ts';

/** The scenario's own mutant. */
function mutantIn(named: Value | undefined): string | undefined {
  if (named === undefined || typeof named === 'string') return named;
  throw new LightconeError('LC_SCENARIO', `\`settings.mutant\` must be text, not ${JSON.stringify(named)}`, { path: 'settings.mutant' });
}

/** What only shows once a scenario meets its target is said with the file too. */
async function inFile<T>(file: string, judge: () => T): Promise<T> {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof LightconeError)) throw error;
    throw new LightconeError(error.code, `${await placeInScenarioFile(file, error.data.path)}: ${error.message}`, error.data, error);
  }
}

export async function runScenarioFile(protocol: SimulatedProtocol, args: Arguments, io: Io): Promise<number> {
  const path = args.text('scenario') as string;
  const html = args.text('html');
  refuseExisting(html);
  const saved = await readReplayFile(path);
  if (saved !== null) return runReplay(protocol, path, saved, args, io);
  const read = await readScenarioFile(path);
  // A scenario of a real system runs on any protocol that can carry it out; one for another protocol does not.
  const ofSystem = !protocolNames.includes(read.target);
  if (read.target !== protocol.name && !ofSystem)
    throw usageError(`${path} is a scenario for ${read.target}, not for ${protocol.name}`, { target: read.target });
  // Settings are the system's own: the protocol has its own.
  const { mutant: named, ...settings } = ofSystem ? {} : (read.settings ?? {});
  const given = args.text('mutant');
  const scenario = { ...read, settings, seed: args.integer('seed') ?? read.seed };
  const again = rerunCommand(['simulate', protocol.name], { scenario: path, mutant: args.text('mutant'), seed: scenario.seed });
  const subject = given !== undefined ? protocol.subject(given) : await inFile(path, () => protocol.subject(mutantIn(named)));
  const judged = await inFile(path, () => judgeScenario(scenario, subject));
  showJudged(scenario, judged, again, args.has('json'), io);
  if (html !== undefined) writeOutput(html, htmlReport(scenarioDocument(scenario, judged, again)));
  return exitCodeOf(judged.verdict);
}

function showJudged(
  scenario: Scenario,
  { checks, verdict, result, trace, leftOut }: JudgedScenario,
  again: string,
  json: boolean,
  io: Io,
): void {
  if (json) {
    const { violation, hash, resolved } = result;
    io.out(
      JSON.stringify(
        {
          scenario: scenario.name,
          verdict,
          checks,
          violation,
          faults: resolved,
          left_out: leftOut,
          hash,
          seed: scenario.seed,
          rerun: again,
        },
        null,
        2,
      ),
    );
    return;
  }
  io.out(`Scenario ${scenario.name}: ${scenario.about ?? `${scenario.target}, ${scenario.nodes.length} nodes`}`);
  io.out(
    `${counted(trace.history.count, 'operation')}, ${counted(result.resolved.length, 'fault')}, ${counted(result.steps, 'step')}, ${(result.timeUs / 1e6).toFixed(1)} s simulated.`,
  );
  for (const fault of leftOut) io.out(`Left out, ${fault}.`);
  for (const { check, result: judged } of checks) {
    io.out(`  ${judged.verdict.toUpperCase().padEnd(11)}${check}`);
    for (const { message } of judged.anomalies.slice(0, 3)) io.out(wrapped(message, '             '));
    if (judged.anomalies.length > 3) io.out(`             and ${figure(judged.anomalies.length - 3)} more`);
    for (const line of judged.counterexample?.story ?? []) io.out(`             ${line}`);
    if (judged.reason !== undefined) io.out(wrapped(judged.reason, '             '));
    if (judged.verdict === 'violation') annotate(io, `${scenario.name}: ${check}`, judged.anomalies[0]?.message ?? check);
  }
  io.out(`Seed ${scenario.seed}; again: ${again}`);
}
