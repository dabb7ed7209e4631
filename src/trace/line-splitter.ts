/** Text chunks become lines (`\n` or `\r\n`). A line over the limit is refused as soon as the limit is passed: nothing beyond it is kept. */
import { refuse } from './place.ts';

export class LineSplitter {
  readonly #source: string;
  readonly #maxChars: number;
  readonly #line: (text: string, number: number) => void;
  #rest = '';
  #number = 0;

  /** `line` gets each line without its end, and its number from 1. */
  constructor(source: string, maxChars: number, line: (text: string, number: number) => void) {
    this.#source = source;
    this.#maxChars = maxChars;
    this.#line = line;
  }

  /** Lines handed over so far. */
  get lines(): number {
    return this.#number;
  }

  feed(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#emit(this.#rest === '' ? text.slice(start, end) : this.#rest + text.slice(start, end));
      this.#rest = '';
      start = end + 1;
    }
    if (start === text.length) return;
    this.#rest += start === 0 ? text : text.slice(start);
    if (this.#rest.length > this.#maxChars) this.#tooLong(this.#rest);
  }

  /** The last line may lack its end. */
  end(): void {
    if (this.#rest !== '') this.#emit(this.#rest);
    this.#rest = '';
  }

  #emit(text: string): void {
    if (text.length > this.#maxChars) this.#tooLong(text);
    this.#number++;
    this.#line(text.charCodeAt(text.length - 1) === 13 ? text.slice(0, -1) : text, this.#number);
  }

  #tooLong(text: string): never {
    const start = JSON.stringify(text.slice(0, 40));
    refuse(
      'LC_TRACE_LINE_TOO_LONG',
      this.#source,
      this.#number + 1,
      `a line of more than ${this.#maxChars} characters, starting with ${start}`,
      { maxLineChars: this.#maxChars },
    );
  }
}
