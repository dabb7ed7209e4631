/** `lightcone demo`: a known bug found, made small and told as a story, and the same run without the bug. */
import { exitCodes, LightconeError } from '../core/index.ts';
import { makeSmall, search } from '../runner/index.ts';
import { simulate } from '../simulator/index.ts';
import type { Arguments } from './arguments.ts';
import { PROGRAM } from './help.ts';
import { protocolNamed } from './protocols/index.ts';
import { counted, figure, wrapped } from './report.ts';
import { rerunCommand } from './rerun.ts';
import { tellSmall } from './simulate-report.ts';
import type { Io, Verb } from './verb.ts';

const MUTANT = 'follower-reads-alone';
const NODES = 3;
const MOST_SEEDS = 500;

async function run(args: Arguments, io: Io): Promise<number> {
  const raft = protocolNamed('raft');
  const buggy = raft.subject(MUTANT, true);
  const firstSeed = args.integer('seed') ?? 1;
  io.out('A replicated store on three nodes, agreed on by Raft. One decision in it is wrong: a follower answers reads');
  io.out('from what it has, without asking whether that is the newest (mutant follower-reads-alone). Clients only see');
  io.out('answers. Can faults and a checker of answers find it?');
  io.out('');
  const result = await search({
    subject: buggy,
    seeds: MOST_SEEDS,
    firstSeed,
    nodes: NODES,
    mutant: MUTANT,
    onSeed: async (sofar) => {
      io.progress(`${figure(sofar.runs)} seeds, ${figure(sofar.steps)} steps`);
      io.breathe(() => `${counted(sofar.runs, 'seed')} tried, nothing found yet; again: ${PROGRAM} demo`);
      return true;
    },
  });
  const [failure] = result.failures;
  if (failure === undefined) throw new LightconeError('LC_BUG', `the demonstration found nothing in ${MOST_SEEDS} seeds from ${firstSeed}`);
  const { violation } = failure.result;
  io.out(
    `Found at seed ${failure.seed}: ${violation?.invariant} broken in a run of ${figure(failure.result.steps)} steps, ${failure.plan.faults.length} faults and ${figure(failure.result.invoked)} operations.`,
  );
  io.progress('making it small');
  const small = makeSmall(buggy, failure);
  const { after } = small;
  io.out(
    `Made small: ${counted(after.faults, 'fault')} and ${counted(after.operations, 'operation')} still show it, after ${figure(small.attempts)} tries.`,
  );
  io.out('');
  tellSmall(io, buggy, small);
  io.out('');
  const right = simulate(raft.subject(undefined, true), small.replay.plan);
  io.out(
    right.violation === null
      ? 'The same faults, operations and seed without the wrong decision: PASS.'
      : `Without the wrong decision: ${right.violation.message}`,
  );
  io.out(wrapped('A right Raft asks a majority whether it still leads before it answers a read (Raft, section 8; thesis, 6.4).', ''));
  io.out('');
  io.out(
    `Seed ${failure.seed}; again: ${rerunCommand(['simulate', 'raft'], { seed: failure.seed, nodes: NODES, mutant: MUTANT, 'black-box': true })}`,
  );
  io.out(`Next: ${PROGRAM} simulate raft --mutant list`);
  return exitCodes.pass;
}

export const demoVerb: Verb = {
  name: 'demo',
  summary: 'A known bug found, made small and told as a story.',
  positionals: [],
  options: [{ name: 'seed', kind: 'integer', value: 'S', max: 4_294_967_295, summary: 'where to begin', default: '1' }],
  examples: [['demo', 'about ten seconds; exit code 0 when the bug was found']],
  run,
};
