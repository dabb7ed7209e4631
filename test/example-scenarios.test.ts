import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeScenario, readScenarioFile } from '../src/runner/index.ts';
import { raftSubject } from '../src/simulator/index.ts';
import { initModule } from '../tools/init-files.ts';
import { root } from '../tools/rooms.ts';

const folder = join(root, 'examples', 'scenarios');

describe('the scenarios that come along', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('%s holds on the simulator', async (name) => {
    expect(judgeScenario(await readScenarioFile(join(folder, name)), raftSubject()).verdict).toBe('pass');
  });
});

it('`lightcone init` writes the example that is tested (node tools/init-files.ts)', () => {
  const plain = (text: string): string => text.replace(/\s+/g, '');
  expect(plain(readFileSync(join(root, 'src', 'cli', 'init-files.ts'), 'utf8'))).toBe(plain(initModule()));
});
