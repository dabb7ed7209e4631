/** The reference page's tables of fields and faults, generated from the schema. */
import { type JsonSchema, scenarioSchema } from './schema.ts';
import { symbolicTargets } from './targets.ts';

/** Markdown. The page docs/reference/scenario.md holds it between its `generated` marks; a test compares. */
export function scenarioReference(): string {
  const { properties = {} } = scenarioSchema;
  const nodeBranch = properties.nodes?.oneOf
    ?.find((branch) => branch.type === 'array')
    ?.items?.oneOf?.find((branch) => branch.type === 'object');
  return [
    '### Fields',
    fields(scenarioSchema, [
      'scenario',
      'name',
      'about',
      'target',
      'nodes',
      'workload',
      'faults',
      'checks',
      'seed',
      'durationMs',
      'settings',
    ]),
    '### `nodes[i]`',
    fields(nodeBranch ?? {}),
    '### `workload`',
    fields(properties.workload ?? {}),
    '### `faults[i]`',
    'Every fault has `atMs`, and may have `forMs` and `optional`:',
    fields(faultBranches()[0] ?? {}, ['atMs', 'forMs', 'optional']),
    table(['fault', 'own fields', 'what happens'], faultBranches().map(faultRow)),
    '### Symbolic targets',
    table(
      ['target', 'who that is when the fault starts'],
      Object.entries(symbolicTargets).map(([target, meaning]) => [`\`${target}\``, meaning]),
    ),
  ].join('\n\n');
}

function faultBranches(): readonly JsonSchema[] {
  return scenarioSchema.properties?.faults?.items?.oneOf ?? [];
}

function faultRow(branch: JsonSchema): string[] {
  const { fault, shape, atMs: _at, forMs: _for, optional: _optional, ...own } = branch.properties ?? {};
  const kind = `\`${fault?.const}\`${shape === undefined ? '' : `, shape \`${shape.const}\``}`;
  const names = Object.keys(own).map((field) => `\`${field}\`${branch.required?.includes(field) ? '' : ' (optional)'}`);
  return [kind, names.length === 0 ? '-' : names.join(', '), branch.description ?? ''];
}

function fields(schema: JsonSchema, only?: readonly string[]): string {
  const entries = Object.entries(schema.properties ?? {}).filter(([field]) => only === undefined || only.includes(field));
  return table(
    ['field', 'type', 'meaning'],
    entries.map(([field, property]) => [
      `\`${field}\`${schema.required?.includes(field) ? '' : ' (optional)'}`,
      typeOf(property),
      `${property.description ?? ''}${property.default === undefined ? '' : ` (default: ${JSON.stringify(property.default)})`}`,
    ]),
  );
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.join(' / ');
  if (schema.oneOf !== undefined) return schema.oneOf.map(typeOf).join(' or ');
  const low = schema.minimum ?? (schema.exclusiveMinimum === undefined ? undefined : `more than ${schema.exclusiveMinimum}`);
  const range = [low, schema.maximum].filter((bound) => bound !== undefined).join(' to ');
  const type =
    schema.type === 'array' ? `list of ${schema.items === undefined ? 'anything' : typeOf(schema.items)}` : (schema.type ?? 'anything');
  return range === '' ? type : `${type}, ${range}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
