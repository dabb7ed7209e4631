/** What a NATS server says of itself over its monitoring port: health, and its view of a stream's leader and position. */
import type { Address } from '../../nemesis/index.ts';
import { Broken, completionOf } from '../completion.ts';
import { HttpExchange } from '../http-exchange.ts';
import { always } from '../patience.ts';
import type { ObservedBelief } from '../system.ts';

interface Replica {
  readonly name?: string;
  readonly current?: boolean;
}
interface Stream {
  readonly name?: string;
  readonly cluster?: { readonly leader?: string; readonly replicas?: readonly Replica[] };
  readonly state?: { readonly first_seq?: number; readonly last_seq?: number; readonly messages?: number; readonly bytes?: number };
}
interface Told {
  readonly meta_cluster?: { readonly leader?: string };
  readonly account_details?: readonly { readonly stream_detail?: readonly Stream[] }[];
}

/** What a replica says of its own copy: replicas that hold the same say the same. */
function digestOf({ first_seq: first = 0, last_seq: last = 0, messages = 0, bytes = 0 }: NonNullable<Stream['state']> = {}): string {
  return `${messages} messages from ${first} to ${last}, ${bytes} bytes`;
}

export class Monitor {
  readonly #http: HttpExchange;

  constructor(address: Address, timeoutMs: number) {
    this.#http = new HttpExchange(address, always(timeoutMs));
  }

  close(): void {
    this.#http.close();
  }

  async healthy(): Promise<boolean> {
    return (await this.#http.send('GET', '/healthz')).status === 200;
  }

  /** It knows who leads the stream and keeps up; the leader sees that all do. Followers know nothing of each other. */
  async follows(node: string, stream: string): Promise<boolean> {
    const { leader = '', replicas = [] } = (await this.#stream(stream)).seen?.cluster ?? {};
    const watched = leader === node ? replicas : replicas.filter(({ name }) => name === leader);
    return leader !== '' && watched.every(({ current }) => current === true);
  }

  async beliefs(node: string, stream: string): Promise<readonly ObservedBelief[]> {
    try {
      const { seen, told } = await this.#stream(stream);
      const meta = told.meta_cluster?.leader ?? null;
      const leader = seen?.cluster?.leader ?? null;
      return [
        { kind: 'x-meta-leader', value: meta },
        { kind: 'leader', value: leader },
        { kind: 'role', value: leader === node ? 'leader' : 'follower' },
        { kind: 'position', value: seen?.state?.last_seq ?? 0 },
        { kind: 'digest', value: digestOf(seen?.state) },
      ];
    } catch (error) {
      completionOf(error, true);
      return [];
    }
  }

  async #stream(stream: string): Promise<{ readonly told: Told; readonly seen: Stream | undefined }> {
    const { body } = await this.#http.send('GET', '/jsz?accounts=true&streams=true');
    try {
      const told = JSON.parse(body) as Told;
      const streams = (told.account_details ?? []).flatMap((account) => account.stream_detail ?? []);
      return { told, seen: streams.find(({ name }) => name === stream) };
    } catch {
      throw new Broken('NOT_JSON', true);
    }
  }
}
