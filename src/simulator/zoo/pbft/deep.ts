/** Mutants that the first seeds of the portfolio do not show: the campaign hunts them, with more of the same budget. */
export const deep: ReadonlySet<string> = new Set([
  'second-proposal-accepted',
  'any-primary',
  'any-view',
  'digest-unchecked',
  'requests-unchecked',
]);
