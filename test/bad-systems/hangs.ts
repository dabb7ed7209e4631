/** One operation in twenty is never answered: the client hangs beyond its own time-out. */
import { memorySystem } from './memory-system.ts';

let asked = 0;

export default memorySystem('hangs', {
  ratePerSecond: 200,
  client: (right) => ({
    invoke: (operation) => (++asked % 20 === 0 ? new Promise(() => {}) : right.invoke(operation)),
    // Closing hangs as well, as it does on a connection to nowhere.
    close: () => new Promise(() => {}),
  }),
});
