/** The verbs, in the order of the help. One file a verb. */
import type { Verb } from './verb.ts';

export const verbs: readonly Verb[] = [];
