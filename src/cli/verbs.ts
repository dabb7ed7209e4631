/** The verbs, in the order of the help. One file a verb. */
import { check } from './check.ts';
import { demoVerb } from './demo.ts';
import { doctorVerb } from './doctor.ts';
import { initVerb } from './init.ts';
import { workerVerb } from './queue-worker.ts';
import { simulateVerb } from './simulate.ts';
import { validateVerb } from './validate.ts';
import type { Verb } from './verb.ts';

export const verbs: readonly Verb[] = [simulateVerb, check, validateVerb, demoVerb, doctorVerb, initVerb, workerVerb];
