/** Where the working thread of the command begins. */
import { work } from './worker-io.ts';

await work();
