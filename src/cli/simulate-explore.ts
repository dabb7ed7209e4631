/** `lightcone simulate --explore`: small worlds exhaustively, then random walks through larger ones. */
import { exitCodes } from '../core/index.ts';
import type { Arguments } from './arguments.ts';
import type { SimulatedProtocol } from './protocols.ts';
import { annotate, figure, wrapped } from './report.ts';
import { rerunCommand } from './rerun.ts';
import type { Io } from './verb.ts';

const STEPS_SHOWN = 40;

export function exploreProtocolOnce(protocol: SimulatedProtocol, args: Arguments, io: Io, limitMs: number): number {
  const nodes = args.integer('nodes') ?? 3;
  const seed = args.integer('seed') ?? 1;
  const mutant = args.text('mutant');
  const again = rerunCommand(['simulate', protocol.name], { explore: true, nodes, mutant, seed, until: args.text('until') });
  const json = args.has('json');
  if (!json) io.out(`Exploring ${protocol.name}${mutant === undefined ? '' : `, mutant ${mutant}`}: ${nodes} nodes, seed ${seed}.`);
  const startMs = io.nowMs();
  const found = protocol.explore({ nodes, mutant, seed, expired: () => io.nowMs() - startMs > limitMs || io.signal.aborted });
  const exit = { pass: exitCodes.pass, violation: exitCodes.violation, unknown: exitCodes.unknown }[found.verdict];
  if (json) {
    io.out(JSON.stringify({ verdict: found.verdict, parts: found.parts, violation: found.violation, seed, rerun: again }, null, 2));
    return exit;
  }
  for (const part of found.parts) {
    const ended = part.truncated === null ? 'all states seen' : `ended by: ${part.truncated}`;
    io.out(
      `  ${part.verdict.toUpperCase().padEnd(10)}${part.model}: ${figure(part.unique)} distinct states of ${figure(part.generated)}, ${ended}`,
    );
  }
  const { violation } = found;
  if (violation !== null) {
    io.out(`\nVIOLATION  ${violation.property}, after ${violation.path.length - 1} actions:`);
    const hidden = violation.path.length - STEPS_SHOWN;
    if (hidden > 0) io.out(`  (${hidden} earlier ones left out)`);
    for (const { action } of violation.path.slice(-STEPS_SHOWN)) io.out(`  ${action}`);
    io.out(wrapped(`=> ${violation.path.at(-1)?.state ?? ''}`, '  '));
    annotate(io, `lightcone simulate ${protocol.name} --explore`, violation.property);
  } else if (found.verdict === 'unknown') io.out('UNKNOWN    nothing is broken in what was seen, which was not everything');
  io.out(`In ${((io.nowMs() - startMs) / 1000).toFixed(1)} s. Seed ${seed}; again: ${again}`);
  return exit;
}
