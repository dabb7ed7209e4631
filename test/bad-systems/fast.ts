/** As fast as it can: its trace grows by megabytes a second. */
import { memorySystem } from './memory-system.ts';

export default memorySystem('fast', {});
