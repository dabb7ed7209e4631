import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LightconeError } from '../core/index.ts';
import { defineScenario, type JsonSchema, parseScenario, scenarioReference, scenarioSchema } from './index.ts';

const base = {
  scenario: 1,
  name: 'x',
  target: 'raft',
  nodes: ['n1', 'n2', { name: 'n3', zone: 'a' }],
  workload: { kind: 'register', clients: 3, operations: 10 },
};
const withFault = (fault: object) => ({ ...base, faults: [{ fault: 'restart', node: 'n1', atMs: 0 }, fault] });

function refusal(value: unknown): string {
  try {
    parseScenario(value, 'f.yaml');
  } catch (error) {
    if (error instanceof LightconeError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

test('defaults are filled in; nodes may be a number, names or specifications', () => {
  expect(parseScenario(base)).toEqual({
    ...base,
    nodes: [{ name: 'n1' }, { name: 'n2' }, { name: 'n3', zone: 'a' }],
    faults: [],
    checks: [],
    seed: 1,
  });
  expect(parseScenario({ ...base, nodes: 2 }).nodes).toEqual([{ name: 'n1' }, { name: 'n2' }]);
  const scenario = defineScenario({ name: 'y', target: 'raft', nodes: 3, workload: base.workload, seed: 9 });
  expect(parseScenario(scenario)).toEqual(scenario);
});

test('every kind of fault has an accepted form', () => {
  const faults = [
    { fault: 'partition', shape: 'groups', groups: [['n1', 'leader'], ['minority']] },
    { fault: 'partition', shape: 'one-way', from: ['n1'], to: ['n2', 'n3'] },
    { fault: 'partition', shape: 'bridge', bridge: 'n2' },
    { fault: 'partition', shape: 'ring' },
    { fault: 'partition', shape: 'isolate', node: 'leader' },
    { fault: 'loss', rate: 1, links: ['n1->n2', '*->leader'] },
    { fault: 'delay', minMs: 0, maxMs: 10 },
    { fault: 'duplicate', rate: 0 },
    { fault: 'reorder', rate: 0.5 },
    { fault: 'bandwidth', bytesPerSecond: 1000, links: ['n1->*'] },
    { fault: 'half-open' },
    { fault: 'slow-close', closeMs: 100 },
    ...['kill', 'pause', 'restart', 'disk-loss', 'torn-write', 'power-loss', 'disk-full'].map((fault) => ({ fault, node: 'all' })),
    { fault: 'slow-disk', node: 'n1', syncMs: 5 },
    { fault: 'clock-jump', node: 'n1', byMs: -5000 },
    { fault: 'clock-drift', node: 'n1', ppm: -200 },
    { fault: 'version', node: 'n1', version: 0 },
    { fault: 'adversary', node: 'n1', behaviour: 'equivocate' },
    { fault: 'action', node: 'leader', name: 'promote' },
  ].map((fault, i) => ({ ...fault, atMs: i, forMs: 1, optional: true }));
  expect(parseScenario({ ...base, faults }).faults).toEqual(faults);
  const kinds = scenarioSchema.properties?.faults?.items?.oneOf ?? [];
  expect(kinds.length).toBe(faults.length);
});

test.each<[unknown, string]>([
  [null, 'LC_SCENARIO f.yaml: the scenario must be an object, not null'],
  [{ ...base, scenario: 2 }, 'LC_SCENARIO f.yaml: `scenario` must be 1, not 2'],
  [{ ...base, nodes: 0 }, 'LC_SCENARIO f.yaml: `nodes` must be at least 1, not 0'],
  [{ ...base, nodes: 'n1' }, 'LC_SCENARIO f.yaml: `nodes` must be an integer or a list, not "n1"'],
  [{ ...base, nodes: ['n1', 'n1'] }, 'LC_SCENARIO f.yaml: `nodes[1]` must have a name of its own, not "n1"'],
  [
    { ...base, nodes: ['leader'] },
    'LC_SCENARIO f.yaml: `nodes[0]` must not be a symbolic target (leader, follower, minority, majority, all), not "leader"',
  ],
  [
    { ...base, nodes: [{ name: 'n1', zoen: 'a' }] },
    'LC_SCENARIO f.yaml: `nodes[0].zoen` does not exist; the fields here are name, zone, role, version',
  ],
  [{ ...base, workload: { kind: 'register', clients: 3 } }, 'LC_SCENARIO f.yaml: `workload.operations` is required, not absent'],
  [{ ...base, workload: { ...base.workload, readShare: 1.01 } }, 'LC_SCENARIO f.yaml: `workload.readShare` must be at most 1, not 1.01'],
  [{ ...base, seed: 1.5 }, 'LC_SCENARIO f.yaml: `seed` must be an integer, not 1.5'],
  [
    { ...base, sed: 1 },
    'LC_SCENARIO f.yaml: `sed` does not exist; the fields here are scenario, name, about, target, nodes, workload, faults, checks, seed, durationMs, settings',
  ],
  [
    withFault({ fault: 'explode', atMs: 1 }),
    'LC_SCENARIO f.yaml: `faults[1].fault` must be one of partition, loss, delay, duplicate, reorder, bandwidth, half-open, slow-close, kill, pause, restart, disk-loss, torn-write, power-loss, disk-full, slow-disk, clock-jump, clock-drift, version, adversary, action, not "explode"',
  ],
  [
    withFault({ atMs: 1 }),
    'LC_SCENARIO f.yaml: `faults[1].fault` must be one of partition, loss, delay, duplicate, reorder, bandwidth, half-open, slow-close, kill, pause, restart, disk-loss, torn-write, power-loss, disk-full, slow-disk, clock-jump, clock-drift, version, adversary, action, not absent',
  ],
  [
    withFault({ fault: 'partition', shape: 'star', atMs: 1 }),
    'LC_SCENARIO f.yaml: `faults[1].shape` must be one of groups, one-way, bridge, ring, isolate, not "star"',
  ],
  [
    withFault({ fault: 'kill', node: 'n1', rate: 1, atMs: 1 }),
    'LC_SCENARIO f.yaml: `faults[1].rate` does not exist; the fields here are fault, node, atMs, forMs, optional',
  ],
  [withFault({ fault: 'kill', node: 'n1' }), 'LC_SCENARIO f.yaml: `faults[1].atMs` is required, not absent'],
  [withFault({ fault: 'kill', node: 'n1', atMs: -1 }), 'LC_SCENARIO f.yaml: `faults[1].atMs` must be at least 0, not -1'],
  [withFault({ fault: 'kill', node: 'n1', atMs: 0, forMs: 0 }), 'LC_SCENARIO f.yaml: `faults[1].forMs` must be more than 0, not 0'],
  [
    withFault({ fault: 'kill', node: 'n9', atMs: 1 }),
    'LC_SCENARIO_NODE f.yaml: `faults[1].node` names "n9", which is no node of the scenario (n1, n2, n3)',
  ],
  [withFault({ fault: 'loss', rate: 2, atMs: 1 }), 'LC_SCENARIO f.yaml: `faults[1].rate` must be at most 1, not 2'],
  [withFault({ fault: 'loss', rate: -0.1, atMs: 1 }), 'LC_SCENARIO f.yaml: `faults[1].rate` must be at least 0, not -0.1'],
  [
    withFault({ fault: 'loss', rate: 1, links: ['n1-n2'], atMs: 1 }),
    'LC_SCENARIO f.yaml: `faults[1].links[0]` must be a->b: what a sends to b; * stands for every node, not "n1-n2"',
  ],
  [
    withFault({ fault: 'loss', rate: 1, links: ['n1->n7'], atMs: 1 }),
    'LC_SCENARIO_NODE f.yaml: `faults[1].links[0]` names "n7", which is no node of the scenario (n1, n2, n3)',
  ],
  [withFault({ fault: 'delay', minMs: 5, maxMs: 4, atMs: 1 }), 'LC_SCENARIO f.yaml: `faults[1].maxMs` must be at least minMs, 5, not 4'],
  [
    withFault({
      fault: 'partition',
      shape: 'groups',
      groups: [
        ['n1', 'n2'],
        ['n3', 'n2'],
      ],
      atMs: 1,
    }),
    'LC_SCENARIO_OVERLAP f.yaml: `faults[1].groups[1][1]` puts "n2" where `faults[1].groups[0][1]` already has it',
  ],
  [
    withFault({ fault: 'partition', shape: 'groups', groups: [['n1'], ['all']], atMs: 1 }),
    'LC_SCENARIO_OVERLAP f.yaml: `faults[1].groups[1][0]` puts "all" where `faults[1].groups[0][0]` already has it',
  ],
  [
    withFault({ fault: 'partition', shape: 'groups', groups: [['n1'], ['n5']], atMs: 1 }),
    'LC_SCENARIO_NODE f.yaml: `faults[1].groups[1][0]` names "n5", which is no node of the scenario (n1, n2, n3)',
  ],
])('refused: %j', (value, message) => {
  expect(refusal(value)).toBe(message);
});

test('any value is either a scenario, again accepted as it is, or one of the three refusals', () => {
  const fault = fc.record(
    {
      fault: fc.constantFrom('partition', 'kill', 'loss', 'x'),
      shape: fc.constantFrom('groups', 'ring', 'isolate'),
      groups: fc.array(fc.array(fc.constantFrom('n1', 'n2', 'leader', 'n9'), { maxLength: 2 }), { maxLength: 3 }),
      node: fc.constantFrom('n1', 'all', 7),
      rate: fc.double(),
      links: fc.array(fc.constantFrom('n1->n2', '*->*', 'n1->')),
      atMs: fc.oneof(fc.integer(), fc.anything()),
    },
    { requiredKeys: ['fault', 'atMs'] },
  );
  const anything = fc.oneof(
    fc.anything(),
    fc.record({
      ...Object.fromEntries(Object.entries(base).map(([key, value]) => [key, fc.constant(value)])),
      faults: fc.array(fault, { maxLength: 2 }),
    }),
  );
  let accepted = 0;
  fc.assert(
    fc.property(anything, (value) => {
      try {
        const scenario = parseScenario(value);
        accepted++;
        expect(parseScenario(scenario)).toEqual(scenario);
      } catch (error) {
        if (!(error instanceof LightconeError)) throw error;
        expect(error.code).toMatch(/^LC_SCENARIO/);
      }
    }),
    { numRuns: 4000 },
  );
  expect(accepted).toBeGreaterThan(100);
});

test('the schema uses only keywords that the validator knows, and describes every field', () => {
  const known = [
    '$schema',
    '$id',
    'title',
    'description',
    'default',
    'type',
    'const',
    'enum',
    'properties',
    'required',
    'additionalProperties',
    'items',
    'minItems',
    'maxItems',
    'minimum',
    'exclusiveMinimum',
    'maximum',
    'pattern',
    'oneOf',
  ];
  const visit = (schema: JsonSchema, path: string): void => {
    expect([path, Object.keys(schema).filter((keyword) => !known.includes(keyword))]).toEqual([path, []]);
    for (const [field, property] of Object.entries(schema.properties ?? {})) {
      if (property.const === undefined && property.items === undefined)
        expect([`${path}.${field}`, property.description]).not.toEqual([`${path}.${field}`, undefined]);
      visit(property, `${path}.${field}`);
    }
    if (schema.items !== undefined) visit(schema.items, `${path}[]`);
    schema.oneOf?.forEach((branch, i) => {
      visit(branch, `${path}/${i}`);
    });
  };
  visit(scenarioSchema, '');
});

test('the reference page and the schema file are generated from the schema', () => {
  const page = new URL('../../docs/reference/scenario.md', import.meta.url);
  const file = new URL('../../docs/reference/scenario.schema.json', import.meta.url);
  const text = readFileSync(page, 'utf8');
  const generated = text.replace(
    /(<!-- generated[^\n]*-->\n)[\s\S]*(<!-- end -->)/,
    (_all, start, end) => `${start}\n${scenarioReference()}\n\n${end}`,
  );
  const schema = `${JSON.stringify(scenarioSchema, null, 2)}\n`;
  if (process.env.LIGHTCONE_UPDATE_DOCS === '1') {
    writeFileSync(page, generated);
    writeFileSync(file, schema);
  }
  expect(readFileSync(page, 'utf8')).toBe(generated);
  expect(readFileSync(file, 'utf8')).toBe(schema);
});
