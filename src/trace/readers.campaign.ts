import { expect, test } from 'vitest';
import { fuzzReaders } from './testing.ts';

test('300,000 damaged inputs end as a view or a LightconeError, however they are cut into pieces', () => {
  expect(fuzzReaders(300_000, 1_000_000)).toBeGreaterThan(30_000);
});
