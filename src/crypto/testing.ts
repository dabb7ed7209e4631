/**
 * The conformance suite of engines: what a protocol may rely on, whatever proves for it. Sync and async engines pass the
 * same cases; those that only real cryptography can pass stand in the engines' own tests. A case is a name and what
 * must be true; each is shown to fail on a broken engine in engines.test.ts.
 */
import type { NodeId, Proof, Random, Value } from '../core/index.ts';
import { schema } from '../core/index.ts';
import type { AsyncEngine, Engine } from './engine.ts';

export type AnyEngine = Engine | AsyncEngine;

/** Engines of one group by node; `of(other)`: of a group that is another cluster with the same keys, where there is such a thing. */
export interface EngineGroup {
  readonly ids: readonly NodeId[];
  of(id: NodeId): AnyEngine;
  elsewhere?(id: NodeId): AnyEngine;
}

export interface EngineCase {
  readonly name: string;
  /** What went wrong, in a sentence; null: nothing. */
  check(group: EngineGroup, random: Random): Promise<string | null>;
}

const kinds: readonly Proof[] = ['signature', 'authenticator'];
const content = (random: Random): Value => [schema.value.sample(random), random.u32()];

/** Every way to ask about a proof that `signer` made of `said`, with each reader. */
async function asked(
  group: EngineGroup,
  ask: (reader: NodeId, proof: Proof) => { signer: NodeId; said: Value; signature: Value; kind: Proof } | null,
  expected: boolean,
): Promise<string | null> {
  for (const reader of group.ids) {
    for (const proof of kinds) {
      const question = ask(reader, proof);
      if (question === null) continue;
      const { signer, said, signature, kind } = question;
      const valid = await group.of(reader).verify(signer, said, signature, kind);
      if (valid !== expected) return `node ${reader} says ${valid} of the ${proof} of node ${signer}, asked as ${kind}`;
    }
  }
  return null;
}

async function proofs(group: EngineGroup, signer: NodeId, said: Value): Promise<{ readonly [kind in Proof]: Value }> {
  const engine = group.of(signer);
  return { signature: await engine.sign(said, 'signature'), authenticator: await engine.sign(said, 'authenticator') };
}

/** Values that are no proofs, and such that were and are damaged now. */
function damaged(random: Random, proof: Value): Value {
  if (!(proof instanceof Uint8Array) || random.below(3) === 0) return schema.value.sample(random);
  const kind = random.below(3);
  if (kind === 0) return proof.slice(0, random.below(proof.length));
  if (kind === 1) return Uint8Array.from([...proof, random.below(256)]);
  return schema.bytes.mutate(random, proof);
}

/** Whether `reader` finds a place in damaged `proof` that is its own, unharmed: true answers are then no mistake. */
const sameFor = (original: Value, changed: Value, kind: Proof): boolean =>
  kind === 'authenticator' && original instanceof Uint8Array && changed instanceof Uint8Array && original.length === changed.length;

export const engineCases: readonly EngineCase[] = [
  {
    name: 'everybody believes both kinds of proof, the signer included',
    async check(group, random) {
      for (const signer of group.ids) {
        const said = content(random);
        const made = await proofs(group, signer, said);
        const wrong = await asked(group, (_, kind) => ({ signer, said, signature: made[kind], kind }), true);
        if (wrong !== null) return wrong;
      }
      return null;
    },
  },
  {
    name: 'a proof is of its content alone',
    async check(group, random) {
      for (const signer of group.ids) {
        const said = content(random);
        const other = schema.value.mutate(random, said);
        const made = await proofs(group, signer, said);
        const wrong = await asked(group, (_, kind) => ({ signer, said: other, signature: made[kind], kind }), false);
        if (wrong !== null) return wrong;
      }
      return null;
    },
  },
  {
    name: 'a proof is of its signer alone, and nobody is a signer who is no member',
    async check(group, random) {
      const said = content(random);
      for (const signer of group.ids) {
        const made = await proofs(group, signer, said);
        for (const other of [...group.ids, 0, 99, -1, 1.5, Number.NaN]) {
          if (other === signer) continue;
          const wrong = await asked(group, (_, kind) => ({ signer: other, said, signature: made[kind], kind }), false);
          if (wrong !== null) return wrong;
        }
      }
      return null;
    },
  },
  {
    name: 'a signature is no authenticator, nor the other way round',
    async check(group, random) {
      const said = content(random);
      const signer = group.ids[0] as NodeId;
      const made = await proofs(group, signer, said);
      const other = { signature: 'authenticator', authenticator: 'signature' } as const;
      return asked(group, (_, kind) => ({ signer, said, signature: made[kind], kind: other[kind] }), false);
    },
  },
  {
    name: 'equal contents have equal proofs, however their fields are ordered; a copy of a proof is as good',
    async check(group, random) {
      const signer = group.ids[1] as NodeId;
      const [a, b] = [random.u32(), random.u32()];
      const made = await proofs(group, signer, { a, b, c: [a] });
      const copy = (value: Value): Value => (value instanceof Uint8Array ? value.slice() : value);
      return asked(group, (_, kind) => ({ signer, said: { c: [a], b, a }, signature: copy(made[kind]), kind }), true);
    },
  },
  {
    name: 'what is no proof is not valid, whatever it is, and nothing is thrown',
    async check(group, random) {
      const signer = group.ids.at(-1) as NodeId;
      const said = content(random);
      const made = await proofs(group, signer, said);
      for (let i = 0; i < 60; i++) {
        const broken = { signature: damaged(random, made.signature), authenticator: damaged(random, made.authenticator) };
        const ask = (_: NodeId, kind: Proof) =>
          sameFor(made[kind], broken[kind], kind) ? null : { signer, said, signature: broken[kind], kind };
        const wrong = await asked(group, ask, false);
        if (wrong !== null) return wrong;
      }
      return null;
    },
  },
  {
    name: 'a proof counts in its own cluster only',
    async check(group, random) {
      if (group.elsewhere === undefined) return null;
      const said = content(random);
      for (const signer of group.ids) {
        for (const kind of kinds) {
          const foreign = await group.elsewhere(signer).sign(said, kind);
          const wrong = await asked(group, () => ({ signer, said, signature: foreign, kind }), false);
          if (wrong !== null) return wrong;
        }
      }
      return null;
    },
  },
];
