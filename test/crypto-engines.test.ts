/** One suite, three engines: the symbolic table of the simulator passes what node:crypto and WebCrypto pass (src/crypto/engines.test.ts). */
import { describe, expect, test } from 'vitest';
import { type NodeId, type Proof, Random, type Value } from '../src/core/index.ts';
import type { Engine } from '../src/crypto/index.ts';
import { type EngineGroup, engineCases } from '../src/crypto/testing.ts';
import { SymbolicCrypto } from '../src/simulator/index.ts';

/** One table is one cluster; each node may sign in its own name only. */
function symbolic(table: SymbolicCrypto, id: NodeId): Engine {
  return {
    id,
    sign: (content: Value, proof: Proof) => table.sign(id, content, proof),
    verify: (signer, content, signature, proof) => table.verify(signer, content, signature, proof, id),
  };
}

describe('the symbolic table', () => {
  test.each(engineCases.map((each) => [each.name, each] as const))('%s', async (_name, { check }) => {
    for (let seed = 1; seed <= 3; seed++) {
      const [here, there] = [new SymbolicCrypto(seed), new SymbolicCrypto(seed + 100)];
      const group: EngineGroup = { ids: [1, 2, 5, 7], of: (id) => symbolic(here, id), elsewhere: (id) => symbolic(there, id) };
      expect(await check(group, new Random(seed))).toBeNull();
    }
  });
});
