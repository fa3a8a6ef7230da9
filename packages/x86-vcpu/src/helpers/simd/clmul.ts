/** PCLMULQDQ and CRC32. Source: Intel SDM vol. 2. */
import { type Helper, HelperStatus } from "../../helper.ts";

function carrylessProduct(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let x = a, shifted = b; x !== 0n; x >>= 1n, shifted <<= 1n) if ((x & 1n) !== 0n) product ^= shifted;
  return product;
}

/** Remainders of one byte modulo the Castagnoli polynomial 0x11edc6f41, all bits reflected. */
const table: Uint32Array = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  return crc;
});

export const clmul = {
  carrylessMultiply: (cpu, a, b, _c, result, imm) => {
    const product = carrylessProduct(cpu.u64[(a >>> 3) + (imm & 1)]!, cpu.u64[(b >>> 3) + ((imm >> 4) & 1)]!);
    cpu.u64[result >>> 3] = BigInt.asUintN(64, product);
    cpu.u64[(result >>> 3) + 1] = product >> 64n;
    return HelperStatus.Continue;
  },
  crc32c: (cpu, a, b, _c, result, bytes) => {
    let crc = cpu.u32[a >>> 2]!;
    for (let i = 0; i < bytes; i++) crc = (crc >>> 8) ^ table[(crc ^ cpu.u8[b + i]!) & 0xff]!;
    cpu.u32[result >>> 2] = crc;
    return HelperStatus.Continue;
  },
} as const satisfies Record<string, Helper>;
