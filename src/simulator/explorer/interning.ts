/** Numbers for things that are equal: byte strings, lists of numbers, and results of pairs and triples of numbers. */
import { hash32, type Writer } from '../../core/index.ts';
import { StateTable } from './state-table.ts';

/** Canonical bytes to 0, 1, ... Compared in full. */
export class ByteTable {
  #hashes = new Map<number, number[]>();
  readonly #keys: Uint8Array[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** The number of what `writer` holds; a new one equals the earlier `size`. */
  idOf(writer: Writer): number {
    const { bytes, length } = writer;
    const hash = hash32(bytes, 0, length, 0x51ed270b);
    const candidates = this.#hashes.get(hash);
    if (candidates !== undefined) {
      for (const id of candidates) if (equalBytes(this.#keys[id] as Uint8Array, bytes, length)) return id;
    }
    const id = this.#keys.length;
    this.#keys.push(bytes.slice(0, length));
    if (candidates === undefined) this.#hashes.set(hash, [id]);
    else candidates.push(id);
    return id;
  }
}

function equalBytes(key: Uint8Array, bytes: Uint8Array, length: number): boolean {
  if (key.length !== length) return false;
  for (let i = 0; i < length; i++) if (key[i] !== bytes[i]) return false;
  return true;
}

/** Lists of non-negative integers to 0, 1, ...; number 0 is the empty list. */
export class ListTable {
  readonly #lists: (readonly number[])[] = [];
  /** A trie over pairs (prefix, item), so that no list is ever compared item by item with another. */
  readonly #trie = new TupleTable(2);
  readonly #numberOf: number[] = [];

  constructor() {
    this.idOf([]);
  }

  get size(): number {
    return this.#lists.length;
  }

  idOf(list: readonly number[]): number {
    let at = 0;
    for (let i = 0; i < list.length; i++) at = this.#trie.insert2(at, list[i] as number) + 1;
    const known = this.#numberOf[at];
    if (known !== undefined && known >= 0) return known;
    while (this.#numberOf.length <= at) this.#numberOf.push(-1);
    this.#numberOf[at] = this.#lists.length;
    this.#lists.push([...list]);
    return this.#lists.length - 1;
  }

  list(id: number): readonly number[] {
    return this.#lists[id] as readonly number[];
  }
}

/** Tuples of two or three integers to 0, 1, ... */
export class TupleTable {
  readonly #table: StateTable;
  readonly #key: Int32Array;

  constructor(width: 2 | 3) {
    this.#table = new StateTable(width, Number.MAX_SAFE_INTEGER);
    this.#key = new Int32Array(width);
  }

  get size(): number {
    return this.#table.count;
  }

  /** The number of (a, b); a new one equals the earlier `size`. */
  insert2(a: number, b: number): number {
    this.#key[0] = a;
    this.#key[1] = b;
    return this.#table.insert(this.#key, 0, 0, 0);
  }

  insert3(a: number, b: number, c: number): number {
    this.#key[0] = a;
    this.#key[1] = b;
    this.#key[2] = c;
    return this.#table.insert(this.#key, 0, 0, 0);
  }
}
