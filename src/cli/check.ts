/** `lightcone check`: does this real system, or this recorded history, keep what it promises? */
import { isolationLevels, modelCheckers, models } from '../checkers/index.ts';
import { traceFormats } from '../trace/index.ts';
import { workloads } from '../workloads/index.ts';
import { type Arguments, usageError } from './arguments.ts';
import { attachOptions } from './attach.ts';
import { campaignOptions, isCampaign } from './campaign-options.ts';
import { checkCampaign } from './check-campaign.ts';
import { checkRecorded } from './check-history.ts';
import { checkOnce, listScenarios } from './check-system.ts';
import { inOwnNetwork, needsOwnNetwork } from './own-network.ts';
import { systemOf, systemsInWords } from './system-module.ts';
import type { Io, Option, Verb } from './verb.ts';

const ofSystem: readonly Option[] = [
  { name: 'scenario', kind: 'text', value: 'NAME|FILE', summary: "one of the system's scenarios, a YAML file, or `list` [default]" },
  { name: 'time', kind: 'text', value: 'TIME', summary: 'how long clients and faults last: 20s, 5m [20s, or what the file says]' },
  { name: 'nodes', kind: 'integer', value: 'N', min: 1, max: 64, summary: 'size of the cluster [3]' },
  { name: 'seed', kind: 'integer', value: 'N', summary: 'what clients ask, and when [1]' },
  { name: 'clients', kind: 'integer', value: 'N', min: 1, max: 10_000, summary: 'concurrent clients' },
  { name: 'rate', kind: 'integer', value: 'N', min: 1, summary: 'operations a second of all clients together' },
  { name: 'workload', kind: 'choice', value: 'KIND', choices: Object.keys(workloads), summary: 'what the clients do' },
  { name: 'keep', kind: 'flag', summary: "keep the servers' data after a good run too (logs and trace always stay)" },
  {
    name: 'links',
    kind: 'choice',
    value: 'ENGINE',
    choices: ['proxy', 'namespaces'],
    summary: 'what stands between nodes: proxies of ours, or networks of their own (Linux, nftables; only cuts and loss)',
    default: 'proxy',
  },
  ...campaignOptions,
  ...attachOptions,
];

const ofHistory: readonly Option[] = [
  { name: 'history', kind: 'text', value: 'FILE', summary: 'judge a recorded history instead; - is standard input' },
  { name: 'format', kind: 'choice', value: 'FORMAT', choices: traceFormats, summary: 'its format; default: told from the content' },
  { name: 'keyed', kind: 'flag', summary: 'values in a Jepsen history are [key value]; default: told from the first reads' },
  {
    name: 'model',
    kind: 'choice',
    value: 'MODEL',
    choices: [...Object.keys(models), ...Object.keys(modelCheckers)],
    summary: "what the operations mean; default: the trace's own, or the one that fits",
  },
  {
    name: 'level',
    kind: 'choice',
    value: 'LEVEL',
    choices: isolationLevels,
    summary: 'the isolation that transactions must keep [strict-serializable]',
  },
  { name: 'initial', kind: 'text', value: 'JSON', summary: "what every key holds at the start; default: the trace's own, or null" },
];

export const check: Verb = {
  name: 'check',
  summary: 'Does this real system, or this recorded history, keep what it promises?',
  positionals: [{ name: 'system', required: false, summary: 'a system that comes along, or the file of your own (./my-system.ts)' }],
  options: [
    ...ofSystem.map((option) => ({ ...option, excludes: [...(option.excludes ?? []), ...ofHistory.map(({ name }) => name)] })),
    ...ofHistory,
    {
      name: 'budget',
      kind: 'text',
      value: 'LIMITS',
      default: '30s,512MiB',
      summary: 'what the search may spend: 10s, 500ms, 2GB, steps=1000000, joined by commas',
    },
    { name: 'json', kind: 'flag', summary: 'the report as JSON' },
    { name: 'junit', kind: 'text', value: 'FILE', summary: 'write a JUnit report too; an existing file is never overwritten' },
    { name: 'html', kind: 'text', value: 'FILE', summary: 'write the report as one HTML file too; an existing file is never overwritten' },
  ],
  examples: [
    ['check etcd --time 20s', 'three etcd nodes, clients, two partitions, a verdict'],
    ['check ./my-system.ts --scenario list', 'your own service: `lightcone init` writes an example'],
    ['check etcd --runs 20 --parallel 2', 'a campaign over seeds and fault schedules, failing ones kept and made small'],
    ['check etcd --attach 10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379', 'a cluster that runs already, left as it was found'],
    ['check --history history.edn', 'a Jepsen history: format and model are told from the content'],
    ['check --history history.edn --model list-append --level serializable', 'transactions, judged by a level of isolation'],
    ['check --history history.edn --html report.html', 'one page to open in a browser: timeline, faults, the contradiction'],
    ['check --history trace.jsonl --budget 5m,4GB --junit report.xml', 'more time and memory, and a report for CI'],
  ],
  run,
};

async function run(args: Arguments, io: Io): Promise<number> {
  const [name] = args.positionals;
  const history = args.text('history');
  if (history !== undefined && name !== undefined) throw usageError('a system and --history do not go together: leave one out');
  if (history !== undefined) return checkRecorded(history, args, io);
  if (name === undefined) throw usageError(`check needs a system (${systemsInWords()}), or a history: --history FILE`);
  const system = await systemOf(name);
  if (args.text('scenario') === 'list') return listScenarios(system, io);
  if (isCampaign(args)) return checkCampaign(name, system, args, io);
  if (needsOwnNetwork(args)) return inOwnNetwork(args, io);
  return checkOnce(name, system, args, io);
}
