/** Documents for tests of the report: runs of the simulator, a large history, and one whose every text tries to be markup. */
import { judgeScenario, type NodeLog, type ReportDocument, scenarioDocument } from '../src/runner/index.ts';
import type { Scenario } from '../src/scenario/index.ts';
import { mutantNamed, raftSubject } from '../src/simulator/index.ts';
import { HistoryBuilder, type TraceView } from '../src/trace/index.ts';

const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'];

export function partitioned(seed: number, kind = 'kv'): Scenario {
  return {
    scenario: 1,
    name: 'Raft with a leader cut off, a split and a kill',
    about: 'five nodes, ten clients',
    target: 'raft',
    nodes: nodes.map((name) => ({ name })),
    workload: { kind, clients: 10, operations: 3000, keys: 4, ratePerSecond: 150, readShare: 0.5, timeoutMs: 1500 },
    faults: [
      { fault: 'partition', shape: 'isolate', node: 'leader', atMs: 3000, forMs: 3000 },
      { fault: 'partition', shape: 'groups', groups: [nodes.slice(0, 2), nodes.slice(2)], atMs: 8000, forMs: 4000 },
      { fault: 'kill', node: 'leader', atMs: 14_000, forMs: 2000 },
      { fault: 'delay', minMs: 50, maxMs: 150, atMs: 17_000, forMs: 2000 },
    ],
    checks: [],
    seed,
    durationMs: 22_000,
  };
}

/** What the nodes might have written: a line for each change of role. */
export function logsOf({ beliefs }: TraceView): NodeLog[] {
  return nodes.map((node) => ({
    node,
    lines: beliefs
      .filter((belief) => belief.node === node && belief.kind === 'role')
      .map(({ value, epoch, timeNs }) => ({
        text: `raft: became ${String(value)} at term ${epoch}`,
        ...(timeNs === undefined ? {} : { timeNs }),
      })),
  }));
}

function simulated(seed: number, mutant: string | null, kind?: string): ReportDocument {
  const found = mutant === null ? null : mutantNamed(mutant);
  const subject = found === null ? raftSubject() : raftSubject({ raft: found.raft, replica: found.replica, invariants: false });
  const scenario = partitioned(seed, kind);
  const judged = judgeScenario(scenario, subject);
  const rerun = `npx lightcone simulate raft --scenario cut.yaml${mutant === null ? '' : ` --mutant ${mutant}`} --seed ${seed}`;
  return { ...scenarioDocument(scenario, judged, rerun), logs: logsOf(judged.trace) };
}

export const passing = (): ReportDocument => simulated(6, null, 'cas-register');
export const violating = (): ReportDocument => simulated(8, 'follower-reads-alone');

/** A run as a real system gives: nanoseconds, failures, timeouts after which a process has a new number. */
export function large(operations: number): TraceView {
  let state = 12345;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
  const builder = new HistoryBuilder();
  const processes = Array.from({ length: 20 }, (_, i) => ({ process: i, readyNs: random(1e6) }));
  let seq = 0;
  const events: { timeNs: number; write: () => void }[] = [];
  const faulty = (timeNs: number): boolean => timeNs % 20e9 > 12e9;
  for (let i = 0; i < operations; i++) {
    const client = processes.reduce((a, b) => (b.readyNs < a.readyNs ? b : a));
    const { process, readyNs: begin } = client;
    const f = random(2) === 0 ? 'read' : 'write';
    const fate = faulty(begin) ? random(100) : 99;
    const phase = fate < 4 ? 'info' : fate < 12 ? 'fail' : 'ok';
    const lasting = phase === 'info' ? 1e9 : 400_000 + random(4_000_000) + (faulty(begin) ? random(40_000_000) : 0);
    const key = `k${random(8)}`;
    const value = f === 'write' ? i : phase === 'ok' ? Math.max(0, i - random(40)) : null;
    const record = { type: 'op', process, f, key, node: nodes[random(5)] as string } as const;
    events.push({
      timeNs: begin,
      write: () => builder.add({ ...record, seq: seq++, timeNs: begin, phase: 'invoke', ...(f === 'write' ? { value: i } : {}) }),
    });
    const end = begin + lasting;
    const code = phase === 'ok' ? {} : { code: phase === 'info' ? 'LC_TIMEOUT' : 'LC_NOT_LEADER' };
    events.push({ timeNs: end, write: () => builder.add({ ...record, ...code, seq: seq++, timeNs: end, phase, value }) });
    if (phase === 'info') client.process += processes.length;
    client.readyNs = end + 100_000 + random(2_000_000);
  }
  for (const { write } of events.sort((a, b) => a.timeNs - b.timeNs)) write();
  return viewOf(builder, events.at(-1)?.timeNs ?? 0, faulty);
}

function viewOf(builder: HistoryBuilder, endNs: number, faulty: (timeNs: number) => boolean): TraceView {
  const faults: TraceView['faults'][number][] = [];
  for (let timeNs = 0; timeNs <= endNs; timeNs += 1e9) {
    const before = timeNs > 0 && faulty(timeNs - 1e9);
    if (faulty(timeNs) === before) continue;
    const detail = { fault: 'partition', shape: 'isolate', node: 'n1' };
    faults.push({ type: 'fault', seq: 0, timeNs, phase: before ? 'end' : 'start', fault: 'partition', detail });
  }
  return {
    header: { type: 'header', trace: 1, nodes, model: 'kv' },
    history: builder.build(),
    beliefs: [],
    faults,
    others: [],
    present: new Set(['header', 'op', 'fault']),
    timed: true,
  };
}

export function documentOf(view: TraceView, title: string): ReportDocument {
  return {
    title,
    verdict: 'pass',
    checks: [
      { check: 'linearizability', durationMs: 812, result: { verdict: 'pass', anomalies: [], counterexample: null, stats: { steps: 1 } } },
    ],
    view,
    scenario: null,
    seed: 7,
    rerun: 'npx lightcone check --history large.jsonl',
    versions: { lightcone: '0.1.0', node: 'v24.0.0', etcd: '3.4.23' },
    environment: { platform: 'linux' },
    logs: [],
  };
}

/** Each of them would be markup, an end of the data, a placeholder or a pattern, if it were taken for more than text. */
export const attempts = [
  '</script><script>window.hacked = 1</script>',
  '<img src=x onerror="window.hacked = 1">',
  '"><svg/onload=window.hacked=1>',
  '<!--<script>',
  '$& $1 %%LIGHTCONE_DATA%% %%SCRIPT%%',
  'javascript:window.hacked=1',
  '\u2028\u0000\ud800 {{constructor.constructor("window.hacked=1")()}}',
] as const;

/** The attempts as title, names of nodes, functions, keys, values, codes, faults, beliefs, notes, logs, checks, scenario. */
export function hostile(): ReportDocument {
  const all = attempts.join(' ');
  const builder = new HistoryBuilder();
  let seq = 0;
  attempts.forEach((text, process) => {
    const record = { type: 'op', process, f: text, key: text, node: text } as const;
    builder.add({ ...record, seq: seq++, timeNs: seq * 1e6, phase: 'invoke', value: text });
    builder.add({ ...record, seq: seq++, timeNs: seq * 1e6, phase: 'fail', value: text, code: text });
  });
  const [node] = attempts;
  const belief = (kind: 'role' | 'leader', text: string) =>
    ({ type: 'belief', seq: seq++, timeNs: seq * 1e6, node, subject: all, kind, value: text, epoch: 1 }) as const;
  const view: TraceView = {
    header: { type: 'header', trace: 1, nodes: attempts, model: all },
    history: builder.build(),
    beliefs: attempts.flatMap((text) => [belief('role', text), belief('leader', text)]),
    faults: attempts.map((text, i) => ({
      type: 'fault',
      seq: seq++,
      timeNs: i * 1e6,
      phase: 'start',
      fault: text,
      detail: { node: text },
    })),
    others: attempts.map((text) => ({ type: 'note', seq: seq++, timeNs: seq * 1e6, text })),
    present: new Set(['header', 'op', 'belief', 'fault', 'note']),
    timed: true,
  };
  const anomaly = { kind: all, message: all, key: 0, operations: [0, 1, 2] };
  const result = {
    verdict: 'violation',
    anomalies: [anomaly],
    counterexample: { operations: [0, 1, 2], story: [...attempts] },
    reason: all,
    stats: {},
  } as const;
  return {
    ...documentOf(view, all),
    verdict: 'violation',
    checks: [{ check: all, durationMs: 1, result: { ...result, stats: { [all]: 1 } } }],
    scenario: { [all]: all },
    seed: all,
    rerun: all,
    versions: { [all]: all },
    environment: { [all]: all },
    logs: attempts.map((text) => ({ node: text, lines: [{ text, timeNs: 1e6 }, { text }] })),
  };
}
