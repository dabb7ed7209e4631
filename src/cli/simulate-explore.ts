/** `lightcone simulate --explore`: small worlds exhaustively, then random walks through larger ones. */
import { exitCodes } from '../core/index.ts';
import type { ExploredPart, ProtocolExploration, Truncation } from '../simulator/index.ts';
import type { Arguments } from './arguments.ts';
import type { SimulatedProtocol } from './protocols/index.ts';
import { annotate, counted, figure, wrapped } from './report.ts';
import { rerunCommand } from './rerun.ts';
import type { Io } from './verb.ts';

const STEPS_SHOWN = 40;
const PROGRESS_MS = 200;

/** Which bound ended a part that did not see everything, in words. */
const ended: { readonly [why in Truncation]: string } = {
  states: 'not all: its limit of states was met',
  depth: 'not all: its limit of depth was met',
  bytes: 'not all: its memory was full',
  expired: 'not all: the time was over',
  'first violation': 'until the violation',
  sampling: 'on random ways',
};

function showPart(io: Io, { role, verdict, world, unique, generated, truncated, strategy }: ExploredPart): void {
  const word = verdict === 'unknown' && role === 'hunt' ? 'hunted' : verdict.toUpperCase();
  const states = `${figure(unique)} states (${figure(generated)} generated)`;
  const seen = truncated === null ? `all ${states}` : `${states}, ${ended[truncated]}`;
  io.out(`  ${word.padEnd(11)}${world}${role === 'hunt' ? ` (${strategy})` : ''}:`);
  io.out(`             ${seen}`);
}

/** What was shown, and what was not. */
function conclusion(name: string, { verdict, parts, properties }: ProtocolExploration, interrupted: boolean): string {
  const covered = parts.filter((part) => part.role === 'cover' && part.verdict === 'pass');
  const states = figure(covered.reduce((sum, { unique }) => sum + unique, 0));
  const all = `${properties.join(', ')} hold in every run within the bounds marked PASS, each where it is judged (${states} states)`;
  const beyond = parts.some(({ role }) => role === 'hunt') ? `; beyond them ${name} was searched, not covered, and nothing was found` : '';
  if (verdict === 'pass') return `PASS       ${all}${beyond}`;
  const why = interrupted ? 'interrupted: ' : '';
  if (covered.length === 0) return `UNKNOWN    ${why}nothing is broken in what was seen, which was not everything`;
  return `UNKNOWN    ${why}${all}; not every world that was to be covered was`;
}

/** As few as survive a liar. */
function survivesLiar(protocol: SimulatedProtocol): number {
  const { survivesLiars } = protocol.subject();
  return survivesLiars !== undefined && survivesLiars(3, {}) > 0 ? 3 : 4;
}

export function exploreProtocolOnce(
  protocol: SimulatedProtocol,
  args: Arguments,
  io: Io,
  limitMs: number,
  budget: { readonly states?: number; readonly walks?: number } = {},
): number {
  const nodes = args.integer('nodes') ?? (protocol.tolerates === 'lies' ? survivesLiar(protocol) : 3);
  const seed = args.integer('seed') ?? 1;
  const mutant = args.text('mutant');
  const again = rerunCommand(['simulate', protocol.name], { explore: true, nodes, mutant, seed, until: args.text('until') });
  const json = args.has('json');
  if (!json)
    io.out(
      `Exploring ${protocol.name}${mutant === undefined ? '' : `, mutant ${mutant}`}: ${counted(nodes, 'node')} (${protocol.explored}), seed ${seed}.`,
    );
  if (!json && protocol.tolerates === 'lies' && protocol.subject(mutant).survivesLiars?.(nodes, {}) === 0)
    io.out(`${counted(nodes, 'node')} survive no liar: where one of them lies, what is promised may break, and rightly.`);
  const startMs = io.nowMs();
  let done = 0;
  let toldMs = startMs;
  const found = protocol.explore({
    nodes,
    mutant,
    seed,
    ...budget,
    onPart: (part) => {
      done++;
      if (!json) showPart(io, part);
    },
    expired: () => {
      const nowMs = io.nowMs();
      if (nowMs - toldMs > PROGRESS_MS) {
        toldMs = nowMs;
        io.progress(`${counted(done, 'part')} done, ${((nowMs - startMs) / 1000).toFixed(0)} s`);
      }
      return nowMs - startMs > limitMs || io.signal.aborted;
    },
  });
  const { verdict, parts, violation, missed } = found;
  const interrupted = io.signal.aborted && verdict === 'unknown';
  const exit = interrupted ? exitCodes.interrupted : exitCodes[verdict];
  if (json) {
    io.out(JSON.stringify({ verdict, interrupted, parts, violation, missed, seed, rerun: again }, null, 2));
    return exit;
  }
  if (violation !== null) {
    io.out(`\nVIOLATION  ${violation.property}, after ${violation.path.length - 1} actions:`);
    const hidden = violation.path.length - STEPS_SHOWN;
    if (hidden > 0) io.out(`  (${hidden} earlier ones left out)`);
    for (const { action } of violation.path.slice(-STEPS_SHOWN)) io.out(`  ${action}`);
    io.out(wrapped(`=> ${violation.path.at(-1)?.state ?? ''}`, '  '));
    annotate(io, `lightcone simulate ${protocol.name} --explore`, violation.property);
  } else if (missed.length > 0) {
    io.out(`\nVIOLATION  ${missed.join(', ')}: in none of all the states of ${parts.at(-1)?.world ?? protocol.name}`);
    annotate(io, `lightcone simulate ${protocol.name} --explore`, missed.join(', '));
  } else io.out(wrapped(conclusion(protocol.name, found, interrupted), ''));
  io.out(`In ${((io.nowMs() - startMs) / 1000).toFixed(1)} s. Seed ${seed}; again: ${again}`);
  return exit;
}
