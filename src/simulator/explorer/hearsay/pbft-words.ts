/** What a small PBFT says and writes, in words. Of two things that differ only in who says them, or in who vouches for a choice, they are the same. */
import type { ApplyIndication } from '../../../core/index.ts';
import {
  type Batch,
  batchDigest,
  type Digest,
  messageTypes,
  type NewView,
  NULL_DIGEST,
  type PbftMessage,
  type PbftRecord,
  type PbftRequest,
  type ViewChange,
} from '../../../protocols/pbft/index.ts';

const votes = new Map<number, string>([
  [messageTypes.prePrepare, 'pre-prepare'],
  [messageTypes.prepare, 'prepare'],
  [messageTypes.commit, 'commit'],
  [messageTypes.committed, 'committed'],
]);

export class PbftWords {
  /** The batches that there are, by digest: one for each request. */
  readonly batches: ReadonlyMap<Digest, Batch>;
  readonly #names: ReadonlyMap<Digest, string>;
  readonly #clients: ReadonlyMap<number, string>;

  /** Requests are called A, B and so on. */
  constructor(requests: readonly PbftRequest[]) {
    const letter = (i: number): string => String.fromCharCode(65 + i);
    this.batches = new Map(requests.map((request) => [batchDigest([request]), [request]]));
    this.#names = new Map([...this.batches.keys()].map((digest, i) => [digest, letter(i)]));
    this.#clients = new Map(requests.map(({ client }, i) => [client, letter(i)]));
  }

  digest(digest: Digest): string {
    return digest === NULL_DIGEST ? 'null' : (this.#names.get(digest) ?? `unknown ${digest.slice(0, 6)}`);
  }

  commands(commands: ApplyIndication['commands']): string {
    return commands.map((command) => (command === null ? 'null' : (this.#clients.get(command.session) ?? 'unknown'))).join('+');
  }

  /** A batch is told only where it is not the one that the digest names. */
  vote(type: number, view: number, seq: number, digest: Digest, batch: Batch | null): string {
    return `${votes.get(type)} ${view} ${seq} ${this.#with(digest, batch)}`;
  }

  #with(digest: Digest, batch: Batch | null): string {
    const other = batch !== null && batchDigest(batch) !== digest;
    return `${this.digest(digest)}${other ? ` with ${this.digest(batchDigest(batch))}` : ''}`;
  }

  change({ view, prepared, prePrepared }: ViewChange): string {
    const told = (entries: ViewChange['prepared']): string =>
      entries.map(({ digest, seq, view: of }) => `${this.digest(digest)}@${seq}.${of}`).join('+') || '-';
    return `view-change ${view} P ${told(prepared)} Q ${told(prePrepared)}`;
  }

  newView({ view, chosen }: Pick<NewView, 'view' | 'chosen'>): string {
    return `new-view ${view} ${chosen.map(({ seq, digest }) => `${this.digest(digest)}@${seq}`).join('+') || '-'}`;
  }

  message({ type, view, seq, digest, batch, body }: PbftMessage): string {
    if (body?.type === 'viewChange') return this.change(body.change);
    if (body?.type === 'newView') return this.newView(body.newView);
    return this.vote(type, view, seq, digest, batch);
  }

  record(record: PbftRecord): string {
    switch (record.type) {
      case 'accepted':
        return `accepted ${record.view} ${record.seq} ${this.#with(record.digest, record.batch)}`;
      case 'prepared':
        return `prepared ${record.view} ${record.seq} ${this.digest(record.digest)}`;
      case 'committed':
        return `committed ${record.seq} ${this.#with(record.digest, record.batch)}`;
      case 'viewChange':
        return this.change(record.change);
      case 'newView':
        return this.newView(record.newView);
      default:
        return JSON.stringify(record);
    }
  }
}
