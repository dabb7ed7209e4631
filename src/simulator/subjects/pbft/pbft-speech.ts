/**
 * How a PBFT replica would lie, for adversaries: what its messages prove, what it could say in their place, and what it
 * holds as proved by others. The protocol itself knows nothing of this.
 */
import { contentHash, type NodeId, type Proof, type Random, type Value } from '../../../core/index.ts';
import {
  type Batch,
  type Body,
  batchDigest,
  type Certified,
  checkpointContent,
  messageContent,
  messageTypes,
  NULL_DIGEST,
  newViewContent,
  type Pbft,
  type PbftMessage,
  requestContent,
  type StableProof,
  stages,
  type ViewChange,
  viewChangeContent,
} from '../../../protocols/pbft/index.ts';
import type { AnyNode, LyingSpeech } from '../../subject.ts';

interface Proved {
  readonly content: Value;
  readonly proof: Proof;
}

/** What is proved by a message, whatever is proved with: a vote has a proof only where the normal case asks for one. */
function proved(message: PbftMessage): Proved | null {
  const { type, seq, digest, proof, body } = message;
  if (type === messageTypes.checkpoint) return { content: checkpointContent(seq, digest), proof: 'signature' };
  switch (body?.type) {
    case 'viewChange':
      return { content: viewChangeContent(body.change), proof: 'signature' };
    case 'newView':
      return { content: newViewContent(body.newView), proof: 'signature' };
    case 'key':
      return { content: ['new-key', body.number, body.key], proof: 'signature' };
  }
  if (proof === null) return null;
  // The names that a symbolic host gives say what they are; any other proof is taken for a signature.
  return { content: messageContent(message), proof: typeof proof === 'string' && proof.startsWith('mac') ? 'authenticator' : 'signature' };
}

function withProof(message: PbftMessage, signature: Value): PbftMessage {
  const { body } = message;
  if (body?.type === 'viewChange') return { ...message, body: { ...body, change: { ...body.change, signature } } };
  if (body?.type === 'newView') return { ...message, body: { ...body, newView: { ...body.newView, signature } } };
  return { ...message, proof: signature };
}

/** Another batch that clients may be taken to have asked for. */
function otherBatch(random: Random, batch: Batch): Batch {
  if (batch.length > 1 && random.below(2) === 0) return random.below(2) === 0 ? [...batch].reverse() : batch.slice(1);
  if (batch.length > 0 && random.below(2) === 0) {
    const [first] = batch as readonly [Batch[number]];
    return [{ ...first, op: { f: 'write', key: 0, value: 7 } }, ...batch.slice(1)];
  }
  return [];
}

const invented = (random: Random): string => contentHash(random.below(1_000_000));

/** Reports with something left out, moved to another batch, or made newer. */
function otherReports(random: Random, reports: readonly Certified[], view: number): readonly Certified[] {
  switch (random.below(3)) {
    case 0:
      return [];
    case 1:
      return reports.map((report) => ({ ...report, digest: random.below(2) === 0 ? NULL_DIGEST : invented(random) }));
    default:
      return reports.map((report) => ({ ...report, view: Math.max(0, view - 1) }));
  }
}

function otherChange(random: Random, change: ViewChange): ViewChange {
  const { prepared, prePrepared, view } = change;
  const which = random.below(3);
  return {
    ...change,
    prepared: which === 1 ? prepared : otherReports(random, prepared, view),
    prePrepared: which === 0 ? prePrepared : otherReports(random, prePrepared, view),
  };
}

const nothingDone: Value = { position: 0, machine: [], clients: [] };

/** The state of a service that has done nothing, under the digest of the right one or under its own. */
function otherState(random: Random, proof: StableProof): Body {
  return { type: 'state', snapshot: nothingDone, proof: random.below(2) === 0 ? proof : { ...proof, digest: contentHash(nothingDone) } };
}

/** A false state under the proof of the right one. Nobody asked for it, but who is behind may take it. */
function stateMessage(view: number, proof: StableProof): PbftMessage {
  const { seq, digest } = proof;
  return { type: messageTypes.state, view, seq, digest, batch: null, proof: null, body: { type: 'state', snapshot: nothingDone, proof } };
}

/** There are so many replicas in any group that survives a liar. */
const LEAST_GROUP = [1, 2, 3, 4];

/** Its own good word, as if it were a quorum's: once, or again and again. */
const repeated = <T>(random: Random, word: T): readonly T[] => (random.below(2) === 0 ? [word] : LEAST_GROUP.map(() => word));

/** What it alone has, proved by itself alone. */
function ownStable(random: Random, from: NodeId, { view, seq, digest, proof: signature }: PbftMessage): PbftMessage {
  const proof = { seq, digest, signatures: repeated(random, { node: from, signature }) };
  return { type: messageTypes.stable, view, seq, digest, batch: null, proof: null, body: { type: 'stable', proof } };
}

/** A view that nobody but itself asked for; its primary says it and signs it. */
function ownNewView(random: Random, change: ViewChange): PbftMessage {
  const { view, stable } = change;
  const start = { seq: stable.seq, digest: stable.digest };
  const newView = { view, viewChanges: repeated(random, change), start, chosen: [], signature: null };
  return { type: messageTypes.newView, view, seq: 0, digest: '', batch: null, proof: null, body: { type: 'newView', newView } };
}

/** A checkpoint that nobody has, under the names of others. */
function inventedStable(random: Random, view: number, seq: number): PbftMessage {
  const digest = invented(random);
  const signatures = LEAST_GROUP.map((node) => ({ node, signature: `sig-${random.u32()}` }));
  const proof = { seq: seq + 1 + random.below(64), digest, signatures };
  return { type: messageTypes.stable, view, seq: proof.seq, digest, batch: null, proof: null, body: { type: 'stable', proof } };
}

/** The first view from `view` on that `from` leads. */
function ledBy(from: NodeId, view: number, node: AnyNode | null): number {
  const { peers } = (node ?? { peers: LEAST_GROUP }) as { readonly peers: readonly NodeId[] };
  const rank = peers.indexOf(from);
  return rank < 0 ? view : view + ((rank - (view % peers.length) + peers.length) % peers.length);
}

function otherBody(random: Random, body: Body): Body {
  switch (body.type) {
    case 'viewChange':
      return { ...body, change: otherChange(random, body.change) };
    case 'newView': {
      const { newView } = body;
      const { chosen, viewChanges } = newView;
      if (random.below(3) === 0) return { ...body, newView: { ...newView, viewChanges: viewChanges.slice(1) } };
      const other = random.below(2) === 0 ? [] : chosen.map(({ seq }) => ({ seq, digest: NULL_DIGEST }));
      return { ...body, newView: { ...newView, chosen: other } };
    }
    case 'status':
      return { ...body, executed: random.below(2) === 0 ? 0 : body.executed + 1 };
    case 'state':
      return otherState(random, body.proof);
    case 'stable':
      return { ...body, proof: { ...body.proof, seq: body.proof.seq + random.below(3), digest: invented(random) } };
    case 'key':
      return { ...body, number: body.number + 1 };
  }
}

/** Another message that `from` could send in place of this one, and that its reader may believe; null: none comes to mind. */
function lie(random: Random, message: PbftMessage, from: NodeId, node: AnyNode | null): PbftMessage | null {
  const { type, view, seq, digest, batch, body } = message;
  if (body?.type === 'viewChange' && random.below(4) === 0) {
    // Whoever follows one replica alone is led anywhere.
    const further = body.change.view + 1 + random.below(3);
    return { ...message, view: further, body: { ...body, change: { ...body.change, view: further } } };
  }
  if (body?.type === 'viewChange' && random.below(4) === 0) return ownNewView(random, body.change);
  if (body?.type === 'stable' && random.below(2) === 0) return stateMessage(view, body.proof);
  if (body?.type === 'viewChange' && body.change.stable.seq > 0 && random.below(4) === 0) return stateMessage(view, body.change.stable);
  if (body?.type === 'status' && random.below(4) === 0) {
    const stable = node === null ? null : (node as unknown as Pbft).stable;
    if (stable === null || stable.seq === 0 || random.below(2) === 0) return inventedStable(random, view, message.seq);
    return stateMessage(view, stable);
  }
  if (body !== null) return { ...message, body: otherBody(random, body) };
  switch (type) {
    case messageTypes.prePrepare:
    case messageTypes.committed:
    case messageTypes.batch: {
      const other = otherBatch(random, batch ?? []);
      return { ...message, batch: other, digest: random.below(3) === 0 ? digest : batchDigest(other) };
    }
    case messageTypes.request:
      return {
        ...message,
        batch: (batch ?? []).map((request) => ({
          ...request,
          timestamp: request.timestamp + random.below(3),
          op: { f: 'write', key: 0, value: 8 },
        })),
      };
    case messageTypes.prepare:
    case messageTypes.commit:
      if (random.below(4) === 0) return { ...message, view: view + 1 };
      // As if it led, now or before its time: no batch is the one that nobody can call invented.
      if (random.below(4) === 0)
        return {
          ...message,
          type: messageTypes.prePrepare,
          view: seq % 2 === 0 ? view : ledBy(from, view, node),
          batch: [],
          digest: NULL_DIGEST,
        };
      return { ...message, digest: random.below(2) === 0 && digest !== NULL_DIGEST ? NULL_DIGEST : invented(random) };
    case messageTypes.checkpoint:
      return random.below(2) === 0 ? ownStable(random, from, message) : { ...message, digest: invented(random) };
  }
  return null;
}

function* proofOf({ seq, digest, signatures }: StableProof): Iterable<{ readonly signer: NodeId; readonly content: Value }> {
  for (const { node } of signatures) yield { signer: node, content: checkpointContent(seq, digest) };
}

/**
 * Requests that will do something once they are executed, as far as that can be told: with all before them known. One without
 * effect needs no proof, and after a restart what took its effect may be yet to be executed again.
 */
function* requestsWithEffect(pbft: Pbft): Iterable<{ readonly signer: NodeId; readonly content: Value }> {
  // Where the channel says who asks, a request proves nothing.
  if (pbft.config.authentication === 'channel') return;
  const newest = new Map<NodeId, number>();
  let next = pbft.executed;
  for (const { seq, stage, batch } of pbft.slotsKnown()) {
    if (seq <= pbft.executed) continue;
    next += 1;
    if (seq !== next || stage < stages.accepting || batch === null) return;
    for (const request of batch) {
      const { client, timestamp } = request;
      const last = newest.get(client) ?? pbft.service.last(client)?.timestamp ?? 0;
      if (timestamp <= last) continue;
      newest.set(client, timestamp);
      yield { signer: client, content: requestContent(request) };
    }
  }
}

/** What a replica holds as said and proved by others. */
function* holds(node: AnyNode): Iterable<{ readonly signer: NodeId; readonly content: Value }> {
  const pbft = node as unknown as Pbft;
  const { stable, began } = pbft;
  yield* proofOf(stable);
  yield* requestsWithEffect(pbft);
  for (const change of began?.viewChanges ?? []) {
    yield { signer: change.node, content: viewChangeContent(change) };
    // An earlier checkpoint than its own it does not have to be shown.
    if (change.stable.seq >= stable.seq) yield* proofOf(change.stable);
  }
}

export const pbftSpeech: LyingSpeech<PbftMessage> = { proved, withProof, lie, holds };
