/** The generated pages: each a function from what is there to what must be there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorKind, errorKinds, exitCodes } from '../src/core/index.ts';
import { roomsUsed } from '../test/tidy/arrows.ts';
import { readSources } from '../test/tidy/source.ts';
import { benchPage, newestRecords } from './bench-record.ts';
import { comparisonPage } from './comparison/page.ts';
import { proofTable } from './proofs/record.ts';
import { raftPaperPage } from './raft-paper.ts';
import { commandsPage, systemsPage } from './reference-pages.ts';
import { floors, kindOf, roomsBuilt, root } from './rooms.ts';

const exitMeanings: { readonly [name in keyof typeof exitCodes]: string } = {
  pass: 'pass: everything that was asked holds',
  violation: 'a violation was found',
  badInput: 'usage or bad input',
  unknown: 'unknown: the budget ran out before a verdict',
  thresholdMissed: 'a threshold was missed',
  environment: 'the environment is broken, or an operation was refused or stayed open',
  interrupted: 'interrupted (Ctrl-C) before a verdict; what was decided so far was said. A violation that was found is 1 all the same',
};

function errorsPage(): string {
  const rows = Object.entries(errorKinds as { [code: string]: ErrorKind }).map(
    ([code, { summary, advice, exit, definite }]) => `| \`${code}\` | ${summary} | ${advice} | ${exit} | ${definite ? 'yes' : 'no'} |`,
  );
  return [
    '# Errors',
    '',
    'Made from `src/core/errors.ts` by `npm run docs`. Every operating error is a `LightconeError` with one of these codes; on the',
    'command line it is one sentence with the code and the offending value. *Definite* says whether the operation certainly',
    'did not take effect.',
    '',
    '| code | what happened | what to do | exit | definite |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    '## Exit codes',
    '',
    '| exit | meaning |',
    '|---|---|',
    ...Object.entries(exitCodes).map(([name, code]) => `| ${code} | ${exitMeanings[name as keyof typeof exitCodes]} |`),
    '',
  ].join('\n');
}

/** The first sentence of a room's README. */
function purpose(room: string): string {
  const text = readFileSync(join(root, 'src', room, 'README.md'), 'utf8').replace(/^#.*\n+/, '');
  const paragraph = (text.split(/\n\s*\n/)[0] ?? '').replace(/\s+/g, ' ').trim();
  return /^.*?[.:](?=\s|$)/.exec(paragraph)?.[0]?.replace(/:$/, '.') ?? paragraph;
}

function roomTable(): string {
  const sources = readSources();
  const rows = roomsBuilt().map((room) => {
    const used = [...roomsUsed(sources, room)].sort().map((other) => `[${other}](src/${other})`);
    return `| ${floors[kindOf(room)]} | [${room}](src/${room}) | ${purpose(room)} | ${used.join(', ') || 'nothing'} |`;
  });
  return ['| floor | room | what it is | imports |', '|---|---|---|---|', ...rows].join('\n');
}

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. */
function between(page: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no ${start} ... ${end}`);
  return `${page.slice(0, from + start.length)}\n${content}\n${page.slice(to)}`;
}

export const pages: { readonly [path: string]: (before: string) => string } = {
  'docs/reference/commands.md': commandsPage,
  'docs/reference/comparison.md': comparisonPage,
  'docs/reference/errors.md': errorsPage,
  'docs/reference/raft-paper.md': raftPaperPage,
  'docs/reference/systems.md': systemsPage,
  'bench/README.md': () => benchPage(newestRecords()),
  'docs/guides/real-systems.md': (before) => between(before, 'proofs', proofTable()),
  'ARCHITECTURE.md': (before) => between(before, 'rooms', roomTable()),
};
