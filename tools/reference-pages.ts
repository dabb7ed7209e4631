/** Reference pages made from the verbs of the command line and from the systems that come along. */
import { verbHelp, verbs } from '../src/cli/index.ts';
import { type System, systems } from '../src/systems/index.ts';

export function commandsPage(): string {
  const parts = verbs.flatMap((verb) => [`## lightcone ${verb.name}`, '', '```text', verbHelp(verb), '```', '']);
  return ['# Commands', '', 'What `lightcone help VERB` says, made from `src/cli` by `npm run docs`.', '', ...parts].join('\n');
}

/** By promise, since systems promise the same of many workloads. */
function promises({ capabilities }: System): string[] {
  const by = new Map<string, string[]>();
  for (const [workload, promise] of Object.entries(capabilities.workloads)) by.set(promise, [...(by.get(promise) ?? []), workload]);
  return [...by].map(([promise, workloads]) => `| ${promise} | ${workloads.join(', ')} |`);
}

function systemPart(system: System): string[] {
  const [least, most] = system.capabilities.nodes;
  const options = { nodes: Math.max(least, Math.min(3, most)), durationMs: 20_000, seed: 1 };
  const rows = Object.entries(system.scenarios).map(([name, make]) => {
    const { about = '', workload } = make(options);
    return `| \`${name}\` | ${workload.kind} | ${about} |`;
  });
  return [
    `## ${system.name}`,
    '',
    `${system.about[0]?.toUpperCase()}${system.about.slice(1)}. ${least} to ${most} nodes. Needs ${system.requires
      .map(({ binary, package: name }) => `\`${binary}\` (Debian: ${name})`)
      .join(', ')}.`,
    `Faults: ${system.capabilities.faults.join(', ')}.`,
    '',
    '| promise | workloads |',
    '|---|---|',
    ...promises(system),
    '',
    '| scenario | workload | what it does |',
    '|---|---|---|',
    ...rows,
    '',
  ];
}

export function systemsPage(): string {
  return [
    '# Systems',
    '',
    'What `lightcone check SYSTEM` can start, break and judge; made from `src/systems` by `npm run docs`. What was seen of them:',
    '[real systems](../guides/real-systems.md).',
    '',
    ...Object.values(systems).flatMap(systemPart),
  ].join('\n');
}
