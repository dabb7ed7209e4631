import { expect, it } from 'vitest';
import { systemNamed } from '../systems/index.ts';
import { checkSystem } from './vitest.ts';

it('a scenario that the system does not have is refused before anything is started', async () => {
  await expect(checkSystem(systemNamed('etcd'), 'defualt')).rejects.toThrow('etcd has no scenario "defualt"; it has: default, ');
});
