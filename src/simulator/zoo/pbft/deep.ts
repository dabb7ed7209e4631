/** Mutants that the first seeds of the portfolio do not show: the campaign hunts them, with more of the same budget. */
export const deep: ReadonlySet<string> = new Set([
  'second-proposal-accepted',
  'any-primary',
  'any-view',
  'digest-unchecked',
  'requests-unchecked',
  'relays-believed',
  'new-view-unchecked',
  'new-view-unsigned',
  'view-change-unsigned',
  'new-view-not-vouched',
  'new-view-from-oldest-checkpoint',
  'stays-behind',
  'follows-to-the-highest',
  'stable-unproved',
  'duplicate-voters',
  'votes-unchecked',
  'state-unchecked',
  'client-reads-weak',
  'old-vouching-stands',
  'vouches-for-what-it-has-not',
  'newest-key-only',
  'keys-unchecked',
]);

/** Those that take more than a sixth of the budget: nobody may be left to spare when the graces run out. */
export const rare: ReadonlySet<string> = new Set(['old-vouching-stands']);
