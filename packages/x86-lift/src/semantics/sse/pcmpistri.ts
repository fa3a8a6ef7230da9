/** PCMPISTRI, PCMPISTRM, PCMPESTRI, PCMPESTRM: compare strings (SDM vol. 2 §4.1). Memory operands need no alignment. */
import type { Builder, Val } from "../../builder.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { immediate8, STATUS_FLAGS } from "../../simd/shapes.ts";

/** |length| of an explicit-length string, saturated at 16, as 64 bits. */
function explicitLength(b: Builder, gpr: number, width: 32 | 64): Val {
  const length = b.get(width, gpr);
  const zero = b.const(width, 0);
  const magnitude = b.select(b.compare("ltS", length, zero), b.sub(zero, length), length);
  const limit = b.const(width, 16);
  return b.zext(64, b.select(b.compare("ltU", limit, magnitude), limit, magnitude));
}

/** The helper's answer for explicit lengths in EAX and EDX (RAX and RDX with REX.W). */
function compareExplicit(b: Builder, width: 32 | 64): Val {
  const source = b.read(1, 128);
  const first = explicitLength(b, 0, width);
  const second = b.shift("shl", explicitLength(b, 2, width), b.const(8, 32));
  return b.helper("compareStrings", b.read(0, 128), source, b.or(first, second), immediate8(b));
}

function setFlags(b: Builder, result: Val): void {
  b.setRflags(b.shift("shr", result, b.const(8, 32)), STATUS_FLAGS);
}

function compareImplicit(b: Builder): Val {
  const source = b.read(1, 128);
  return b.helper("compareStrings", b.read(0, 128), source, undefined, immediate8(b), 1);
}

/** ECX = index (it clears the upper half of RCX). */
function writeIndex(b: Builder, result: Val): void {
  b.set(1, b.and(b.trunc(32, b.shift("shr", result, b.const(8, 16))), b.const(32, 0xffff)));
  setFlags(b, result);
  b.next();
}

/** XMM0 = mask: one bit per element, or (imm8 bit 6) all ones or zeros per element. */
function writeMask(b: Builder, result: Val): void {
  const imm = immediate8(b);
  const bits = b.and(b.trunc(32, result), b.const(32, 0xffff));
  if ((imm & 0x40) === 0) b.setXmm(0, b.zext(128, bits));
  else b.setXmm(0, b.simd((imm & 1) === 0 ? "i8x16.from_bitmask" : "i16x8.from_bitmask", bits));
  setFlags(b, result);
  b.next();
}

export const semantics = {
  pcmpistri: (b) => {
    if (requireSse(b, "sse4-2")) writeIndex(b, compareImplicit(b));
  },
  pcmpistrm: (b) => {
    if (requireSse(b, "sse4-2")) writeMask(b, compareImplicit(b));
  },
  pcmpestri: (b) => {
    if (requireSse(b, "sse4-2")) writeIndex(b, compareExplicit(b, 32));
  },
  pcmpestri64: (b) => {
    if (requireSse(b, "sse4-2")) writeIndex(b, compareExplicit(b, 64));
  },
  pcmpestrm: (b) => {
    if (requireSse(b, "sse4-2")) writeMask(b, compareExplicit(b, 32));
  },
  pcmpestrm64: (b) => {
    if (requireSse(b, "sse4-2")) writeMask(b, compareExplicit(b, 64));
  },
} as const satisfies SemanticsTable;
