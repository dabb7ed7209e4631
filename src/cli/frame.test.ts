import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InvariantViolation, LightconeError } from '../core/index.ts';
import { Arguments } from './arguments.ts';
import { run } from './main.ts';
import { nearest } from './nearest.ts';
import { writeOutput } from './output-file.ts';
import { recordingIo } from './testing.ts';
import type { Verb } from './verb.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ask: Verb = {
  name: 'ask',
  summary: 'Is anybody there?',
  positionals: [{ name: 'protocol', required: true, choices: ['raft', '2pc'], summary: 'whom to ask' }],
  options: [
    { name: 'nodes', kind: 'integer', value: 'N', min: 1, max: 64, summary: 'how many' },
    { name: 'faults', kind: 'choice', value: 'SET', choices: ['none', 'partitions', 'all'], summary: 'which faults', default: 'all' },
    { name: 'seed', kind: 'integer', value: 'S', summary: 'one seed', excludes: ['seeds'] },
    { name: 'seeds', kind: 'integer', value: 'N', min: 1, summary: 'how many seeds' },
    { name: 'check', kind: 'text', value: 'NAME', summary: 'what to check', repeats: true },
    { name: 'json', kind: 'flag', summary: 'as JSON' },
  ],
  examples: [['ask raft --nodes 3', 'asks three']],
  run: async (args, io) => {
    io.out(JSON.stringify([args.positionals, args.integer('nodes'), args.text('faults'), args.texts('check'), args.has('json')]));
    return 4;
  },
};

const failing = (error: unknown): Verb => ({ ...ask, positionals: [], run: () => Promise.reject(error) });

async function ran(args: readonly string[], verb: Verb = ask): Promise<{ code: number; out: string; err: string }> {
  const io = recordingIo();
  const code = await run(args, io, [verb]);
  return { code, out: io.outText(), err: io.errText() };
}

describe('arguments', () => {
  it('arrive at the verb, whose exit code is the exit code', async () => {
    const { code, out } = await ran(['ask', 'raft', '--nodes=5', '--faults', 'none', '--json', '--check', 'a', '--check', 'b']);
    expect([code, JSON.parse(out)]).toEqual([4, [['raft'], 5, 'none', ['a', 'b'], true]]);
  });

  it.each([
    [['asc'], 'there is no verb "asc"; did you mean ask?'],
    [['--hlep'], 'there is no option --hlep before the verb; did you mean --help?'],
    [['ask'], 'ask needs a protocol: raft, 2pc'],
    [['ask', 'rft'], 'there is no protocol "rft"; did you mean raft?'],
    [['ask', 'raft', 'paxos'], 'ask does not know what to do with "paxos"'],
    [['ask', 'raft', '--nods', '3'], 'ask has no option --nods; did you mean --nodes?'],
    [['ask', 'raft', '-j'], 'ask has no option -j; there are: --nodes, --faults, --seed, --seeds, --check, --json'],
    [['ask', 'raft', '--nodes'], '--nodes needs a value (N)'],
    [['ask', 'raft', '--nodes', '--json'], '--nodes needs a value (N), not --json'],
    [['ask', 'raft', '--nodes='], '--nodes needs a value (N)'],
    [['ask', 'raft', '--nodes', 'five'], '--nodes takes a whole number, not "five"'],
    [['ask', 'raft', '--nodes', '3.5'], '--nodes takes a whole number, not "3.5"'],
    [['ask', 'raft', '--nodes', '0'], '--nodes takes a number from 1 to 64, not 0'],
    [['ask', 'raft', '--nodes', '-3'], '--nodes takes a number from 1 to 64, not -3'],
    [['ask', 'raft', '--seeds', '0'], '--seeds takes a number at least 1, not 0'],
    [['ask', 'raft', '--seed', '99999999999999999999'], '--seed takes a whole number, not "99999999999999999999"'],
    [['ask', 'raft', '--nodes', '3', '--nodes', '4'], '--nodes is given twice (3 and 4)'],
    [['ask', 'raft', '--faults', 'partition'], '--faults does not know "partition"; did you mean partitions?'],
    [['ask', 'raft', '--faults', 'x'], '--faults does not know "x"; there are: none, partitions, all'],
    [['ask', 'raft', '--seed', '1', '--seeds', '2'], '--seed and --seeds do not go together: leave one out'],
    [['ask', 'raft', '--json=yes'], '--json takes no value, but was given "yes"'],
  ])('%j: one sentence, exit 2', async (args, sentence) => {
    expect(await ran(args)).toEqual({ code: 2, out: '', err: `LC_USAGE: ${sentence}\n` });
  });

  it('a number may have underscores', async () => {
    expect((await ran(['ask', 'raft', '--seeds', '1_000'])).code).toBe(4);
  });
});

describe('help', () => {
  it('bare: three next commands, exit 0', async () => {
    const { code, out } = await ran([]);
    expect([code, out.match(/^ {2}npx lightcone/gm)?.length]).toEqual([0, 3]);
  });

  it.each([[['help', 'ask']], [['ask', '--help']], [['ask', 'rubbish', '-h']]])(
    '%j names arguments, options with bounds, examples',
    async (args) => {
      const { code, out } = await ran(args);
      expect(code).toBe(0);
      expect(out).toContain('Usage: npx lightcone ask <protocol> [options]');
      expect(out).toMatch(/--nodes N +how many \(1 to 64\)/);
      expect(out).toMatch(/--faults SET +which faults \(none, partitions, all\) \[all\]/);
      expect(out).toMatch(/npx lightcone ask raft --nodes 3 +asks three/);
    },
  );

  it('--version is that of package.json', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect((await ran(['--version'])).out).toBe(`${version}\n`);
  });
});

describe('errors', () => {
  it.each([
    [new LightconeError('LC_SCENARIO_NODE', 'there is no node n9'), 2, 'LC_SCENARIO_NODE: there is no node n9\n'],
    [new LightconeError('LC_INTERRUPTED', 'interrupted: 3 of 9 seeds'), 130, 'interrupted: 3 of 9 seeds\n'],
    [new InvariantViolation('log-matching', 'n1 and n2 differ at 7'), 1, 'broken invariant log-matching: n1 and n2 differ at 7\n'],
    [new TypeError('x is undefined'), 5, 'LC_BUG: x is undefined (report it with the command; LIGHTCONE_DEBUG=1 shows the stack)\n'],
    [
      Object.assign(new Error('no'), { code: 'ENOENT', syscall: 'open', path: 'a.jsonl' }),
      2,
      'LC_FILE: a.jsonl cannot be used: there is no such file or folder\n',
    ],
    [Object.assign(new Error('no'), { code: 'ENOSPC', syscall: 'write', path: 'b' }), 5, 'LC_DISK_FULL: no space is left to write b\n'],
  ])('%s', async (error, code, err) => {
    expect(await ran(['ask'], failing(error))).toEqual({ code, out: '', err });
  });
});

describe('output files', () => {
  it('appear whole, with nothing left beside them', () => {
    const path = join(folder, 'a.json');
    writeOutput(path, '{}');
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['{}', ['a.json']]);
  });

  it('are never overwritten', () => {
    const path = join(folder, 'mine.txt');
    writeFileSync(path, 'mine');
    expect(() => writeOutput(path, 'yours')).toThrow(/mine\.txt is there already, and nothing is overwritten/);
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('that cannot be written are one sentence, and leave nothing behind', () => {
    const path = join(folder, 'no', 'where.txt');
    expect(() => writeOutput(path, 'x')).toThrow(/where\.txt cannot be used: there is no such file or folder/);
    expect(existsSync(path)).toBe(false);
  });
});

describe('the nearest name', () => {
  it('is the one with the fewest edits, if these are few', () => {
    expect(nearest('simluate', ['simulate', 'validate'])).toBe('simulate');
    expect(nearest('val', ['simulate', 'validate'])).toBe('validate');
    expect(nearest('xyz', ['simulate', 'validate'])).toBeNull();
  });

  it('Arguments without a value are undefined', () => {
    expect(new Arguments([], new Map()).integer('nodes')).toBeUndefined();
  });
});
