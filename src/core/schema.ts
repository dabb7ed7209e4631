/**
 * One description of a type, from which come its codec, fuzzer, mutator and renderer. Protocols export one schema
 * for their messages and one for their journal records.
 */
import type { Reader, Writer } from './codec.ts';
import type { Random } from './random.ts';
import { equalValues, type Value } from './value.ts';

export interface Schema<T> {
  write(writer: Writer, value: T): void;
  /** Throws LC_CODEC on bytes that `write` cannot have written. */
  read(reader: Reader): T;
  /** A random member, small ones mostly. */
  sample(random: Random): T;
  /** A neighbour of `value`, changed in one place where the type has more than one member. */
  mutate(random: Random, value: T): T;
  /** For people. */
  render(value: T): string;
}

export type TypeOf<S> = S extends Schema<infer T> ? T : never;

/** Small mostly, sometimes at the edges. */
function sampleUint(random: Random): number {
  const kind = random.below(16);
  if (kind === 0) return Number.MAX_SAFE_INTEGER - random.below(3);
  if (kind < 3) return random.u32();
  return random.below(8);
}

export const uint: Schema<number> = {
  write: (w, value) => w.uint(value),
  read: (r) => r.uint(),
  sample: sampleUint,
  mutate: (random, value) =>
    random.below(4) === 0
      ? sampleUint(random)
      : value > 0 && random.below(2) === 0
        ? value - 1
        : Math.min(value + 1, Number.MAX_SAFE_INTEGER),
  render: String,
};

export const int: Schema<number> = {
  write: (w, value) => w.int(value),
  read: (r) => r.int(),
  sample: (random) => (random.below(2) === 0 ? sampleUint(random) : 0 - sampleUint(random)),
  mutate: (random, value) => {
    const next = random.below(2) === 0 ? value - 1 : value + 1;
    return Number.isSafeInteger(next) ? next : 0;
  },
  render: String,
};

export const bool: Schema<boolean> = {
  write: (w, value) => w.bool(value),
  read: (r) => r.bool(),
  sample: (random) => random.below(2) === 0,
  mutate: (_random, value) => !value,
  render: String,
};

const letters = 'abcdxyz';

export const text: Schema<string> = {
  write: (w, value) => w.text(value),
  read: (r) => r.text(),
  sample: (random) => Array.from({ length: random.below(5) }, () => letters[random.below(letters.length)]).join(''),
  mutate: (random, value) => `${value}${letters[random.below(letters.length)]}`,
  render: (value) => JSON.stringify(value),
};

export const bytes: Schema<Uint8Array> = {
  write: (w, value) => w.blob(value),
  read: (r) => r.blob(),
  sample: (random) => Uint8Array.from({ length: random.below(6) }, () => random.below(256)),
  mutate: (random, value) => {
    if (value.length === 0) return Uint8Array.of(random.below(256));
    const changed = value.slice();
    const at = random.below(changed.length);
    changed[at] = ((changed[at] as number) + 1 + random.below(255)) & 255;
    return changed;
  },
  render: (value) =>
    value.length > 8 ? `${value.length} bytes` : `#${Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')}`,
};

function sampleValue(random: Random, depth: number): Value {
  switch (random.below(depth > 2 ? 5 : 7)) {
    case 0:
      return null;
    case 1:
      return bool.sample(random);
    case 2:
      return int.sample(random);
    case 3:
      return text.sample(random);
    case 4:
      return bytes.sample(random);
    case 5:
      return Array.from({ length: random.below(3) }, () => sampleValue(random, depth + 1));
    default:
      return { [text.sample(random)]: sampleValue(random, depth + 1) };
  }
}

/** Any deterministic value: operations, state machine results. */
export const value: Schema<Value> = {
  write: (w, item) => w.value(item),
  read: (r) => r.value(),
  sample: (random) => sampleValue(random, 0),
  mutate: (random, item) => {
    for (;;) {
      const other = sampleValue(random, 0);
      if (!equalValues(other, item)) return other;
    }
  },
  render: renderValue,
};

/** JSON, with bytes as `#hex`. */
export function renderValue(item: Value): string {
  if (item instanceof Uint8Array) return bytes.render(item);
  if (Array.isArray(item)) return `[${item.map(renderValue).join(',')}]`;
  if (item !== null && typeof item === 'object') {
    return `{${Object.entries(item)
      .map(([key, inner]) => `${JSON.stringify(key)}:${renderValue(inner)}`)
      .join(',')}}`;
  }
  return JSON.stringify(item);
}

export function list<T>(item: Schema<T>): Schema<readonly T[]> {
  return {
    write(w, items) {
      w.uint(items.length);
      for (let i = 0; i < items.length; i++) item.write(w, items[i] as T);
    },
    read(r) {
      const items: T[] = [];
      for (let left = r.count(1); left > 0; left--) items.push(item.read(r));
      return items;
    },
    sample: (random) => Array.from({ length: random.below(4) }, () => item.sample(random)),
    mutate(random, items) {
      const kind = items.length === 0 ? 0 : random.below(3);
      if (kind === 0) return [...items, item.sample(random)];
      const at = random.below(items.length);
      if (kind === 1) return items.filter((_, i) => i !== at);
      return items.map((it, i) => (i === at ? item.mutate(random, it) : it));
    },
    render: (items) => `[${items.map(item.render).join(' ')}]`,
  };
}

/** The member or null. */
export function optional<T>(item: Schema<T>): Schema<T | null> {
  return {
    write(w, it) {
      w.bool(it !== null);
      if (it !== null) item.write(w, it);
    },
    read: (r) => (r.bool() ? item.read(r) : null),
    sample: (random) => (random.below(3) === 0 ? null : item.sample(random)),
    mutate: (random, it) => (it === null ? item.sample(random) : random.below(4) === 0 ? null : item.mutate(random, it)),
    render: (it) => (it === null ? '-' : item.render(it)),
  };
}

export function oneOf<const T extends string>(...names: readonly T[]): Schema<T> {
  const indexOf = new Map(names.map((name, i) => [name as string, i]));
  return {
    write: (w, name) => w.u8(indexOf.get(name) as number),
    read: (r) => names[r.u8()] ?? r.fail('an unknown name'),
    sample: (random) => random.pick(names),
    mutate: (random, name) => (names.length < 2 ? name : random.pick(names.filter((other) => other !== name))),
    render: String,
  };
}

type Fields<T> = { readonly [K in keyof T]: Schema<T[K]> };

/** Fields in the order given; every decoded object has the same hidden class. */
export function struct<T extends object>(fields: Fields<T>): Schema<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  const schemas = names.map((name) => fields[name] as Schema<T[typeof name]>);
  const build = (make: (schema: Schema<T[keyof T & string]>) => T[keyof T & string]): T => {
    const object: Partial<T> = {};
    for (let i = 0; i < names.length; i++) object[names[i] as keyof T & string] = make(schemas[i] as Schema<T[keyof T & string]>);
    return object as T;
  };
  return {
    write(w, object) {
      for (let i = 0; i < names.length; i++) (schemas[i] as Schema<T[keyof T & string]>).write(w, object[names[i] as keyof T & string]);
    },
    read: (r) => build((schema) => schema.read(r)),
    sample: (random) => build((schema) => schema.sample(random)),
    mutate(random, object) {
      if (names.length === 0) return object;
      const at = random.below(names.length);
      const name = names[at] as keyof T & string;
      return { ...object, [name]: (schemas[at] as Schema<T[keyof T & string]>).mutate(random, object[name]) };
    },
    render: (object) => names.map((name, i) => `${name}=${(schemas[i] as Schema<T[keyof T & string]>).render(object[name])}`).join(' '),
  };
}

type Variants<T extends { readonly type: string }> = { readonly [K in T['type']]: Schema<Omit<Extract<T, { readonly type: K }>, 'type'>> };

/** A union told apart by its `type` field. */
export function union<T extends { readonly type: string }>(variants: Variants<T>): Schema<T> {
  const types = Object.keys(variants) as T['type'][];
  const tags = new Map(types.map((type, i) => [type as string, i]));
  const schemaOf = (type: T['type']): Schema<object> => variants[type] as unknown as Schema<object>;
  const withType = (type: T['type'], body: object): T => ({ type, ...body }) as unknown as T;
  return {
    write(w, item) {
      w.u8(tags.get(item.type) as number);
      schemaOf(item.type).write(w, item);
    },
    read(r) {
      const type = types[r.u8()] ?? r.fail('an unknown type');
      return withType(type, schemaOf(type).read(r));
    },
    sample(random) {
      const type = random.pick(types);
      return withType(type, schemaOf(type).sample(random));
    },
    mutate: (random, item) => withType(item.type, schemaOf(item.type).mutate(random, item)),
    render: (item) => `${item.type} ${schemaOf(item.type).render(item)}`.trimEnd(),
  };
}
