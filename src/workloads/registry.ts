/** All kinds of workload by name. */
import { LightconeError } from '../core/index.ts';
import { counter, queue, replication, setFull, setOnce, uniqueIds } from './collections.ts';
import { casRegister, checkOptions, kv, monotonic, register, sessions } from './registers.ts';
import { bank, lock, watch } from './services.ts';
import { causal, dirtyReads, listAppend, longFork, rwRegister, sequential } from './transactions.ts';
import type { WorkloadKind } from './workload.ts';

const kinds: readonly WorkloadKind[] = [
  register,
  casRegister,
  kv,
  bank,
  setOnce,
  setFull,
  counter,
  queue,
  uniqueIds,
  listAppend,
  rwRegister,
  longFork,
  monotonic,
  sequential,
  causal,
  sessions,
  dirtyReads,
  lock,
  watch,
  replication,
];

const checked = (kind: WorkloadKind): WorkloadKind => ({
  ...kind,
  generator(options) {
    checkOptions(options);
    return kind.generator(options);
  },
});

export const workloads: { readonly [name: string]: WorkloadKind } = Object.fromEntries(kinds.map((kind) => [kind.name, checked(kind)]));

/** Throws LC_SCENARIO. */
export function workloadNamed(name: string): WorkloadKind {
  const kind = Object.hasOwn(workloads, name) ? workloads[name] : undefined;
  if (kind !== undefined) return kind;
  const sentence = `there is no workload ${JSON.stringify(name)}; there are: ${Object.keys(workloads).join(', ')}`;
  throw new LightconeError('LC_SCENARIO', sentence, { workload: name });
}
