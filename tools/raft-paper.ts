/**
 * Which mutant of the zoo breaks which claim of the paper: every case of the laboratory is run against every mutant.
 * The page docs/reference/raft-paper.md is made from the result.
 */
import { type Implementation, Lab, type PaperCase, themes } from '../src/protocols/raft/testing.ts';
import { KeyValue } from '../src/protocols/replication/index.ts';
import { type Mutant, raftMutants } from '../src/simulator/index.ts';

export interface PaperRow {
  readonly theme: string;
  readonly file: string;
  readonly paper: PaperCase;
  /** Ids of the mutants that make the case fail. */
  readonly brokenBy: readonly string[];
}

const limits = { maxSessions: 10, maxWaitingReads: 10 };

const implementationOf = ({ raft, replica }: Mutant): Implementation => ({
  raft,
  replica: (ordering, snapshotEvery) => new replica(ordering, new KeyValue(), { snapshotEvery, ...limits }),
});

function breaks(mutant: Mutant, paper: PaperCase): boolean {
  try {
    paper.run(new Lab(implementationOf(mutant)));
    return false;
  } catch {
    return true;
  }
}

export const paperRows = (): readonly PaperRow[] =>
  themes.flatMap(({ name, file, cases }) =>
    cases.map((paper) => ({
      theme: name,
      file,
      paper,
      brokenBy: raftMutants.filter((mutant) => breaks(mutant, paper)).map(({ id }) => id),
    })),
  );

const SHOWN = 4;

export function raftPaperPage(): string {
  const rows = paperRows();
  const count = (id: string): number => rows.filter(({ brokenBy }) => brokenBy.includes(id)).length;
  // The mutants that break fewest claims say most about a claim.
  const telling = (ids: readonly string[]): string => {
    const sorted = [...ids].sort((a, b) => count(a) - count(b) || (a < b ? -1 : 1));
    const shown = sorted.slice(0, SHOWN).map((id) => `\`${id}\``);
    return shown.join(', ') + (sorted.length > SHOWN ? ` and ${sorted.length - SHOWN} more` : '');
  };
  const tables = themes.flatMap(({ name, file }) => [
    `## ${name}`,
    '',
    `Cases in [\`src/protocols/raft/paper/${file}\`](../../src/protocols/raft/paper/${file}).`,
    '',
    '| section | claim | broken by |',
    '|---|---|---|',
    ...rows
      .filter(({ theme }) => theme === name)
      .map(({ paper, brokenBy }) => `| ${paper.section} | ${paper.claim} | ${telling(brokenBy)} |`),
    '',
  ]);
  return [
    '# The Raft paper, claim by claim',
    '',
    'Made from the cases and the zoo by `npm run docs`. Each claim is one test (its title is the claim with its section); each fails',
    'under at least one mutant, and each mutant breaks at least one claim. *Raft*: Ongaro and Ousterhout, extended version;',
    "*thesis*: Ongaro's dissertation; *README*: what `src/protocols/raft/README.md` promises besides.",
    '',
    `${rows.length} claims, ${raftMutants.length} mutants. Run them: \`npx vitest run src/protocols/raft/paper\`.`,
    '',
    ...tables,
    '## Mutants',
    '',
    'Each overrides one decision. *Found*: by the default portfolio of the simulator, like all others; where not, why no run of a',
    'whole group can tell.',
    '',
    '| mutant | what it does | claims broken | found |',
    '|---|---|---|---|',
    ...raftMutants.map(
      ({ id, about, harmless }) => `| \`${id}\` | ${about} | ${count(id)} | ${harmless === undefined ? 'yes' : `no: ${harmless}`} |`,
    ),
    '',
  ].join('\n');
}
