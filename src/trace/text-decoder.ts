/** Chunks of bytes or text become text: UTF-8 across chunk borders, a leading byte order mark dropped, bad bytes refused with their line. */
import { refuse } from './place.ts';

// Present on every engine; declared here because pure rooms compile without a platform's types.
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes?: Uint8Array, options?: { stream: boolean }): string };

const NEWLINE = 10;

export class ChunkDecoder {
  readonly #source: string;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #newlines = 0;
  #started = false;

  constructor(source: string) {
    this.#source = source;
  }

  text(chunk: string | Uint8Array): string {
    let text: string;
    if (typeof chunk === 'string') text = chunk;
    else {
      try {
        text = this.#decoder.decode(chunk, { stream: true });
      } catch {
        this.#refuse(chunk);
      }
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) this.#newlines++;
    }
    if (this.#started || text === '') return text;
    this.#started = true;
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  /** Throws when the input ends inside a character. */
  end(): void {
    try {
      this.#decoder.decode();
    } catch {
      this.#refuse(new Uint8Array(0));
    }
  }

  #refuse(chunk: Uint8Array): never {
    const seen = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(chunk);
    const bad = seen.indexOf('\ufffd');
    const before = bad < 0 ? seen : seen.slice(0, bad);
    const line = this.#newlines + before.split('\n').length;
    refuse('LC_TRACE_SYNTAX', this.#source, line, 'the bytes are not UTF-8');
  }
}
