/** Faults that a group stands which writes down what it must remember before it tells it. */
import type { FaultKind } from '../../scenario/index.ts';

const crashesAndLinks: readonly FaultKind[] = [
  'partition',
  'loss',
  'delay',
  'duplicate',
  'reorder',
  'kill',
  'pause',
  'restart',
  'torn-write',
  'disk-full',
  'slow-disk',
  'clock-jump',
];

/** Where nothing is said because of how fast clocks go: time-outs only ask others. */
export const withoutLeases: readonly FaultKind[] = [...crashesAndLinks, 'clock-drift'];

/** A lease trusts that clocks go about equally fast; and servers of two versions work together. */
export const withLeasesAndVersions: readonly FaultKind[] = [...crashesAndLinks, 'version'];
