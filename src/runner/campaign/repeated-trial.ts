/**
 * Does a candidate fail in m of n runs? A real run is no replay: one that fails by chance must not count, and one that
 * happens to pass must not throw a good candidate away. No more runs are made than the answer needs.
 */
export interface TrialLimits {
  /** m: so many runs must fail ... */
  readonly wanted: number;
  /** n: ... of so many. */
  readonly tries: number;
  /** Runs at the same time. */
  readonly slots: number;
}

/**
 * True where `wanted` of `tries` runs fail, false where they cannot any more, null where `mayRun` ended it before. A run
 * that says nothing (null: the system did not come up) is made again, at most `tries` times in all.
 */
export async function failsOften(
  run: () => Promise<boolean | null>,
  { wanted, tries, slots }: TrialLimits,
  mayRun: () => boolean,
): Promise<boolean | null> {
  let [failed, held, mute] = [0, 0, 0];
  while (failed < wanted && tries - held >= wanted) {
    // At once only what is needed if all of them fail: the others may never have to run.
    const batch: Promise<boolean | null>[] = [];
    while (batch.length < Math.min(slots, wanted - failed) && mayRun()) batch.push(run());
    if (batch.length === 0) return null;
    for (const outcome of await Promise.all(batch)) {
      if (outcome === true) failed++;
      else if (outcome === false) held++;
      else if (++mute > tries) return null;
    }
  }
  return failed >= wanted;
}
