/**
 * SHA-256 of one piece of bytes (FIPS 180-4), with nothing allocated on the way: digests of small values are taken at
 * every step of a simulation. Held against another implementation in sha256.test.ts.
 */

const BLOCK = 64;
/** 6.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const K = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
  0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
  0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
  0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
  0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
  0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
/** 5.3.3: of the square roots of the first eight. */
const START = new Int32Array([0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]);

const words = new Int32Array(BLOCK);
const state = new Int32Array(8);
const tail = new Uint8Array(2 * BLOCK);
/** The two hexadecimal digits of each byte. */
const pairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** 6.2.2, for the block of `bytes` at `at`. */
function compress(bytes: Uint8Array, at: number): void {
  for (let i = 0, from = at; i < 16; i++, from += 4)
    words[i] =
      ((bytes[from] as number) << 24) |
      ((bytes[from + 1] as number) << 16) |
      ((bytes[from + 2] as number) << 8) |
      (bytes[from + 3] as number);
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15] as number;
    const y = words[i - 2] as number;
    const first = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const second = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[i] = ((words[i - 16] as number) + first + (words[i - 7] as number) + second) | 0;
  }
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let i = 0; i < 64; i++) {
    const rounds = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + rounds + (g ^ (e & (f ^ g))) + (K[i] as number) + (words[i] as number)) | 0;
    const turns = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (turns + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
  state[5] = (state[5] as number) + f;
  state[6] = (state[6] as number) + g;
  state[7] = (state[7] as number) + h;
}

/** Of bytes[0, length): 64 hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array, length = bytes.length): string {
  state.set(START);
  let at = 0;
  for (; at + BLOCK <= length; at += BLOCK) compress(bytes, at);
  const left = length - at;
  for (let i = 0; i < left; i++) tail[i] = bytes[at + i] as number;
  tail[left] = 0x80;
  // 5.1.1: zeros, then the length in bits, as 64 bits.
  const end = left < BLOCK - 8 ? BLOCK : 2 * BLOCK;
  tail.fill(0, left + 1, end);
  const high = Math.floor(length / 0x20000000);
  const low = length << 3;
  for (let i = 0; i < 4; i++) {
    tail[end - 8 + i] = high >>> (24 - 8 * i);
    tail[end - 4 + i] = low >>> (24 - 8 * i);
  }
  compress(tail, 0);
  if (end > BLOCK) compress(tail, BLOCK);
  return asHex();
}

function asHex(): string {
  let text = '';
  for (let i = 0; i < 8; i++) {
    const word = state[i] as number;
    text +=
      (pairs[word >>> 24] as string) +
      (pairs[(word >>> 16) & 255] as string) +
      (pairs[(word >>> 8) & 255] as string) +
      (pairs[word & 255] as string);
  }
  return text;
}
