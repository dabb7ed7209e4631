import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LightconeError } from '../core/index.ts';
import { readScenario, readScenarioFile } from './index.ts';

const good = `# a comment
scenario: 1
name: cut
target: raft
nodes: [n1, n2, n3]
workload: { kind: kv, clients: 2, operations: 10 }
faults:
  - fault: partition
    shape: groups
    groups:
      - [n1]
      - [n2, n3]
    atMs: 100
`;
function refusal(text: string): string {
  try {
    readScenario(text, 's.yaml');
  } catch (error) {
    if (error instanceof LightconeError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

test('YAML and JSON give the same scenario', () => {
  const scenario = readScenario(good, 's.yaml');
  expect(scenario.faults).toEqual([{ fault: 'partition', shape: 'groups', groups: [['n1'], ['n2', 'n3']], atMs: 100 }]);
  expect(readScenario(JSON.stringify(scenario), 's.json')).toEqual(scenario);
});

test.each([
  [
    good.replace('[n2, n3]', '[n2, n9]'),
    'LC_SCENARIO_NODE s.yaml:12: `faults[0].groups[1][1]` names "n9", which is no node of the scenario (n1, n2, n3)',
  ],
  [
    good.replace('[n2, n3]', '[n2, n1]'),
    'LC_SCENARIO_OVERLAP s.yaml:12: `faults[0].groups[1][1]` puts "n1" where `faults[0].groups[0][0]` already has it',
  ],
  [good.replace('atMs: 100', 'atMs: -1'), 'LC_SCENARIO s.yaml:13: `faults[0].atMs` must be at least 0, not -1'],
  [good.replace('    atMs: 100\n', ''), 'LC_SCENARIO s.yaml:8: `faults[0].atMs` is required, not absent'],
  [good.replace('name: cut', 'name: [cut'), 'LC_SCENARIO s.yaml:4: not YAML: '],
  [`${good}name: again\n`, 'LC_SCENARIO s.yaml:14: not YAML: Map keys must be unique'],
  ['', 'LC_SCENARIO s.yaml: the scenario must be an object, not null'],
  ['- 1', 'LC_SCENARIO s.yaml:1: the scenario must be an object, not [1]'],
  ['--- 1\n--- 2\n', 'LC_SCENARIO s.yaml:2: not YAML: Source contains multiple documents'],
  ['a: &x [*x]\n', 'LC_SCENARIO s.yaml: its aliases unfold into too much, or into themselves'],
  ['a: !!js/function "x"\n', 'LC_SCENARIO s.yaml:1: not YAML: Unresolved tag'],
])('refused: %j', (text, message) => {
  expect(refusal(text).startsWith(message) ? message : refusal(text)).toBe(message);
});

test('a small file that unfolds into gigabytes is refused', () => {
  let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
  for (let i = 1; i < 12; i++) text += `a${i}: &a${i} [${Array(10).fill(`*a${i - 1}`)}]\n`;
  expect(refusal(text)).toBe('LC_SCENARIO s.yaml: its aliases unfold into too much, or into themselves');
});

test('a file that is not there, or a folder, is one sentence', async () => {
  await expect(readScenarioFile('no/such.yaml')).rejects.toMatchObject({
    code: 'LC_FILE',
    message: 'no/such.yaml cannot be read: there is no such file',
  });
  await expect(readScenarioFile('src')).rejects.toMatchObject({ code: 'LC_FILE', message: 'src cannot be read: it is a folder' });
});

test('the example of the reference page is a scenario', () => {
  const page = readFileSync(new URL('../../docs/reference/scenario.md', import.meta.url), 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(readScenario(example, 'example').faults).toHaveLength(2);
});

test('damaged files are refused with LightconeErrors only', () => {
  const mutation = fc.record({
    at: fc.nat(400),
    cut: fc.nat(4),
    put: fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('*', '&', '!', '? ', '\n', '\t', '{', ': ', '- ', '%', '<<: ')),
  });
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
      let text = good;
      for (const { at, cut, put } of mutations) text = text.slice(0, at % text.length) + put + text.slice((at % text.length) + cut);
      expect(refusal(text)).toMatch(/^(?:accepted|LC_SCENARIO)/);
    }),
    { numRuns: 1500 },
  );
});
