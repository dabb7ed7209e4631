/** Its nodes want a port that somebody else has; which, is in the environment. */
import { memorySystem } from './memory-system.ts';

export default memorySystem('port-taken', { takenPort: Number(process.env.TAKEN_PORT) });
