/** An ordering protocol that agrees with itself at once: for testing what stands above one. */
import type { CompactRequest, Effects, Input, Node, OrderingIndication, Value, Writer } from '../../core/index.ts';

/** One node, no messages; `position` starts after what `restore` said. Holds reads back until `release`. */
export class SoloOrder implements Node<never, never, OrderingIndication> {
  position = 0;
  compacted: { index: number; snapshot: Value } | null = null;
  /** Refuse everything with this code while set. */
  refusal: string | null = null;

  step(input: Input<never, never>, out: Effects<never, never, OrderingIndication>): void {
    if (input.kind !== 'request') return;
    const { session, id, mode, op } = input.request;
    if (this.refusal !== null) {
      out.reply(input.from, { id, session, outcome: 'fail', code: this.refusal });
    } else if (mode === 'admin') {
      const { index, snapshot } = op as unknown as CompactRequest;
      this.compacted = { index, snapshot };
    } else if (mode === 'linearizable') {
      out.indicate({ kind: 'readReady', session, id, index: this.position });
    } else {
      this.position += 1;
      out.indicate({ kind: 'apply', first: this.position, commands: [{ session, id, op }] });
    }
  }

  clone(): SoloOrder {
    const copy = new SoloOrder();
    copy.position = this.position;
    copy.compacted = this.compacted;
    copy.refusal = this.refusal;
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.position);
  }
}

/** Effects written down as `[name, ...arguments]`. */
export class EffectLog implements Effects<never, never, OrderingIndication> {
  readonly log: unknown[][] = [];
  take(name: string): unknown[][] {
    const found = this.log.filter((entry) => entry[0] === name).map((entry) => entry.slice(1));
    this.log.length = 0;
    return found;
  }
  send(...args: unknown[]): void {
    this.log.push(['send', ...args]);
  }
  persist(...args: unknown[]): void {
    this.log.push(['persist', ...args]);
  }
  checkpoint(...args: unknown[]): void {
    this.log.push(['checkpoint', ...args]);
  }
  load(...args: unknown[]): void {
    this.log.push(['load', ...args]);
  }
  sign(...args: unknown[]): void {
    this.log.push(['sign', ...args]);
  }
  verify(...args: unknown[]): void {
    this.log.push(['verify', ...args]);
  }
  timer(...args: unknown[]): void {
    this.log.push(['timer', ...args]);
  }
  request(...args: unknown[]): void {
    this.log.push(['request', ...args]);
  }
  reply(...args: unknown[]): void {
    this.log.push(['reply', ...args]);
  }
  indicate(...args: unknown[]): void {
    this.log.push(['indicate', ...args]);
  }
  belief(...args: unknown[]): void {
    this.log.push(['belief', ...args]);
  }
  choose(): number {
    return 0;
  }
}
