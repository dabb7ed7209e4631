/** Faults that need a program or a right of this machine, and whether it has them: for whoever asks before a run. */
import { canFillDisk, canSlowDisk } from './disk-faults.ts';
import { whyNoNamespaces } from './namespace-links.ts';
import { clockLibrary } from './process-clock.ts';

export interface FaultTool {
  /** A kind of fault, or `--links namespaces`. */
  readonly fault: string;
  /** What is missing and how to get it; null: it can be done here. */
  readonly lacks: string | null;
}

export const faultTools = (): readonly FaultTool[] => [
  { fault: 'disk-full', lacks: canFillDisk() ? null : 'prlimit (package util-linux)' },
  {
    fault: 'slow-disk',
    lacks: canSlowDisk() ? null : 'strace (package strace), and the right to trace (root, or kernel.yama.ptrace_scope=0)',
  },
  { fault: 'clock-jump', lacks: clockLibrary() === null ? 'libfaketime (package libfaketime)' : null },
  { fault: '--links namespaces', lacks: whyNoNamespaces() },
];
