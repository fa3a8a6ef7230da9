/**
 * The x87 state in i386's signal frames: 108 bytes as FSAVE writes them, then status and magic, then an FXSAVE image.
 *
 * Sources: SDM vol. 1 §8.1.10 (FSAVE), vol. 1 §10.5.1 (abridged tags); Linux uapi/asm/sigcontext.h (struct _fpstate_32).
 */

export const FSAVE_BYTES = 112;
const REGISTERS = 8;

/** 0 valid, 1 zero, 2 special: what the two bits of a full tag say of a register that is not empty. */
function fullTag(image: Uint8Array, at: number): number {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const exponent = view.getUint16(at + 8, true) & 0x7fff;
  const significand = view.getBigUint64(at, true);
  if (exponent === 0) return significand === 0n ? 1 : 2;
  return exponent === 0x7fff || significand >> 63n === 0n ? 2 : 0;
}

/** FXSAVE64's image → FSAVE's. Pointers keep their low 32 bits; selectors are those given. */
export function fsaveFromFxsave(image: Uint8Array, cs: number, ds: number): Uint8Array {
  const from = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const out = new Uint8Array(FSAVE_BYTES);
  const view = new DataView(out.buffer);
  const status = from.getUint16(2, true);
  const top = (status >> 11) & 7;
  const abridged = image[4]!;
  let tags = 0;
  for (let i = 0; i < REGISTERS; i++) {
    const tag = abridged & (1 << i) ? fullTag(image, 32 + ((i - top) & 7) * 16) : 3;
    tags |= tag << (2 * i);
    out.set(image.subarray(32 + i * 16, 42 + i * 16), 28 + i * 10);
  }
  [from.getUint16(0, true), status, tags].forEach(
    (word, index) => void view.setUint32(index * 4, (0xffff_0000 | word) >>> 0, true),
  );
  view.setUint32(12, from.getUint32(8, true), true);
  view.setUint32(16, (from.getUint16(6, true) << 16) | cs, true);
  view.setUint32(20, from.getUint32(16, true), true);
  view.setUint32(24, (0xffff_0000 | ds) >>> 0, true);
  view.setUint16(108, status, true); // status, then magic 0: an FXSAVE image follows
  return out;
}

/** Puts an FSAVE image's x87 state into an FXSAVE64 image: what a handler changed there counts. */
export function fsaveIntoFxsave(fsave: Uint8Array, image: Uint8Array): void {
  const from = new DataView(fsave.buffer, fsave.byteOffset, fsave.byteLength);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  view.setUint16(0, from.getUint16(0, true), true);
  view.setUint16(2, from.getUint16(4, true), true);
  const tags = from.getUint16(8, true);
  let abridged = 0;
  for (let i = 0; i < REGISTERS; i++) {
    if (((tags >> (2 * i)) & 3) !== 3) abridged |= 1 << i;
    image.set(fsave.subarray(28 + i * 10, 38 + i * 10), 32 + i * 16);
  }
  image[4] = abridged;
  view.setUint16(6, from.getUint16(18, true) & 0x7ff, true);
  view.setBigUint64(8, BigInt(from.getUint32(12, true)), true);
  view.setBigUint64(16, BigInt(from.getUint32(20, true)), true);
}
