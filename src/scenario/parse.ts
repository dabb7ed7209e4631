/** A value from anywhere (YAML, JSON, code) becomes a Scenario, or one sentence that says what is wrong with it, where, and with which value. */
import { LightconeError } from '../core/index.ts';
import type { Fault } from './fault.ts';
import { faultTargets } from './resolve.ts';
import { type NodeSpec, SCENARIO_VERSION, type Scenario } from './scenario.ts';
import { scenarioSchema } from './schema.ts';
import { isSymbolic, symbolicTargets } from './targets.ts';
import { show, Validator } from './validate.ts';

/** A scenario as people write it: defaults left out, nodes as a number or as names. */
export type ScenarioInput = Omit<Scenario, 'scenario' | 'nodes' | 'faults' | 'checks' | 'seed'> & {
  readonly scenario?: typeof SCENARIO_VERSION;
  readonly nodes: number | readonly (string | NodeSpec)[];
  readonly faults?: Scenario['faults'];
  readonly checks?: Scenario['checks'];
  readonly seed?: number;
};

/** Throws LC_SCENARIO (schema), LC_SCENARIO_NODE (unknown node) or LC_SCENARIO_OVERLAP (a node in two groups); `source` stands first in the sentence. */
export function parseScenario(value: unknown, source = 'scenario'): Scenario {
  const validator = new Validator(source);
  validator.check(scenarioSchema, value, '');
  const input = value as ScenarioInput;
  const nodes = expandNodes(input.nodes);
  checkNodes(nodes, validator);
  const faults = input.faults ?? [];
  const names = nodes.map((node) => node.name);
  faults.forEach((fault, i) => {
    checkFault(fault, `faults[${i}]`, names, source, validator);
  });
  return { ...input, scenario: SCENARIO_VERSION, nodes, faults, checks: input.checks ?? [], seed: input.seed ?? 1 };
}

/** A scenario written in TypeScript, checked like one from a file. */
export function defineScenario(input: ScenarioInput): Scenario {
  return parseScenario({ scenario: SCENARIO_VERSION, ...input }, `scenario ${show(input.name)}`);
}

function expandNodes(nodes: ScenarioInput['nodes']): NodeSpec[] {
  if (typeof nodes === 'number') return Array.from({ length: nodes }, (_, i) => ({ name: `n${i + 1}` }));
  return nodes.map((node) => (typeof node === 'string' ? { name: node } : node));
}

function checkNodes(nodes: readonly NodeSpec[], validator: Validator): void {
  const seen = new Set<string>();
  nodes.forEach(({ name }, i) => {
    if (isSymbolic(name))
      validator.refuse(`nodes[${i}]`, `must not be a symbolic target (${Object.keys(symbolicTargets).join(', ')})`, name);
    if (seen.has(name)) validator.refuse(`nodes[${i}]`, 'must have a name of its own', name);
    seen.add(name);
  });
}

function checkFault(fault: Fault, path: string, nodes: readonly string[], source: string, validator: Validator): void {
  for (const { path: below, target } of faultTargets(fault)) {
    if (nodes.includes(target) || isSymbolic(target) || (target === '*' && below.startsWith('links'))) continue;
    throw new LightconeError(
      'LC_SCENARIO_NODE',
      `${source}: \`${path}.${below}\` names ${show(target)}, which is no node of the scenario (${listed(nodes)})`,
      { source, path: `${path}.${below}`, value: target },
    );
  }
  if (fault.fault === 'delay' && fault.minMs > fault.maxMs)
    validator.refuse(`${path}.maxMs`, `must be at least minMs, ${fault.minMs}`, fault.maxMs);
  if (fault.fault === 'partition') checkOverlap(fault, path, source);
}

function checkOverlap(fault: Fault & { fault: 'partition' }, path: string, source: string): void {
  if (fault.shape !== 'groups') return;
  const seen = new Map<string, string>();
  for (const { path: below, target } of faultTargets(fault)) {
    const first = seen.get(target) ?? seen.get('all') ?? (target === 'all' ? [...seen.values()][0] : undefined);
    if (first !== undefined)
      throw new LightconeError(
        'LC_SCENARIO_OVERLAP',
        `${source}: \`${path}.${below}\` puts ${show(target)} where \`${path}.${first}\` already has it`,
        {
          source,
          path: `${path}.${below}`,
          value: target,
        },
      );
    seen.set(target, below);
  }
}

function listed(nodes: readonly string[]): string {
  return nodes.length <= 9 ? nodes.join(', ') : `${nodes.slice(0, 8).join(', ')} ... ${nodes.at(-1)}`;
}
