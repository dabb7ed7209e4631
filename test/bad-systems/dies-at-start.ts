/** Its nodes end as soon as they start, with a word of why. */
import { memorySystem } from './memory-system.ts';

export default memorySystem('dies-at-start', { program: 'console.error("config: no such shard: 7"); process.exit(3);' });
