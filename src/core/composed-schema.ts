/** Schemas of composed messages and journal records: the address of a module, then what that module's own schema says. */
import type { Schema } from './schema.ts';

/** A message of module `module`, on its way to the same module of another node. */
export interface ModuleMessage {
  readonly module: string;
  readonly message: unknown;
}

export interface ModuleRecord {
  readonly module: string;
  readonly record: unknown;
}

/**
 * `record`: one record of one module; with `replaces` it stands for all earlier ones of that module. `journal`: the
 * whole journal of all modules, oldest first; a checkpoint of the composition.
 */
export type ComposedRecord =
  | { readonly type: 'record'; readonly entry: ModuleRecord; readonly replaces: boolean }
  | { readonly type: 'journal'; readonly entries: readonly ModuleRecord[] };

type Schemas = readonly (readonly [module: string, schema: Schema<unknown>])[];

/** Of `{ module, [field] }`, where `field`'s schema depends on the module. */
function addressed<F extends string>(schemas: Schemas, field: F): Schema<{ readonly module: string } & { readonly [K in F]: unknown }> {
  type Addressed = { readonly module: string } & { readonly [K in F]: unknown };
  const numberOf = new Map(schemas.map(([module], i) => [module, i]));
  const make = (module: string, content: unknown): Addressed => ({ module, [field]: content }) as unknown as Addressed;
  const schemaOf = ({ module }: Addressed): Schema<unknown> => (schemas[numberOf.get(module) as number] as Schemas[number])[1];
  return {
    write(w, item) {
      w.uint(numberOf.get(item.module) as number);
      schemaOf(item).write(w, item[field]);
    },
    read(r) {
      const [module, schema] = schemas[r.uint()] ?? r.fail('an unknown module');
      return make(module, schema.read(r));
    },
    sample(random) {
      const [module, schema] = random.pick(schemas);
      return make(module, schema.sample(random));
    },
    mutate: (random, item) => make(item.module, schemaOf(item).mutate(random, item[field])),
    render: (item) => `${item.module}/${schemaOf(item).render(item[field])}`,
  };
}

export const messageSchema = (schemas: Schemas): Schema<ModuleMessage> => addressed(schemas, 'message');

export function recordSchema(schemas: Schemas): Schema<ComposedRecord> {
  const entry = addressed(schemas, 'record');
  const one = (item: ModuleRecord, replaces: boolean): ComposedRecord => ({ type: 'record', entry: item, replaces });
  return {
    write(w, item) {
      if (item.type === 'record') {
        w.u8(item.replaces ? 1 : 0);
        entry.write(w, item.entry);
        return;
      }
      w.u8(2);
      w.uint(item.entries.length);
      for (const each of item.entries) entry.write(w, each);
    },
    read(r) {
      const kind = r.u8();
      if (kind < 2) return one(entry.read(r), kind === 1);
      if (kind > 2) r.fail(`${kind} is no kind of composed record`);
      const entries: ModuleRecord[] = [];
      for (let left = r.count(1); left > 0; left--) entries.push(entry.read(r));
      return { type: 'journal', entries };
    },
    sample(random) {
      if (random.below(4) > 0) return one(entry.sample(random), random.below(4) === 0);
      return { type: 'journal', entries: Array.from({ length: random.below(4) }, () => entry.sample(random)) };
    },
    mutate(random, item) {
      if (item.type === 'record') return one(entry.mutate(random, item.entry), item.replaces);
      if (item.entries.length === 0) return { type: 'journal', entries: [entry.sample(random)] };
      const at = random.below(item.entries.length);
      return { type: 'journal', entries: item.entries.map((each, i) => (i === at ? entry.mutate(random, each) : each)) };
    },
    render: (item) =>
      item.type === 'record'
        ? `${entry.render(item.entry)}${item.replaces ? ' (replaces)' : ''}`
        : `journal [${item.entries.map(entry.render).join('; ')}]`,
  };
}
