/** `lightcone simulate --scenario FILE` where the file is a run that `--save` wrote: the same run, step by step. */
import { exitCodes } from '../core/index.ts';
import { type ReplayFile, simulate } from '../simulator/index.ts';
import { type Arguments, usageError } from './arguments.ts';
import type { SimulatedProtocol } from './protocols/index.ts';
import { annotate, counted, figure } from './report.ts';
import { rerunCommand } from './rerun.ts';
import { tellSmall } from './simulate-report.ts';
import type { Io } from './verb.ts';

export function runReplay(protocol: SimulatedProtocol, path: string, saved: ReplayFile, args: Arguments, io: Io): number {
  if (saved.subject !== protocol.name)
    throw usageError(`${path} is a run of ${saved.subject}, not of ${protocol.name}`, { subject: saved.subject });
  for (const other of ['seed', 'html'])
    if (args.has(other)) throw usageError(`${path} is a run that was saved: --${other} does not go with it`, { option: other });
  const mutant = args.text('mutant') ?? saved.mutant;
  // Where only what clients saw was judged, the protocol's own invariants could speak first.
  let subject = protocol.subject(mutant);
  let result = simulate(subject, saved.plan);
  if (result.hash !== saved.hash) {
    const blackBox = protocol.subject(mutant, true);
    const other = simulate(blackBox, saved.plan);
    if (other.hash === saved.hash) [subject, result] = [blackBox, other];
  }
  const same = result.hash === saved.hash;
  const verdict = result.violation === null ? 'pass' : 'violation';
  const again = rerunCommand(['simulate', protocol.name], { scenario: path, mutant: args.text('mutant') });
  if (args.has('json')) {
    const { violation, hash } = result;
    io.out(
      JSON.stringify({ verdict, violation, hash, as_saved: same, saved: saved.violation, steps: result.steps, rerun: again }, null, 2),
    );
  } else {
    const what = `${protocol.name}${mutant === undefined ? '' : `, mutant ${mutant}`}`;
    io.out(`A saved run of ${what}: ${counted(saved.plan.nodes, 'node')}, ${counted(saved.plan.faults.length, 'fault')}.`);
    if (result.violation === null) io.out(`PASS    no violation in ${counted(result.steps, 'step')}`);
    else {
      io.out(`VIOLATION  ${result.violation.invariant} at step ${figure(result.violation.step)}`);
      tellSmall(io, subject, { replay: { ...saved, violation: result.violation } });
    }
    io.out(same ? 'The run is the one that was saved, to the byte.' : `The run is another than the one that was saved: ${was(saved)}.`);
    io.out(`Again: ${again}`);
  }
  if (result.violation !== null) annotate(io, `lightcone simulate ${protocol.name}`, result.violation.message);
  return exitCodes[verdict];
}

const was = ({ violation }: ReplayFile): string => (violation === null ? 'there was no violation' : `it broke ${violation.invariant}`);
