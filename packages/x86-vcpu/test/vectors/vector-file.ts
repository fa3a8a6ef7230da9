/**
 * Vectors in a file: results only, each as the bytes that differ from the case's start; the cases are drawn again.
 *
 * Brotli over: "SVEC", u8 version of the format, u8 DRAW_VERSION, u32 salt, u16 groups, then for each group (a form in one
 * bitness): u8 length and bytes of the form's id, u8 bitness, u16 cases, and for each case a byte of CaseKind. A changed
 * case goes on with the result: see `writeResult`.
 */
import { At, RECORD_BYTES, WINDOW_BYTES } from "./case-state.ts";

export const VECTOR_VERSION = 1;

/** One form in one bitness. */
export interface Group {
  readonly id: string;
  readonly bitness: number;
  /** A result record for each case, RECORD_BYTES each; `left[i]`: the case is left out (disputed, or changes too much memory). */
  /** Is the case left out (disputed, or changes too much memory)? */
  readonly left: boolean[];
  /** A result record for each case, in pieces. */
  readonly parts: readonly Uint8Array[];
}

class Sink {
  private bytes = new Uint8Array(1 << 20);
  length = 0;
  u8(value: number): void {
    if (this.length === this.bytes.length) {
      const wider = new Uint8Array(this.bytes.length * 2);
      wider.set(this.bytes);
      this.bytes = wider;
    }
    this.bytes[this.length++] = value;
  }
  number(value: number, bytes: number): void {
    for (let i = 0; i < bytes; i++) this.u8((value / 2 ** (8 * i)) & 0xff);
  }
  from(source: Uint8Array): void {
    for (const byte of source) this.u8(byte);
  }
  take(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

class Source {
  at = 0;
  private readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  u8(): number {
    if (this.at >= this.bytes.length) throw new Error(`vectors end early, at byte ${this.at}`);
    return this.bytes[this.at++]!;
  }
  number(bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += this.u8() * 2 ** (8 * i);
    return value;
  }
  into(target: Uint8Array, at: number, count: number): void {
    for (let i = 0; i < count; i++) target[at + i] = this.u8();
  }
  get done(): boolean {
    return this.at === this.bytes.length;
  }
}

/** What may change, in parts of a few bytes; a result names those that did by number. */
const fields: readonly (readonly [at: number, bytes: number])[] = [
  [At.rip, 8],
  [At.rflags, 4],
  [At.trap, 16],
  ...Array.from({ length: 16 }, (_, i) => [At.gpr + 8 * i, 8] as const),
  [At.fcw, 2],
  [At.fsw, 2],
  [At.tags, 1],
  [At.mxcsr, 4],
  ...Array.from({ length: 8 }, (_, i) => [At.st + 16 * i, 10] as const),
  ...Array.from({ length: 16 }, (_, i) => [At.xmm + 16 * i, 16] as const),
];
const RIP = 0;
const MEMORY = fields.length;
const LEFT_OUT = 0xff;

/**
 * A count of changed parts, then each: its number, and its bytes. RIP behind the instruction is the rule and is not
 * named; where RIP stays (a fault) or jumps it is. Memory: u16 place, u16 length, bytes.
 */
function writeResult(sink: Sink, start: Uint8Array, result: Uint8Array, behind: bigint): void {
  const view = new DataView(result.buffer, result.byteOffset);
  const changed: number[] = [];
  for (const [n, [at, bytes]] of fields.entries()) {
    if (n === RIP) {
      if (view.getBigUint64(At.rip, true) !== behind) changed.push(n);
    } else if (Buffer.compare(start.subarray(at, at + bytes), result.subarray(at, at + bytes)) !== 0) changed.push(n);
  }
  const memory = view.getUint32(At.windows + 4, true);
  sink.u8(changed.length + (memory > 0 ? 1 : 0));
  for (const n of changed) {
    sink.u8(n);
    sink.from(result.subarray(fields[n]![0], fields[n]![0] + fields[n]![1]));
  }
  if (memory > 0) {
    sink.u8(MEMORY);
    sink.number(view.getUint32(At.windows, true), 2);
    sink.number(memory, 2);
    sink.from(result.subarray(At.bytes, At.bytes + memory));
  }
}

function readResult(source: Source, count: number, start: Uint8Array, behind: bigint, into: Uint8Array): void {
  into.set(start.subarray(0, At.bytes));
  const view = new DataView(into.buffer, into.byteOffset);
  view.setBigUint64(At.rip, behind, true);
  view.setUint32(At.stray, 0, true);
  for (let i = 0; i < 16; i++) into[At.windows + i] = 0;
  for (let i = 0; i < count; i++) {
    const n = source.u8();
    if (n === MEMORY) {
      view.setUint32(At.windows, source.number(2), true);
      const length = source.number(2);
      view.setUint32(At.windows + 4, length, true);
      if (length > 2 * WINDOW_BYTES) throw new Error(`a result changes ${length} bytes of memory`);
      source.into(into, At.bytes, length);
    } else {
      const [at, bytes] = fields[n]!;
      source.into(into, at, bytes);
    }
  }
}

/** Where a case's instruction ends, as RIP counts. */
export function behindOf(record: Uint8Array): bigint {
  const view = new DataView(record.buffer, record.byteOffset);
  return view.getBigUint64(At.rip, true) + BigInt(view.getUint32(At.length, true));
}

/** Draws case `i` of a group into the record. */
export type DrawCase = (id: string, bitness: number, i: number, salt: number, record: Uint8Array) => void;

/** A start record with `trap` and what follows it as a case without a fault has them. */
function withoutFault(record: Uint8Array): void {
  const view = new DataView(record.buffer, record.byteOffset);
  view.setInt32(At.trap, -1, true);
}

/** The file before compression. `drawVersion`: of the draw that made the cases. */
export function encodeVectors(groups: readonly Group[], salt: number, drawVersion: number, draw: DrawCase): Uint8Array {
  const sink = new Sink();
  sink.from(new TextEncoder().encode("SVEC"));
  sink.u8(VECTOR_VERSION);
  sink.u8(drawVersion);
  sink.number(salt, 4);
  sink.number(groups.length, 2);
  const record = new Uint8Array(RECORD_BYTES);
  for (const { id, bitness, left, parts } of groups) {
    const results = Buffer.concat(parts);
    const name = new TextEncoder().encode(id);
    sink.u8(name.length);
    sink.from(name);
    sink.u8(bitness);
    sink.number(left.length, 2);
    for (const [i, out] of left.entries()) {
      if (out) {
        sink.u8(LEFT_OUT);
        continue;
      }
      draw(id, bitness, i, salt, record);
      withoutFault(record);
      writeResult(sink, record, results.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES), behindOf(record));
    }
  }
  return sink.take();
}

/** Walks a file: each case's start in `record` and its result in `expected`, both reused. Throws on a file of another version. */
export function decodeVectors(
  bytes: Uint8Array,
  drawVersion: number,
  draw: DrawCase,
  visit: (id: string, bitness: number, i: number, record: Uint8Array, expected: Uint8Array) => void,
  wanted: (id: string, bitness: number, i: number) => boolean = () => true,
): void {
  const source = new Source(bytes);
  const magic = String.fromCharCode(source.u8(), source.u8(), source.u8(), source.u8());
  const version = source.u8();
  const drawn = source.u8();
  if (magic !== "SVEC" || version !== VECTOR_VERSION || drawn !== drawVersion)
    throw new Error(`vectors are ${magic} version ${version}, draw ${drawn}; this reads SVEC ${VECTOR_VERSION}, draw ${drawVersion}: write them anew (README.md)`);
  const salt = source.number(4);
  const groups = source.number(2);
  const record = new Uint8Array(RECORD_BYTES);
  const expected = new Uint8Array(RECORD_BYTES);
  for (let g = 0; g < groups; g++) {
    const name = new Uint8Array(source.u8());
    source.into(name, 0, name.length);
    const id = new TextDecoder().decode(name);
    const bitness = source.u8();
    const cases = source.number(2);
    for (let i = 0; i < cases; i++) {
      const count = source.u8();
      if (count === LEFT_OUT) continue;
      const use = wanted(id, bitness, i);
      if (use) {
        draw(id, bitness, i, salt, record);
        withoutFault(record);
      }
      readResult(source, count, record, use ? behindOf(record) : 0n, expected);
      if (use) visit(id, bitness, i, record, expected);
    }
  }
  if (!source.done) throw new Error("vectors go on behind the last group");
}
