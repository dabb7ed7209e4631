import { expect, test } from 'vitest';
import { LightconeError, Random, Reader, type Schema, schema, Writer } from './index.ts';

type Message =
  | { readonly type: 'vote'; readonly term: number; readonly ok: boolean }
  | { readonly type: 'data'; readonly items: readonly Item[] };
interface Item {
  readonly name: string;
  readonly body: Uint8Array;
  readonly role: 'voter' | 'learner';
  readonly parent: number | null;
}

const item = schema.struct<Item>({
  name: schema.text,
  body: schema.bytes,
  role: schema.oneOf('voter', 'learner'),
  parent: schema.optional(schema.int),
});
const message: Schema<Message> = schema.union<Message>({
  vote: schema.struct({ term: schema.uint, ok: schema.bool }),
  data: schema.struct({ items: schema.list(item) }),
});

const encode = (value: Message): Uint8Array => {
  const w = new Writer();
  message.write(w, value);
  return w.take();
};

test('samples and their mutations survive the codec; a mutation is another value', () => {
  const random = new Random(7, 'schema');
  let changed = 0;
  for (let i = 0; i < 3000; i++) {
    const value = message.sample(random);
    const mutated = message.mutate(random, value);
    for (const it of [value, mutated]) {
      const r = new Reader(encode(it));
      expect(message.read(r)).toEqual(it);
      r.done();
    }
    if (Buffer.compare(encode(value), encode(mutated)) !== 0) changed++;
  }
  expect(changed).toBeGreaterThan(2900);
});

test('garbage and truncated bytes are refused with LC_CODEC, and nothing else', () => {
  const random = new Random(8, 'schema');
  for (let i = 0; i < 5000; i++) {
    const bytes =
      i % 2 === 0 ? encode(message.sample(random)).slice(0, -1) : Uint8Array.from({ length: random.below(30) }, () => random.below(256));
    try {
      const r = new Reader(bytes);
      const value = message.read(r);
      r.done();
      expect(encode(value)).toEqual(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(LightconeError);
      expect((error as LightconeError).code).toBe('LC_CODEC');
    }
  }
});

test('a length that the bytes cannot hold is refused before anything is allocated', () => {
  const w = new Writer();
  w.u8(1);
  w.uint(2 ** 40);
  expect(() => message.read(new Reader(w.take()))).toThrow(/cannot fit/);
});

test('a message is rendered for people', () => {
  const body = Uint8Array.of(1, 255);
  expect(message.render({ type: 'data', items: [{ name: 'a', body, role: 'voter', parent: null }] })).toBe(
    'data items=[name="a" body=#01ff role=voter parent=-]',
  );
});
