/**
 * Which faults can be carried out for real: by the links and processes everywhere, by this machine's tools, and by what
 * the system itself offers. Asked before anything starts, so that a run never finds out halfway.
 */
import { LightconeError } from '../core/index.ts';
import type { Fault, FaultKind } from '../scenario/index.ts';
import { linkFaults } from './contract.ts';
import { canFillDisk, canSlowDisk } from './disk-faults.ts';

/** What the driver asks of a running system; a `RunningSystem` is one. */
export interface SystemHooks {
  /** Resolves when the node's processes run. */
  startNode(node: string): Promise<void>;
  /** The node is down; make its disk empty. */
  wipe(node: string): Promise<void>;
  /** The node is down; take from its disk what was not forced to it. */
  losePower?(node: string): Promise<void>;
  /** Where the system has a clock that can be moved. */
  jumpClock?(node: string, byMs: number): Promise<void>;
  readonly actions?: { readonly [name: string]: (node: string) => Promise<void> };
}

const always: readonly FaultKind[] = [...linkFaults, 'kill', 'pause', 'restart', 'disk-loss'];

/** The kinds that can be carried out here on a system with these hooks. */
export function supportedFaults(system: Partial<SystemHooks>): FaultKind[] {
  return [
    ...always,
    ...(system.losePower === undefined ? [] : (['power-loss'] as const)),
    ...(canFillDisk() ? (['disk-full'] as const) : []),
    ...(canSlowDisk() ? (['slow-disk'] as const) : []),
    ...(system.jumpClock === undefined ? [] : (['clock-jump'] as const)),
    ...(system.actions === undefined ? [] : (['action'] as const)),
  ];
}

const reasons: { readonly [kind in FaultKind]?: string } = {
  bandwidth: 'these links drop packets, they do not count bytes; the proxy does',
  'half-open': 'these links know no connections; the proxy does',
  'slow-close': 'these links know no connections; the proxy does',
  delay: 'the links drop packets, they cannot hold them back (netem is needed for it); the proxy can',
  duplicate: 'a stream of TCP has no duplicates to deliver',
  reorder: 'a stream of TCP keeps its order',
  'torn-write': 'no way is known to tear a write of a real process; `power-loss` and `disk-loss` come near it',
  'disk-full': 'it needs `prlimit` (package util-linux)',
  'slow-disk': 'it needs `strace`, and the right to trace (root, or kernel.yama.ptrace_scope=0)',
  'clock-jump': "the system has no clock that can be moved (Go programs read the kernel's)",
  'clock-drift': 'no clock of a single process can be changed here',
  'power-loss': 'the system does not say what a power cut leaves of its disk',
  version: 'the system has one version',
  adversary: 'a real process cannot be made to lie',
  action: 'the system offers no actions',
};

export interface Unsupported {
  readonly index: number;
  readonly fault: Fault;
  readonly why: string;
}

/** The faults of a schedule that cannot be carried out, with the reason; optional ones among them. */
export function unsupported(
  faults: readonly Fault[],
  supported: readonly FaultKind[],
  actions: readonly string[] | null = null,
): Unsupported[] {
  return faults.flatMap((fault, index) => {
    if (!supported.includes(fault.fault)) return [{ index, fault, why: reasons[fault.fault] ?? 'the system declares that it cannot' }];
    if (fault.fault !== 'action' || actions === null || actions.includes(fault.name)) return [];
    const known = actions.length === 0 ? 'none' : actions.join(', ');
    return [{ index, fault, why: `there is no action ${JSON.stringify(fault.name)} (there are: ${known})` }];
  });
}

/** The faults that are left when optional ones that cannot be are taken out. Throws LC_FAULT_UNSUPPORTED for any other. */
export function refuseUnsupported(faults: readonly Fault[], missing: readonly Unsupported[]): Fault[] {
  const hard = missing.find(({ fault }) => fault.optional !== true);
  if (hard !== undefined) {
    const { index, fault, why } = hard;
    throw new LightconeError('LC_FAULT_UNSUPPORTED', `\`faults[${index}]\` (${fault.fault}) cannot be carried out: ${why}`, {
      index,
      fault: fault.fault,
    });
  }
  return faults.filter((fault) => !missing.some((one) => one.fault === fault));
}
