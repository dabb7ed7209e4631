import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseReplay, simulate } from '../simulator/index.ts';
import { run } from './main.ts';
import { protocolNamed } from './protocols/index.ts';
import { rerunCommand } from './rerun.ts';
import { untilMs } from './simulate.ts';
import { recordingIo } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-verbs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function lightcone(line: string): Promise<{ code: number; out: string; err: string }> {
  const io = recordingIo();
  const code = await run(line.split(' '), io);
  return { code, out: io.outText(), err: io.errText() };
}

/** The command that a run says repeats it, as a line for `lightcone`. */
const again = (out: string): string => /again: npx lightcone (.*)/i.exec(out)?.[1] ?? 'none';

describe('lightcone simulate', () => {
  it('a correct Raft passes, and says what its runs reached', async () => {
    const { code, out } = await lightcone('simulate raft --seeds 5');
    expect([code, out]).toEqual([0, expect.stringMatching(/^PASS {4}no violation in 5 seeds/m)]);
    expect(out).toMatch(/reached: [a-z-]+ \d/);
    expect(again(out)).toBe('simulate raft --seeds 5');
  });

  it.each(['double-vote', 'no-up-to-date-check', 'ack-before-persist'])(
    'finds %s, makes it small, and names the command that repeats it',
    async (mutant) => {
      const first = await lightcone(`simulate raft --mutant ${mutant}`);
      expect([first.code, first.out]).toEqual([1, expect.stringMatching(/^VIOLATION {2}[a-z-]+ at seed \d+, step [\d,]+/m)]);
      expect(first.out).toMatch(/^Made small: \d+ of \d+ nodes, \d+ of \d+ faults/m);
      const second = await lightcone(again(first.out));
      const violation = (out: string): string | undefined => /^VIOLATION {2}([a-z-]+ at seed \d+, step [\d,]+)/m.exec(out)?.[1];
      expect([second.code, violation(second.out)]).toEqual([1, violation(first.out)]);
    },
  );

  it('liars leave somebody honest to be judged', async () => {
    const { code, err } = await lightcone('simulate pbft --nodes 4 --liars 4');
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^LC_USAGE: --liars 4 of --nodes 4 leaves nobody honest to be judged: take fewer$/m),
    ]);
  });

  it('saves a small failing run that replays to the same violation', async () => {
    const file = join(folder, 'failure.json');
    const { code, out } = await lightcone(`simulate raft --mutant double-vote --json --save ${file}`);
    const report = JSON.parse(out) as { verdict: string; violation: { invariant: string }; replay: unknown };
    const replay = parseReplay(JSON.parse(readFileSync(file, 'utf8')));
    const result = simulate(protocolNamed('raft').subject('double-vote'), replay.plan);
    expect([code, report.verdict, replay.violation?.invariant]).toEqual([1, 'violation', report.violation.invariant]);
    expect([result.violation, result.hash]).toEqual([replay.violation, replay.hash]);
    const repeated = await lightcone(`simulate raft --scenario ${file}`);
    expect([repeated.code, repeated.out]).toEqual([1, expect.stringMatching(/^The run is the one that was saved, to the byte\.$/m)]);
    expect(repeated.out).toMatch(/^A saved run of raft, mutant double-vote/);
    expect((await lightcone(`simulate paxos --scenario ${file}`)).err).toMatch(/^LC_USAGE: .* is a run of raft, not of paxos/);
    expect((await lightcone(`simulate raft --scenario ${file} --seed 4`)).err).toMatch(/^LC_USAGE: .*--seed does not go with it/);
    // Another bug than the one that was saved.
    const other = await lightcone(`simulate raft --scenario ${file} --mutant hides-the-leader --json`);
    expect([other.code, JSON.parse(other.out)]).toEqual([0, expect.objectContaining({ verdict: 'pass', as_saved: false })]);
    expect((await lightcone(`simulate raft --seeds 1 --save ${file}`)).err).toMatch(/^LC_FILE_EXISTS: .*failure\.json is there already/);
  });

  it('writes the small failing run, or a scenario, as one page; nothing where there is no violation', async () => {
    const [small, scenario, none] = ['small.html', 'scenario.html', 'none.html'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    expect((await lightcone(`simulate raft --mutant double-vote --html ${small}`)).code).toBe(1);
    expect(readFileSync(small, 'utf8')).toMatch(/<title>raft: [a-z-]+ at seed \d+/);
    expect((await lightcone(`simulate raft --mutant double-vote --html ${small}`)).err).toMatch(/^LC_FILE_EXISTS/);
    expect((await lightcone(`simulate raft --scenario examples/scenarios/calm.yaml --html ${scenario}`)).code).toBe(0);
    expect(readFileSync(scenario, 'utf8')).toContain('PASS: every check that applies holds.');
    expect((await lightcone(`simulate raft --seeds 1 --html ${none}`)).err).toContain(`No violation: ${none} was not written.`);
  });

  it('lists the mutants, the three of the issue among them', async () => {
    const { code, out } = await lightcone('simulate raft --mutant list');
    expect(code).toBe(0);
    for (const id of ['double-vote', 'vote-not-persisted', 'no-up-to-date-check']) expect(out).toMatch(new RegExp(`^ {2}${id} +\\S`, 'm'));
  });

  it('explores small worlds, and tells the shortest way to what is broken', async () => {
    const { code, out } = await lightcone('simulate raft --explore --mutant double-vote');
    expect([code, out]).toEqual([1, expect.stringMatching(/^VIOLATION {2}election-safety, after \d+ actions:/m)]);
  });

  it('two-phase commit passes; a mutant of it is found, made small, and its run named', async () => {
    const passed = await lightcone('simulate 2pc --seeds 5 --faults kill,partition --nodes 3');
    expect([passed.code, passed.out]).toEqual([0, expect.stringMatching(/^PASS {4}no violation in 5 seeds/m)]);
    const first = await lightcone('simulate 2pc --mutant commit-on-missing-vote');
    expect([first.code, first.out]).toEqual([1, expect.stringMatching(/^VIOLATION {2}validity at seed \d+, step [\d,]+/m)]);
    expect(first.out).toMatch(/│.* vote tx=/);
    expect((await lightcone(again(first.out))).code).toBe(1);
    const listed = await lightcone('simulate 2pc --mutant list --json');
    expect((JSON.parse(listed.out) as { id: string }[]).map(({ id }) => id)).toContain('decision-not-persisted');
    const explored = await lightcone('simulate 2pc --explore --nodes 2');
    expect([explored.code, explored.out]).toEqual([0, expect.stringMatching(/^PASS +consistent, agreement/m)]);
  });

  it('exploring a correct Raft says which runs were all seen, and passes within those bounds', async () => {
    const { code, out } = await lightcone('simulate raft --explore --nodes 2 --until 5m');
    expect([code, out]).toEqual([0, expect.stringMatching(/^PASS +election-safety, .* hold in every run\nwithin the bounds marked PASS/m)]);
    expect(out).toMatch(/^ {2}PASS +2 nodes, at most 1 timer that fires, 1 crash, 1 lost message, 1 request;.*:\n +all [\d,]+ states/m);
    const cut = await lightcone('simulate raft --explore --until 500ms');
    expect([cut.code, cut.out]).toEqual([3, expect.stringMatching(/^UNKNOWN /m)]);
  });

  it('Ctrl-C says what was done so far', async () => {
    const io = recordingIo();
    io.interrupt();
    expect(await run(['simulate', 'raft', '--seeds', '1000'], io)).toBe(130);
    expect(io.outText()).toMatch(/^UNKNOWN interrupted; no violation in the 1 seed done \(from 1\)\n +[\d,]+ steps/m);
    expect(again(io.outText())).toBe('simulate raft --seeds 1');
  });

  it.each([
    ['simulate vsr', 'there is no protocol "vsr"; there are: raft, paxos, pbft, tendermint, 2pc'],
    ['simulate 2pc --mutant double-vote', '2pc has no mutant "double-vote"; see the help (--mutant list names all '],
    ['validate --protocol 2pc', '--protocol does not know "2pc"; there are: raft, paxos, pbft, tendermint'],
    ['simulate raft --mutant double-vot', 'raft has no mutant "double-vot"; did you mean double-vote? (--mutant list names all'],
    ['simulate raft --faults partitions', '--faults does not know "partitions"; did you mean partition?'],
    ['simulate raft --until soon', '--until takes a time such as 90s or 10m, or `violation`, not "soon"'],
    ['simulate raft --seed 1 --until 3s', '--seed and --until do not go together: leave one out'],
    ['simulate raft --explore --faults none', '--explore and --faults do not go together: leave one out'],
    ['simulate raft --scenario x.yaml --seeds 3', '--scenario and --seeds do not go together: leave one out'],
  ])('%s: one sentence, exit 2', async (line, sentence) => {
    const { code, out, err } = await lightcone(line);
    expect([code, out, err.split('\n').length]).toEqual([2, '', 2]);
    expect(err).toContain(`LC_USAGE: ${sentence}`);
  });

  it('times have units', () => {
    expect(['90s', '10m', '2h', '5', '500ms', 'violation'].map(untilMs)).toEqual([
      90_000,
      600_000,
      7_200_000,
      5000,
      500,
      Number.POSITIVE_INFINITY,
    ]);
  });
});

describe('lightcone simulate --scenario', () => {
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const scenario = (
    faults: string,
    checks = '[{ check: linearizability }, { check: convergence }]',
    target = 'raft',
  ): string => `scenario: 1
name: leader-cut-off
target: ${target}
nodes: 3
workload: { kind: kv, clients: 3, operations: 100, keys: 4, ratePerSecond: 50 }
faults: ${faults}
checks: ${checks}
seed: 7
`;

  it('runs it and judges it by its checks', async () => {
    const { code, out } = await lightcone(
      `simulate raft --scenario ${write('a.yaml', scenario('[{ fault: partition, shape: isolate, node: leader, atMs: 500, forMs: 800 }]'))}`,
    );
    expect(out).toMatch(/PASS +invariants\n +PASS +linearizability\n +PASS +convergence\n/);
    expect([code, again(out)]).toEqual([0, `simulate raft --scenario ${join(folder, 'a.yaml')} --seed 7`]);
  });

  it('runs a scenario of a real system too, without the settings that are its own', async () => {
    const text = `${scenario('[{ fault: partition, shape: isolate, node: leader, atMs: 500, forMs: 800 }]', '[]', 'my-service')}settings: { reads: local }\n`;
    const { code, out } = await lightcone(`simulate raft --scenario ${write('real.yaml', text)}`);
    expect([code, out]).toEqual([0, expect.stringMatching(/PASS +invariants\n/)]);
  });

  it.each([
    ['an unknown node', scenario('[{ fault: kill, node: n9, atMs: 5 }]'), /^LC_SCENARIO_NODE: .*n9/],
    [
      'overlapping groups',
      scenario('[{ fault: partition, shape: groups, groups: [[n1, n2], [n2, n3]], atMs: 5 }]'),
      /^LC_SCENARIO_OVERLAP: .*n2/,
    ],
    [
      'an unknown check',
      scenario('[]', '[{ check: happiness }]'),
      /^LC_SCENARIO: .*bad\.yaml:7: there is no check "happiness"; there are: /,
    ],
    [
      'an unknown threshold',
      scenario('[]', '[{ check: convergence, withinMs: 3 }]'),
      /^LC_SCENARIO: .*bad\.yaml:7: the check convergence has no threshold "withinMs"; it has thresholdMs/,
    ],
    [
      'a workload that is not carried out',
      scenario('[]').replace('kind: kv', 'kind: queue'),
      /^LC_SCENARIO: .*bad\.yaml:5: `workload\.kind` of a simulated raft must be one of kv, register, cas-register, not "queue"/,
    ],
    [
      'a setting that the protocol does not have',
      `${scenario('[]')}settings: { votes: 3 }\n`,
      /^LC_SCENARIO: .*bad\.yaml:9: `settings`: Raft has no setting "votes"/,
    ],
    [
      'a mutant that is not there',
      `${scenario('[]')}settings: { mutant: nobody }\n`,
      /^LC_USAGE: .*bad\.yaml:9: raft has no mutant "nobody"/,
    ],
    [
      'a version that is not there',
      scenario('[{ fault: version, node: n1, version: 7, atMs: 5 }]'),
      /^LC_FAULT_UNSUPPORTED: .*bad\.yaml:6: `faults\[0\]\.version`: raft has no version 7 \(it has 1, 2\)/,
    ],
    [
      'a behaviour that no liar has',
      scenario('[{ fault: adversary, node: n1, behaviour: polite, atMs: 5 }]'),
      /^LC_SCENARIO: .*bad\.yaml:6: `faults\[0\]\.behaviour` must be one of silent, drop, .*, joined by \+, not "polite"/,
    ],
    [
      'a role that is not given here',
      scenario('[]').replace('nodes: 3', 'nodes: [{ name: a, role: witness }, b, c]'),
      /^LC_SCENARIO: .*bad\.yaml:4: `nodes\[0\]\.role` cannot be witness here/,
    ],
    ['another protocol', scenario('[]', '[]', '2pc'), /^LC_USAGE: .* is a scenario for 2pc, not for raft/],
    ['rubbish', '{{{', /^LC_SCENARIO: .*bad\.yaml/],
  ])('%s: one sentence, exit 2', async (_what, text, sentence) => {
    const { code, out, err } = await lightcone(`simulate raft --scenario ${write('bad.yaml', text)}`);
    expect([code, out, err.trimEnd().split('\n').length]).toEqual([2, '', 1]);
    expect(err).toMatch(sentence);
  });
});

describe('lightcone validate', () => {
  it('prints a verdict for each of the seven tests; Raft passes all but those of liars, which are skipped with the reason', async () => {
    const { code, out } = await lightcone('validate --operations 200');
    expect([code, out.match(/^ {2}PASS /gm)?.length, out.match(/^ {2}SKIP /gm)?.length]).toEqual([0, 5, 2]);
    expect(out).toContain('Raft tolerates crashes, not lies: needs a BFT protocol');
    expect(again(out)).toBe('validate --protocol raft --nodes 5 --seed 1 --operations 200');
  });

  it('--json is one object with snake_case fields, each result ending in its verdict', async () => {
    const { out } = await lightcone('validate --nodes 3 --operations 50 --json');
    const { results } = JSON.parse(out) as { results: { test: string; verdict: string }[] };
    expect(results.map(({ test }) => test)).toEqual([
      'network_partition_byzantine',
      'network_partition_split_brain',
      'network_partition_convergence',
      'eventual_consistency_bounds',
      'split_brain_prevention',
      'byzantine_fault_tolerance',
      'linearizability_violations',
    ]);
    for (const result of results) expect(Object.keys(result).at(-1)).toBe('verdict');
  });
});

describe('lightcone demo', () => {
  it('finds the bug, tells it, and shows that the same run passes without it', async () => {
    const { code, out } = await lightcone('demo');
    expect(code).toBe(0);
    expect(out).toMatch(/Found at seed \d+: linearizability broken/);
    expect(out).toMatch(/=> linearizability: n\d read .* after write .* was acknowledged/);
    expect(out).toContain('The same faults, operations and seed without the wrong decision: PASS.');
  });
});

describe('the command that repeats a run', () => {
  it('is quoted for a shell, without what was not given', () => {
    const options = { scenario: "my 'own' file.yaml", nodes: undefined, json: true, explore: false, seed: 3 };
    expect(rerunCommand(['simulate', 'raft'], options)).toBe(
      "npx lightcone simulate raft --scenario 'my '\\''own'\\'' file.yaml' --json --seed 3",
    );
  });
});

it('doctor names every system, and the faults that need something of their own', async () => {
  const { out, code } = await lightcone('doctor --json');
  const { systems, faults } = JSON.parse(out) as {
    systems: { system: string; missing: unknown[] }[];
    faults: { fault: string; lacks: string | null }[];
  };
  expect(systems.map(({ system }) => system)).toEqual(['etcd', 'redis-sentinel', 'postgres', 'zookeeper', 'nats', 'rabbitmq']);
  expect(faults.map(({ fault }) => fault)).toEqual(['disk-full', 'slow-disk', 'clock-jump', '--links namespaces']);
  expect(code).toBe(systems.every(({ missing }) => missing.length === 0) ? 0 : 5);
  const path = process.env.PATH;
  process.env.PATH = '/nonexistent';
  try {
    const bare = await lightcone('doctor');
    expect(bare.code).toBe(5);
    expect(bare.out).toMatch(/^disk-full cannot be done: it lacks prlimit \(package util-linux\)$/m);
    expect(bare.out).toMatch(/^Debian and Ubuntu: apt-get install .*etcd-server/m);
  } finally {
    process.env.PATH = path;
  }
});
