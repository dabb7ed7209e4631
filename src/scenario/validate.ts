/**
 * Judges a value by a JSON Schema of the keywords in JsonSchema; the first fault found is one sentence with its path
 * (`faults[2].groups[1]`) and value. Not a general validator: no references, no formats.
 */
import { LightconeError } from '../core/index.ts';
import type { JsonSchema } from './schema.ts';

/** An offending value as a short printable piece of text. */
export function show(value: unknown): string {
  if (value === undefined) return 'absent';
  let text: string;
  try {
    text = typeof value === 'bigint' || typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value);
  } catch {
    text = 'a value that refers to itself';
  }
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

export class Validator {
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  /** Throws LC_SCENARIO. `path` is empty for the whole. */
  check(schema: JsonSchema, value: unknown, path: string): void {
    if (schema.oneOf !== undefined) {
      this.check(this.#branch(schema.oneOf, value, path), value, path);
      return;
    }
    if (schema.const !== undefined && value !== schema.const) this.refuse(path, `must be ${show(schema.const)}`, value);
    if (schema.enum !== undefined && !schema.enum.includes(value)) this.refuse(path, `must be one of ${schema.enum.join(', ')}`, value);
    if (schema.type !== undefined && !isOfType(schema.type, value)) this.refuse(path, `must be ${article[schema.type]}`, value);
    if (typeof value === 'number') this.#number(schema, value, path);
    else if (typeof value === 'string') {
      if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
        this.refuse(path, `must be ${schema.description ?? 'a name'}`, value);
    } else if (Array.isArray(value)) this.#array(schema, value, path);
    else if (schema.type === 'object') this.#object(schema, value as { readonly [name: string]: unknown }, path);
  }

  refuse(path: string, must: string, value: unknown): never {
    const what = path === '' ? 'the scenario' : `\`${path}\``;
    throw new LightconeError('LC_SCENARIO', `${this.#source}: ${what} ${must}, not ${show(value)}`, { source: this.#source, path, value });
  }

  #number(schema: JsonSchema, value: number, path: string): void {
    if (schema.minimum !== undefined && value < schema.minimum) this.refuse(path, `must be at least ${schema.minimum}`, value);
    if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum)
      this.refuse(path, `must be more than ${schema.exclusiveMinimum}`, value);
    if (schema.maximum !== undefined && value > schema.maximum) this.refuse(path, `must be at most ${schema.maximum}`, value);
  }

  #array(schema: JsonSchema, value: readonly unknown[], path: string): void {
    if (schema.minItems !== undefined && value.length < schema.minItems)
      this.refuse(path, `must have at least ${schema.minItems} items`, value);
    if (schema.maxItems !== undefined && value.length > schema.maxItems)
      this.refuse(path, `must have at most ${schema.maxItems} items`, `${value.length} items`);
    const { items } = schema;
    if (items === undefined) return;
    for (let i = 0; i < value.length; i++) this.check(items, value[i], `${path}[${i}]`);
  }

  #object(schema: JsonSchema, value: { readonly [name: string]: unknown }, path: string): void {
    const properties = schema.properties ?? {};
    const prefix = path === '' ? '' : `${path}.`;
    for (const field of Object.keys(value)) {
      const known = Object.hasOwn(properties, field) ? properties[field] : undefined;
      if (known === undefined && schema.additionalProperties === true) continue;
      if (known === undefined) {
        const fields = Object.keys(properties).join(', ');
        throw new LightconeError('LC_SCENARIO', `${this.#source}: \`${prefix}${field}\` does not exist; the fields here are ${fields}`, {
          source: this.#source,
          path: `${prefix}${field}`,
        });
      }
      if (value[field] !== undefined) this.check(known, value[field], `${prefix}${field}`);
    }
    for (const field of schema.required ?? []) {
      if (!Object.hasOwn(value, field) || value[field] === undefined) this.refuse(`${prefix}${field}`, 'is required', undefined);
    }
  }

  /** The branch that a value is meant for: by type, then by one `const` property after the other. */
  #branch(branches: readonly JsonSchema[], value: unknown, path: string): JsonSchema {
    let left = branches.filter((branch) => branch.type === undefined || isOfType(branch.type, value));
    const kinds = [...new Set(branches.map((branch) => article[branch.type ?? 'object']))];
    if (left.length === 0) this.refuse(path, `must be ${kinds.join(' or ')}`, value);
    const fields = value as { readonly [name: string]: unknown };
    while (left.length > 1) {
      const [field, branch] = discriminator(left);
      const fitting = left.filter((candidate) => candidate.properties?.[field]?.const === fields[field]);
      const known = [...new Set(left.map((candidate) => String(candidate.properties?.[field]?.const)))];
      if (fitting.length === 0) this.refuse(`${path}.${field}`, `must be one of ${known.join(', ')}`, fields[field]);
      if (fitting.length === left.length) return branch;
      left = fitting;
    }
    return left[0] as JsonSchema;
  }
}

/** The first `const` property whose value differs among the branches. */
function discriminator(branches: readonly JsonSchema[]): readonly [string, JsonSchema] {
  const [first] = branches as [JsonSchema];
  for (const [field, schema] of Object.entries(first.properties ?? {})) {
    if (schema.const !== undefined && branches.some((branch) => branch.properties?.[field]?.const !== schema.const)) return [field, first];
  }
  return [Object.keys(first.properties ?? {})[0] ?? '', first];
}

const article = {
  object: 'an object',
  array: 'a list',
  string: 'text',
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
} as const;

function isOfType(type: NonNullable<JsonSchema['type']>, value: unknown): boolean {
  switch (type) {
    case 'object':
      return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
  }
}
