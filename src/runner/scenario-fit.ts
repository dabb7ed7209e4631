/**
 * Whether a subject of the simulator can carry a scenario out, said before anything runs: what it would not do is
 * refused, never left out in silence.
 */
import { LightconeError } from '../core/index.ts';
import type { Fault, FaultKind, Scenario } from '../scenario/index.ts';
import { checkedBehaviours, type Settings, type Subject } from '../simulator/index.ts';

const refuse = (code: 'LC_SCENARIO' | 'LC_FAULT_UNSUPPORTED', sentence: string, path: string, value: unknown): never => {
  throw new LightconeError(code, sentence, { path, value });
};

/** What no simulated world has: its links carry messages, not bytes over connections. */
const onConnections: readonly FaultKind[] = ['bandwidth', 'half-open', 'slow-close'];
const cannot = ({ fault }: Fault): boolean => onConnections.includes(fault);

/** The scenario without the optional faults that a simulated world cannot do, and what was left out. */
export function withoutImpossible(scenario: Scenario): { readonly scenario: Scenario; readonly leftOut: readonly string[] } {
  const impossible = scenario.faults.filter((fault) => cannot(fault) && fault.optional === true);
  if (impossible.length === 0) return { scenario, leftOut: [] };
  const leftOut = impossible.map(({ fault }) => `${fault}: simulated links carry messages, not bytes over connections`);
  return { scenario: { ...scenario, faults: scenario.faults.filter((fault) => !impossible.includes(fault)) }, leftOut };
}

/** Throws LC_SCENARIO, LC_FAULT_UNSUPPORTED; `path` of the error's data says where. */
export function checkFit(scenario: Scenario, subject: Subject): void {
  const { nodes, workload, settings = {}, faults } = scenario;
  const { name } = subject;
  const kinds = subject.withoutCas === true ? ['kv', 'register'] : ['kv', 'register', 'cas-register'];
  if (!kinds.includes(workload.kind))
    refuse(
      'LC_SCENARIO',
      `\`workload.kind\` of a simulated ${name} must be one of ${kinds.join(', ')}, not ${JSON.stringify(workload.kind)}`,
      'workload.kind',
      workload.kind,
    );
  nodes.forEach(({ role = 'voter', version }, i) => {
    if (role !== 'voter')
      refuse(
        'LC_SCENARIO',
        `\`nodes[${i}].role\` cannot be ${role} here: name the number of them in \`settings\``,
        `nodes[${i}].role`,
        role,
      );
    if (version !== undefined)
      refuse('LC_SCENARIO', `\`nodes[${i}].version\` cannot be set here: a fault of kind version can`, `nodes[${i}].version`, version);
  });
  checkSettings(subject, settings as Settings, nodes.length);
  const versions = subject.versions?.(settings as Settings) ?? [subject.version];
  const names = nodes.map((node) => node.name);
  faults.forEach((fault, i) => {
    if (cannot(fault)) {
      const why = 'simulated links carry messages, not bytes over connections; `optional: true` leaves it out here';
      refuse('LC_FAULT_UNSUPPORTED', `\`faults[${i}]\` (${fault.fault}) cannot be simulated: ${why}`, `faults[${i}]`, fault.fault);
    }
    if (fault.fault === 'adversary') checkBehaviours(fault.behaviour, names, subject.messageTypes?.all, `faults[${i}].behaviour`);
    if (fault.fault !== 'version' || versions.includes(fault.version)) return;
    const path = `faults[${i}].version`;
    refuse(
      'LC_FAULT_UNSUPPORTED',
      `\`${path}\`: ${name} has no version ${fault.version} (it has ${versions.join(', ')})`,
      path,
      fault.version,
    );
  });
}

function checkBehaviours(text: string, servers: readonly string[], types: readonly string[] | undefined, path: string): void {
  try {
    checkedBehaviours(text, servers, types);
  } catch (error) {
    if (!(error instanceof LightconeError)) throw error;
    refuse('LC_SCENARIO', error.message.replace('behaviour', `\`${path}\``), path, text);
  }
}

/** Making one node and one client is the judgement of the settings. */
function checkSettings(subject: Subject, settings: Settings, count: number): void {
  const peers = Array.from({ length: count }, (_, i) => i + 1);
  try {
    subject.create(1, peers, settings, subject.version);
    subject.client(count + 1, peers, settings, 1);
  } catch (error) {
    if (!(error instanceof LightconeError)) throw error;
    throw new LightconeError(
      'LC_SCENARIO',
      `\`settings\`: ${error.message}`,
      { ...error.data, path: `settings.${String(error.data.name ?? '')}` },
      error,
    );
  }
}
