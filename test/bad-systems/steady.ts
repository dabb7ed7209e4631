/** Nothing is bad about it: what happens to it is. */
import { memorySystem } from './memory-system.ts';

export default memorySystem('steady', { ratePerSecond: 500 });
