/** Scenarios that come along with a system: what they have in common, and times as shares of the run, so that they fit any duration. */
import type { Value } from '../core/index.ts';
import { type CheckSpec, defineScenario, type Fault, type FaultAction, type Scenario } from '../scenario/index.ts';
import type { ScenarioOptions } from './system.ts';

/** More than any run gets to: the duration ends it. */
const UNBOUNDED_OPERATIONS = 10_000_000;

export interface Design {
  readonly about: string;
  readonly workload: string;
  readonly clients?: number;
  readonly keys?: number;
  readonly readShare?: number;
  readonly ratePerSecond?: number;
  readonly timeoutMs?: number;
  readonly settings?: { readonly [name: string]: Value };
  readonly faults?: readonly Fault[];
  /** Instead of those that the promise calls for. */
  readonly checks?: readonly CheckSpec[];
  readonly nodes?: number;
}
export type ScenarioMaker = (options: ScenarioOptions) => Scenario;

/** Clients are pinned: client i asks node i modulo nodes, on both sides of every partition. */
export function scenarios(
  target: string,
  designs: { readonly [name: string]: (timing: Timing, options: ScenarioOptions) => Design },
): { readonly [name: string]: ScenarioMaker } {
  const makers = Object.entries(designs).map(([name, design]): [string, ScenarioMaker] => [
    name,
    (options) => {
      const made = design(new Timing(options.durationMs), options);
      const { workload: kind, clients = 2 * options.nodes, keys = 4, readShare = 0.5, ratePerSecond, timeoutMs = 1000 } = made;
      return defineScenario({
        name: `${target}-${name}`,
        about: made.about,
        target,
        nodes: made.nodes ?? options.nodes,
        workload: {
          kind,
          clients,
          operations: UNBOUNDED_OPERATIONS,
          keys,
          readShare,
          placement: 'pinned',
          timeoutMs,
          ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
          ...(made.settings?.readMode === undefined || made.settings.readMode === 'linearizable' ? {} : { readMode: 'stale' as const }),
        },
        faults: made.faults ?? [],
        checks: made.checks ?? [],
        seed: options.seed,
        durationMs: options.durationMs,
        settings: made.settings ?? {},
      });
    },
  ]);
  return Object.fromEntries(makers);
}

export class Timing {
  readonly durationMs: number;

  constructor(durationMs: number) {
    this.durationMs = durationMs;
  }

  /** From one share of the run to another. */
  during(from: number, to: number, action: FaultAction): Fault {
    return { ...action, atMs: Math.round(from * this.durationMs), forMs: Math.max(1, Math.round((to - from) * this.durationMs)) };
  }

  at(share: number, action: FaultAction): Fault {
    return { ...action, atMs: Math.round(share * this.durationMs) };
  }
}
