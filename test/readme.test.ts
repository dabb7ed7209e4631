import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../tools/rooms.ts';
import { printed, transcriptsIn, withoutTimes } from '../tools/transcripts.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const transcripts = transcriptsIn(readme);

describe('the README', () => {
  it('has transcripts', () => {
    expect(transcripts.length).toBeGreaterThanOrEqual(2);
  });

  it.each(transcripts)('$command prints what it shows (`npm run docs` rewrites it)', ({ command, shown }) => {
    expect(withoutTimes(printed(command))).toBe(withoutTimes(shown));
  });
});
