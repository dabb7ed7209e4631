/**
 * The published JSON Schema of scenarios (draft 2020-12), as data. `parseScenario` judges by this very object, and
 * docs/reference/scenario.md is generated from it, so that the three never disagree.
 */
import type { FaultKind } from './fault.ts';

/** The keywords that this project uses; a test holds the schema to them. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: { readonly [name: string]: JsonSchema };
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  /** Exactly one fits. Objects are told apart by their `const` properties, all else by type. */
  readonly oneOf?: readonly JsonSchema[];
}

type Properties = { readonly [name: string]: JsonSchema };

const name = (description: string): JsonSchema => ({ type: 'string', pattern: '\\S', description });
const share = (description: string): JsonSchema => ({ type: 'number', minimum: 0, maximum: 1, description });
const ms = (description: string): JsonSchema => ({ type: 'number', minimum: 0, maximum: 1e12, description });
const count = (description: string, minimum = 1, maximum = 1e9): JsonSchema => ({ type: 'integer', minimum, maximum, description });
const target = (description = 'a node, or leader, follower, minority, majority, all'): JsonSchema => name(description);
const targets: JsonSchema = { type: 'array', items: target(), minItems: 1, description: 'nodes or symbolic targets' };
const object = (description: string, properties: Properties, required: readonly string[]): JsonSchema => ({
  type: 'object',
  description,
  properties,
  required,
  additionalProperties: false,
});

const links: JsonSchema = {
  type: 'array',
  items: { type: 'string', pattern: '^[^\\s>]+->[^\\s>]+$', description: 'a->b: what a sends to b; * stands for every node' },
  minItems: 1,
  description: 'which links, as a->b; without it all of them',
};

const when: Properties = {
  atMs: ms('when it starts, since the start of the workload'),
  forMs: {
    type: 'number',
    exclusiveMinimum: 0,
    maximum: 1e12,
    description: 'how long; without it until the heal at the end of the schedule',
  },
  optional: {
    type: 'boolean',
    description:
      'skip it, and say so, where the target of the scenario cannot do it; where it comes to nothing, the run still counts if another fault bit',
  },
};

function fault(kind: string, description: string, fields: Properties, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(fields).filter((field) => !optional.includes(field));
  return object(description, { fault: { const: kind }, ...fields, ...when }, ['fault', ...required, 'atMs']);
}

const partition = (shape: string, description: string, fields: Properties): JsonSchema =>
  fault('partition', description, { shape: { const: shape }, ...fields });
const onNode = (kind: string, description: string, fields: Properties = {}): JsonSchema =>
  fault(kind, description, { node: target(), ...fields });
const onLinks = (kind: string, description: string, fields: Properties): JsonSchema =>
  fault(kind, description, { ...fields, links }, ['links']);

const faults: readonly JsonSchema[] = [
  partition('groups', 'nodes in different groups do not hear each other; nodes in no group form one more group', {
    groups: { type: 'array', items: targets, minItems: 1, description: 'each node in at most one group' },
  }),
  partition('one-way', 'what `from` sends does not reach `to`; the other direction works', { from: targets, to: targets }),
  partition('bridge', 'two halves that only `bridge` connects', { bridge: target() }),
  partition('ring', 'each node hears only its two neighbours in the order of `nodes`', {}),
  partition('isolate', 'one node hears nobody and nobody hears it', { node: target() }),
  onLinks('loss', 'a share of the messages is lost', { rate: share('share of messages') }),
  onLinks('delay', 'messages take longer', { minMs: ms('at least'), maxMs: ms('at most') }),
  onLinks('duplicate', 'a share of the messages arrives twice', { rate: share('share of messages') }),
  onLinks('reorder', 'a share of the messages overtakes others', { rate: share('share of messages') }),
  onLinks('bandwidth', 'no more than so many bytes a second get through each link', {
    bytesPerSecond: { type: 'number', minimum: 1, maximum: 1e12, description: 'of each link' },
  }),
  onLinks(
    'half-open',
    'connections that are open when it begins fall silent and nobody is told; new ones work; at its end they are reset',
    {},
  ),
  onLinks('slow-close', 'that a connection was closed or reset is told later', { closeMs: ms('how much later') }),
  onNode('kill', 'the process dies; it starts again at the end of the fault'),
  onNode('pause', 'the process stands still, its messages wait'),
  onNode('restart', 'kill and start at once'),
  onNode('disk-loss', 'kill, and the disk is empty when it starts again'),
  onNode('torn-write', 'kill while writing: a prefix of what was not durable stays, the next record is torn'),
  onNode('power-loss', 'kill, and what had not been forced to the disk (fsync) is gone when it starts again'),
  onNode('disk-full', 'nothing more becomes durable until the fault ends'),
  onNode('slow-disk', 'every write takes longer to become durable', { syncMs: ms('how long') }),
  onNode('clock-jump', 'the clock jumps', {
    byMs: { type: 'number', minimum: -1e12, maximum: 1e12, description: 'how far; negative: back' },
  }),
  onNode('clock-drift', 'the clock runs too fast or too slow', {
    ppm: { type: 'integer', minimum: -900_000, maximum: 1_000_000, description: 'parts per million too fast; negative: too slow' },
  }),
  onNode('version', 'kill, and start as this version of the protocol', { version: count('the version', 0) }),
  onNode('adversary', 'what the node sends is no longer honest', { behaviour: name('how it lies') }),
  onNode('action', 'what an operator does to the node; it has no end', { name: name("the target's own name for it (promote)") }),
];

/** The kinds of faults, in the order of the reference. */
export const faultKinds = [...new Set(faults.map((fault) => fault.properties?.fault?.const))] as readonly FaultKind[];

const node = object(
  'a node',
  {
    name: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$', description: 'unique; not a symbolic target' },
    zone: name('where it stands'),
    role: { enum: ['voter', 'learner', 'witness'], description: 'default: voter' },
    version: count('protocol version that it starts as', 0),
  },
  ['name'],
);

const workload = object(
  'what the clients do',
  {
    kind: name('register, cas-register, kv, counter, set, queue, mutex ...'),
    clients: count('concurrent clients', 1, 100_000),
    operations: count('operations of all clients together', 0),
    keys: count('distinct keys'),
    ratePerSecond: {
      type: 'number',
      exclusiveMinimum: 0,
      description: 'operations a second of all clients together; without it each client works as fast as it is answered',
    },
    readShare: share('share of reads'),
    readMode: { enum: ['linearizable', 'stale'], description: 'what reads promise' },
    timeoutMs: {
      type: 'number',
      exclusiveMinimum: 0,
      description: 'how long a client waits before it counts an outcome as unknown; default: the limit of the target',
    },
    placement: {
      enum: ['roaming', 'pinned'],
      description: 'roaming (default): a client tries one server after another; pinned: client i asks only server i modulo nodes',
    },
    keyOrder: {
      enum: ['uniform', 'sequential'],
      description: 'uniform (default): each operation draws its key; sequential: operation i takes key i modulo keys',
    },
  },
  ['kind', 'clients', 'operations'],
);

export const scenarioSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:lightcone:scenario:1',
  title: 'Lightcone scenario, version 1',
  ...object(
    'nodes, workload, fault schedule, checks and seed',
    {
      scenario: { const: 1, description: 'the version of this schema' },
      name: name('what to call it'),
      about: { type: 'string', description: 'what it shows, in one sentence' },
      target: name('a protocol of the simulator (raft, 2pc ...) or a system'),
      nodes: {
        description: 'how many (they are n1, n2, ...), their names, or each with its zone, role and version',
        oneOf: [
          count('how many', 1, 1000),
          {
            type: 'array',
            minItems: 1,
            maxItems: 1000,
            description: 'the nodes',
            items: { oneOf: [{ type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$', description: 'a name' }, node] },
          },
        ],
      },
      workload,
      faults: { type: 'array', items: { oneOf: faults }, default: [], description: 'the fault schedule' },
      checks: {
        type: 'array',
        default: [],
        description: 'what must hold, with thresholds; empty: what fits the workload',
        items: {
          type: 'object',
          description: 'a check',
          properties: { check: name('linearizability, split-brain, elections, convergence, staleness, sessions, invariants') },
          required: ['check'],
          additionalProperties: true,
        },
      },
      seed: {
        type: 'integer',
        minimum: 0,
        maximum: 9007199254740991,
        default: 1,
        description: 'equal seeds give equal runs on the simulator',
      },
      durationMs: {
        type: 'number',
        exclusiveMinimum: 0,
        maximum: 1e12,
        description: 'how long the workload and the faults last at most',
      },
      settings: {
        type: 'object',
        additionalProperties: true,
        description: 'protocol and network settings (electionTimeoutMs, mutant ...)',
      },
    },
    ['scenario', 'name', 'target', 'nodes', 'workload'],
  ),
};
