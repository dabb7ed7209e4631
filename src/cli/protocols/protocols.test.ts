import { expect, test } from 'vitest';
import { drawPlan } from '../../simulator/index.ts';
import { protocolNamed, protocolNames } from './index.ts';

const SEEDS = 60;

test.each(protocolNames)('%s takes the settings that its seeds draw, for any number of servers', (name) => {
  const subject = protocolNamed(name).subject();
  for (const nodes of [1, 2, 3, 7])
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { settings } = drawPlan(subject, seed, { nodes });
      const peers = Array.from({ length: nodes }, (_, i) => i + 1);
      const made = (): unknown => subject.create(1, peers, settings, subject.version);
      expect(made, `${name}, seed ${seed}, ${nodes} nodes: ${JSON.stringify(settings)}`).not.toThrow();
      const client = (): unknown => subject.client(nodes + 1, peers, settings, 1);
      expect(client, `${name}, seed ${seed}, ${nodes} nodes, its client`).not.toThrow();
    }
});
