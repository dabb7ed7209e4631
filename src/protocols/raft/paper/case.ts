/** A claim of the paper, the thesis, or our README, with the run that shows it. */
import type { Lab } from './lab.ts';

export interface PaperCase {
  /** `Raft 5.2`: the paper (extended version); `thesis 4.3`: Ongaro's dissertation; `README`: our own promise. */
  readonly section: string;
  readonly claim: string;
  /** Throws unless the claim holds. */
  run(lab: Lab): void;
}

export interface Theme {
  readonly name: string;
  /** Where the cases stand, in this folder. */
  readonly file: string;
  readonly cases: readonly PaperCase[];
}
