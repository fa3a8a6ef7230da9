/**
 * gzip data back, never more of it than asked for: a value of a few kilobytes may stand for gigabytes.
 *
 * Sources: RFC 1952 (gzip), RFC 1951 (deflate: stored, fixed and dynamic blocks).
 */

export type GunzipResult =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly message: string };

const MAX_BITS = 15;
const END_OF_BLOCK = 256;
const FIRST_LENGTH = 257;
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12_289, 16_385, 24_577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** A prefix code: how many codes there are of each length, and their symbols in order. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

/** What stops the decoder; caught below, never seen outside. */
class Stop extends Error {}

/** One gzip member, at most `maxBytes` of it. */
export function gunzip(data: Uint8Array, maxBytes: number): GunzipResult {
  try {
    return { ok: true, bytes: new Inflater(data, headerEnd(data), maxBytes).run() };
  } catch (error) {
    if (error instanceof Stop) return { ok: false, message: `gzip: ${error.message}` };
    throw error;
  }
}

function headerEnd(data: Uint8Array): number {
  if (data[0] !== 0x1f || data[1] !== 0x8b || data[2] !== 8) throw new Stop("no gzip data");
  const flags = data[3] ?? 0;
  let at = 10;
  if (flags & 4) at += 2 + (data[at] ?? 0) + (data[at + 1] ?? 0) * 256;
  for (const text of [8, 16]) {
    if ((flags & text) === 0) continue;
    const end = data.indexOf(0, at);
    if (end < 0) throw new Stop("cut short");
    at = end + 1;
  }
  return flags & 2 ? at + 2 : at;
}

class Inflater {
  readonly #data: Uint8Array;
  readonly #maxBytes: number;
  #at: number;
  #bits = 0;
  #bitCount = 0;
  #out = new Uint8Array(1024);
  #length = 0;

  constructor(data: Uint8Array, at: number, maxBytes: number) {
    this.#data = data;
    this.#at = at;
    this.#maxBytes = maxBytes;
  }

  run(): Uint8Array {
    for (let last = 0; last === 0; ) {
      last = this.#take(1);
      const kind = this.#take(2);
      if (kind === 0) this.#stored();
      else if (kind === 1) this.#compressed(FIXED_LENGTHS, FIXED_DISTANCES);
      else if (kind === 2) this.#dynamic();
      else throw new Stop("a block of unknown kind");
    }
    const bytes = this.#out.slice(0, this.#length);
    const view = new DataView(this.#data.buffer, this.#data.byteOffset, this.#data.byteLength);
    if (this.#at + 8 > this.#data.length) throw new Stop("cut short");
    if (view.getUint32(this.#at, true) !== crc32(bytes)) throw new Stop("another checksum");
    if (view.getUint32(this.#at + 4, true) !== bytes.length) throw new Stop("another length");
    return bytes;
  }

  #take(count: number): number {
    while (this.#bitCount < count) {
      if (this.#at >= this.#data.length) throw new Stop("cut short");
      this.#bits |= (this.#data[this.#at++] as number) << this.#bitCount;
      this.#bitCount += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  #symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length++) {
      code |= this.#take(1);
      const count = counts[length] as number;
      if (code - count < first) return symbols[index + code - first] as number;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Stop("a code that is none");
  }

  #stored(): void {
    this.#bits = 0;
    this.#bitCount = 0;
    const [a = 0, b = 0, c = 0, d = 0] = this.#data.subarray(this.#at, this.#at + 4);
    const length = a + b * 256;
    if (length !== (~(c + d * 256) & 0xffff)) throw new Stop("a stored block with two lengths");
    this.#at += 4;
    if (this.#at + length > this.#data.length) throw new Stop("cut short");
    this.#reserve(length);
    this.#out.set(this.#data.subarray(this.#at, this.#at + length), this.#length);
    this.#length += length;
    this.#at += length;
  }

  #dynamic(): void {
    const lengthCodes = this.#take(5) + 257;
    const distanceCodes = this.#take(5) + 1;
    const codeLengths = this.#take(4) + 4;
    const lengths = new Uint8Array(320);
    for (let i = 0; i < codeLengths; i++) lengths[CODE_LENGTH_ORDER[i] as number] = this.#take(3);
    const code = makeCode(lengths.subarray(0, 19));
    lengths.fill(0);
    for (let i = 0; i < lengthCodes + distanceCodes; ) {
      const symbol = this.#symbol(code);
      if (symbol < 16) lengths[i++] = symbol;
      else {
        const previous = symbol === 16 ? lengths[i - 1] : 0;
        if (previous === undefined) throw new Stop("a repetition of nothing");
        let times = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
        if (i + times > lengthCodes + distanceCodes) throw new Stop("too many code lengths");
        for (; times > 0; times--) lengths[i++] = previous;
      }
    }
    const distances = lengths.slice(lengthCodes, lengthCodes + distanceCodes);
    this.#compressed(makeCode(lengths.subarray(0, lengthCodes)), makeCode(distances));
  }

  #compressed(lengths: Code, distances: Code): void {
    for (;;) {
      const symbol = this.#symbol(lengths);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) {
        this.#reserve(1);
        this.#out[this.#length++] = symbol;
        continue;
      }
      const base = LENGTH_BASE[symbol - FIRST_LENGTH];
      if (base === undefined) throw new Stop("a length that is none");
      const length = base + this.#take(LENGTH_EXTRA[symbol - FIRST_LENGTH] as number);
      const number = this.#symbol(distances);
      const from = DISTANCE_BASE[number];
      if (from === undefined) throw new Stop("a distance that is none");
      const distance = from + this.#take(DISTANCE_EXTRA[number] as number);
      if (distance > this.#length) throw new Stop("a distance before the beginning");
      this.#reserve(length);
      for (let i = 0; i < length; i++) {
        this.#out[this.#length] = this.#out[this.#length - distance] as number;
        this.#length++;
      }
    }
  }

  #reserve(count: number): void {
    const wanted = this.#length + count;
    if (wanted > this.#maxBytes) throw new Stop(`more than ${this.#maxBytes} bytes`);
    if (wanted <= this.#out.length) return;
    const grown = new Uint8Array(Math.min(this.#maxBytes, Math.max(wanted, this.#out.length * 2)));
    grown.set(this.#out);
    this.#out = grown;
  }
}

function makeCode(lengths: Uint8Array): Code {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  counts[0] = 0;
  let left = 1;
  for (let length = 1; length <= MAX_BITS; length++) {
    left = left * 2 - (counts[length] as number);
    if (left < 0) throw new Stop("more codes than there can be");
  }
  const offsets = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length++)
    offsets[length + 1] = (offsets[length] as number) + (counts[length] as number);
  const symbols = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries())
    if (length !== 0) symbols[(offsets[length] = (offsets[length] as number) + 1) - 1] = symbol;
  return { counts, symbols };
}

const FIXED_LENGTHS: Code = /* @__PURE__ */ makeCode(
  /* @__PURE__ */ Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
);
const FIXED_DISTANCES: Code = /* @__PURE__ */ makeCode(/* @__PURE__ */ new Uint8Array(30).fill(5));

/** CRC-32 as gzip has it. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
}
