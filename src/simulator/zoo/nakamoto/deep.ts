/** Mutants that take long to find: the campaign hunts them, with the whole budget. */
export const deep: ReadonlySet<string> = new Set([
  'any-body',
  'any-transaction',
  'no-limits',
  'any-time',
  'any-height',
  'from-the-future',
  'returns-conflicting',
  'any-difficulty',
]);
