/**
 * As much of the protobuf wire format as the Perfetto writer needs.
 *
 * Source: Protocol Buffers, "Encoding" (varints, tag = field << 3 | wire type).
 */
export class ProtoWriter {
  #bytes: number[] = [];
  static readonly #encoder = new TextEncoder();

  /** An unsigned integer or a boolean. */
  varint(field: number, value: bigint | number): this {
    this.#raw(BigInt(field * 8));
    this.#raw(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  string(field: number, text: string): this {
    return this.bytes(field, ProtoWriter.#encoder.encode(text));
  }

  message(field: number, build: (writer: ProtoWriter) => void): this {
    const inner = new ProtoWriter();
    build(inner);
    return this.bytes(field, inner.finish());
  }

  bytes(field: number, bytes: Uint8Array): this {
    this.#raw(BigInt(field * 8 + 2));
    this.#raw(BigInt(bytes.length));
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #raw(value: bigint): void {
    let rest = value;
    while (rest > 0x7fn) {
      this.#bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#bytes.push(Number(rest));
  }
}
