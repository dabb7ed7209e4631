/**
 * A run on a cluster that somebody else runs. It is never started, stopped or changed: what the run makes in it goes under
 * a name of its own and is taken away, and no fault is carried out that the user has not allowed by name. Only four kinds can
 * be: delay and loss on the way of our own clients, and pause and kill of processes whose pids the user gave.
 */
import { LightconeError } from '../../core/index.ts';
import type { AdoptedNode } from '../../nemesis/index.ts';
import type { Fault, FaultKind, Scenario } from '../../scenario/index.ts';
import type { AttachedSystem, Endpoint, RunningSystem, System } from '../../systems/index.ts';

export interface Attachment {
  readonly endpoints: readonly Endpoint[];
  readonly allow: readonly FaultKind[];
  /** The server process of each node, for pause and kill. */
  readonly pids: ReadonlyMap<string, number>;
}

const onOurLinks: readonly FaultKind[] = ['delay', 'loss'];
const onProcesses: readonly FaultKind[] = ['pause', 'kill'];
export const attachableFaults: readonly FaultKind[] = [...onOurLinks, ...onProcesses];

function whyNot(fault: Fault, { allow }: Attachment): string | null {
  if (fault.fault === 'partition') return 'the links between the nodes of a running cluster are not ours to cut';
  if (!attachableFaults.includes(fault.fault)) return `in a running cluster only ${attachableFaults.join(', ')} can be carried out`;
  if ('links' in fault && fault.links !== undefined) return 'only the links of our own clients are ours: leave `links` out';
  if (!allow.includes(fault.fault)) return `it is not allowed: say --allow ${fault.fault}`;
  return null;
}

/** The scenario without optional faults that cannot be. Throws LC_USAGE and LC_FAULT_UNSUPPORTED, before anybody is asked. */
export function fitAttachment(system: System, scenario: Scenario, attachment: Attachment): Scenario {
  const { endpoints, allow, pids } = attachment;
  const count = scenario.nodes.length;
  if (system.attach === undefined)
    throw new LightconeError('LC_USAGE', `${system.name} cannot be attached to: it has no \`attach\``, { system: system.name });
  if (endpoints.length !== count)
    throw new LightconeError('LC_USAGE', `--attach names ${endpoints.length} addresses, and the scenario has ${count} nodes`, { count });
  const strange = [...pids.keys()].find((node) => !scenario.nodes.some(({ name }) => name === node));
  if (strange !== undefined)
    throw new LightconeError('LC_USAGE', `--pids names ${strange}, which is no node of the scenario`, { node: strange });
  const missing = scenario.nodes.find(({ name }) => !pids.has(name));
  const kind = onProcesses.find((one) => allow.includes(one));
  if (kind !== undefined && missing !== undefined)
    throw new LightconeError('LC_USAGE', `--allow ${kind} needs the pid of every node: ${missing.name} is not in --pids`, {
      node: missing.name,
    });
  const faults = scenario.faults.filter((fault, index) => {
    const why = whyNot(fault, attachment);
    if (why === null) return true;
    if (fault.optional === true) return false;
    throw new LightconeError('LC_FAULT_UNSUPPORTED', `\`faults[${index}]\` (${fault.fault}) cannot be carried out: ${why}`, {
      fault: fault.fault,
    });
  });
  return { ...scenario, faults };
}

/** Whom pause and kill may meet. */
export const adoptedNodes = (nodes: readonly string[], { endpoints, pids }: Attachment): AdoptedNode[] =>
  nodes.flatMap((node, i) => {
    const pid = pids.get(node);
    return pid === undefined ? [] : [{ node, pid, address: endpoints[i] as Endpoint }];
  });

/** An attached system as one that runs, for clients and faults: starting is left to whoever runs it. */
export class AttachedRun implements RunningSystem {
  readonly #attached: AttachedSystem;
  readonly #name: string;
  #detached: Promise<string | null> | null = null;

  constructor(name: string, attached: AttachedSystem) {
    this.#name = name;
    this.#attached = attached;
  }

  get version(): string {
    return this.#attached.version;
  }

  client(options: Parameters<RunningSystem['client']>[0]): ReturnType<RunningSystem['client']> {
    return this.#attached.client(options);
  }

  ready(timeoutMs: number): Promise<void> {
    return this.#attached.ready(timeoutMs);
  }

  beliefs(node: string): ReturnType<RunningSystem['beliefs']> {
    return this.#attached.beliefs(node);
  }

  /** After a kill: whoever looks after the cluster starts it again, or it stays down and the run says so. */
  async startNode(): Promise<void> {}

  wipe(node: string): Promise<never> {
    return Promise.reject(new LightconeError('LC_FAULT_UNSUPPORTED', `the disk of ${node} is not ours`, { node }));
  }

  async stop(): Promise<void> {
    await this.detach();
  }

  /** Once. What had to stay in the system, in words; null where nothing did. */
  detach(): Promise<string | null> {
    this.#detached ??= this.#attached.detach().then(
      () => null,
      (error) => {
        const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
        return `what the run wrote could not be taken away from ${this.#name} (${why})`;
      },
    );
    return this.#detached;
  }
}
