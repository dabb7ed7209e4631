/** Waiting for the room nemesis: nothing can be broken yet. */
import { createServer } from 'node:net';
import { LightconeError } from '../../core/index.ts';
import type { Nemesis } from './machinery.ts';

export const realNemesis: Nemesis = {
  async open() {
    const no = (): never => {
      throw new LightconeError('LC_ENVIRONMENT', 'the nemesis is not there yet');
    };
    return {
      ports: {
        take: () =>
          new Promise((resolve, reject) => {
            const server = createServer();
            server.on('error', reject);
            server.listen(0, '127.0.0.1', () => {
              const { port } = server.address() as { port: number };
              server.close(() => resolve(port));
            });
          }),
      },
      links: { open: async ({ target }) => target, set: no, heal: async () => {}, probe: async () => true, close: async () => {} },
      processes: { spawn: no, of: () => [], kill: no, pause: no, resume: no, stop: no, stopAll: async () => {} },
      close: async () => {},
    };
  },
  carryOut: async () => [],
};
