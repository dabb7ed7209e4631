/** `--attach`, `--allow` and `--pids`: a check of a cluster that somebody else runs, with nothing done to it that is not named. */
import { type Attachment, attachableFaults } from '../runner/index.ts';
import type { Fault, FaultAction, FaultKind, Scenario } from '../scenario/index.ts';
import { type Endpoint, parseEndpoints } from '../systems/index.ts';
import { type Arguments, suggestion, usageError } from './arguments.ts';
import type { Option } from './verb.ts';

const startsOurs = ['nodes', 'keep', 'links', 'runs', 'parallel', 'campaign', 'history'];

export const attachOptions: readonly Option[] = [
  {
    name: 'attach',
    kind: 'text',
    value: 'ADDRESSES',
    summary: 'a cluster that runs already: one address a node, joined by commas; it is neither started nor stopped',
    excludes: startsOurs,
  },
  {
    name: 'allow',
    kind: 'text',
    value: 'FAULTS',
    summary: `what may be done to an attached cluster: ${attachableFaults.join(', ')} [nothing]`,
    excludes: startsOurs,
  },
  {
    name: 'pids',
    kind: 'text',
    value: 'n1=PID,...',
    summary: 'its server processes on this machine, for pause and kill',
    excludes: startsOurs,
  },
];

const parts = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function allowed(args: Arguments): FaultKind[] {
  return parts(args.text('allow')).map((name) => {
    const kind = attachableFaults.find((known) => known === name);
    if (kind !== undefined) return kind;
    throw usageError(`--allow ${JSON.stringify(name)}: it cannot be done to a running cluster; ${suggestion(name, attachableFaults)}`, {
      name,
    });
  });
}

function pidsOf(args: Arguments): Map<string, number> {
  const pids = new Map<string, number>();
  for (const part of parts(args.text('pids'))) {
    const match = /^([\w.-]+)=(\d+)$/.exec(part);
    const [, node = '', pid = ''] = match ?? [];
    if (match === null || Number(pid) < 2)
      throw usageError(`--pids takes NODE=PID, joined by commas, not ${JSON.stringify(part)}`, { part });
    if (pids.has(node)) throw usageError(`--pids names ${node} twice`, { node });
    pids.set(node, Number(pid));
  }
  return pids;
}

/** Undefined without --attach. Throws LC_USAGE. */
export function attachmentOf(args: Arguments): Attachment | undefined {
  const text = args.text('attach');
  if (text === undefined) {
    const [lost] = ['allow', 'pids'].filter((name) => args.has(name));
    if (lost !== undefined) throw usageError(`--${lost} is about a cluster that runs already: say --attach ADDRESSES too`);
    return undefined;
  }
  return { endpoints: parseEndpoints(text), allow: allowed(args), pids: pidsOf(args) };
}

/** What may be printed of the endpoints. */
export function shownEndpoints(endpoints: readonly Endpoint[]): string {
  return endpoints
    .map(({ host, port, user }) => `${user === undefined ? '' : '***@'}${host.includes(':') ? `[${host}]` : host}:${port}`)
    .join(',');
}

const actions: { readonly [kind: string]: FaultAction } = {
  delay: { fault: 'delay', minMs: 30, maxMs: 80 },
  loss: { fault: 'loss', rate: 0.2 },
  pause: { fault: 'pause', node: 'leader' },
  kill: { fault: 'kill', node: 'leader' },
};

/** Where no scenario is named: what the default one's clients do, and of faults what is allowed, one after another. A kill is for good. */
export function calmScenario(scenario: Scenario, allow: readonly FaultKind[]): Scenario {
  const durationMs = scenario.durationMs ?? 0;
  const each = (0.8 * durationMs) / Math.max(1, allow.length);
  const faults = attachableFaults
    .filter((kind) => allow.includes(kind))
    .map((kind, i): Fault => {
      const atMs = Math.round(0.1 * durationMs + i * each);
      return { ...(actions[kind] as FaultAction), atMs, ...(kind === 'kill' ? {} : { forMs: Math.max(1, Math.round(0.6 * each)) }) };
    });
  const about = allow.length === 0 ? 'No faults: clients of a running cluster.' : `Clients of a running cluster, and ${allow.join(', ')}.`;
  return { ...scenario, name: `${scenario.target}-attached`, about, faults };
}
