/**
 * Did a change of links take hold? A probe over each of them: those that are cut must be silent, the others must speak,
 * and a delayed one not too soon. A link that was changed again while the probe was under way is nobody's evidence.
 */
import type { Link } from '../scenario/index.ts';
import type { LinkCondition, Links } from './contract.ts';

/** Longer than a byte takes over loopback on a busy machine; so long a cut link is listened to. */
const SILENT_MS = 50;
/** So long a link that works may take on a busy machine, over and above its delay. */
const ALIVE_MS = 2000;
/** With more loss than this no answer proves nothing. */
const JUDGED_LOSS = 0.5;

export interface Verification {
  /** Null: nothing could be judged. */
  readonly verified: boolean | null;
  readonly probed: number;
  /** The links that were not as they should be. */
  readonly wrong: readonly string[];
}

export class LinkVerifier {
  readonly #links: Links;
  readonly #changes = new Map<string, number>();

  constructor(links: Links) {
    this.#links = links;
  }

  /** To be called when the condition of these links changes. */
  changed(links: readonly Link[]): void {
    for (const link of links) this.#changes.set(link.join('->'), (this.#changes.get(link.join('->')) ?? 0) + 1);
  }

  /** Makes sure of connections that a change is to meet. */
  async prepare(links: readonly Link[]): Promise<void> {
    await Promise.all(links.map(([from, to]) => this.#links.probe(from, to, SILENT_MS)));
  }

  async verify(links: readonly Link[], condition: (link: Link) => LinkCondition): Promise<Verification> {
    const judged = await Promise.all(links.map((link) => this.#judge(link, condition(link))));
    const wrong = links.filter((_, i) => judged[i] === false).map((link) => link.join('->'));
    const probed = judged.filter((right) => right !== null).length;
    return { verified: probed === 0 ? null : wrong.length === 0, probed, wrong };
  }

  async #judge(link: Link, condition: LinkCondition): Promise<boolean | null> {
    const [from, to] = link;
    const { cut = false, lossRate = 0, delayMs, halfOpen = false } = condition;
    // The probe's own connection was there before the link forgot its connections.
    const silent = cut || lossRate >= 1 || halfOpen;
    if (!silent && lossRate > JUDGED_LOSS) return null;
    const before = this.#changes.get(link.join('->'));
    const start = performance.now();
    let heard = await this.#links.probe(from, to, silent ? SILENT_MS : ALIVE_MS + (delayMs?.max ?? 0));
    const tookMs = performance.now() - start;
    // Lost, or written to a connection that is being reset: once more.
    if (!heard && !silent) heard = await this.#links.probe(from, to, 2 * ALIVE_MS);
    if (this.#changes.get(link.join('->')) !== before) return null;
    // Timers of the two threads are whole milliseconds.
    if (silent) return !heard;
    if (!heard || tookMs < (delayMs?.min ?? 0) - 2) return false;
    // That a byte arrives says nothing about losses, bandwidth and ends: what they met is counted.
    return lossRate > 0 || condition.bytesPerSecond !== undefined || condition.closeDelayMs !== undefined ? null : true;
  }
}
