/** A client whose every answer is an exception, as one is that meets what it does not understand. */
import { memorySystem } from './memory-system.ts';

export default memorySystem('throws', {
  ratePerSecond: 100,
  client: () => ({
    invoke: async () => JSON.parse('\u0000\u0001 not what was expected'),
    async close() {},
  }),
});
