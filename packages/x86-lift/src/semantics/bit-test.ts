/**
 * BT, BTS, BTR, BTC. A register bit offset reaches the whole bit string around a memory operand; immediate offsets and
 * register operands take it modulo the width. Only CF changes. Source: SDM vol. 2, BT, table 3-2 (bit strings).
 */
import { OpKind } from "x86-decode";
import type { Builder, Val } from "../builder.ts";
import { Flag, MemoryFlag } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

type Change = (b: Builder, x: Val, mask: Val) => Val;

function bitTest(change?: Change): (b: Builder) => void {
  return (b) => {
    const { insn } = b;
    const width = b.width(0) as 16 | 32 | 64;
    const inMemory = insn.opKind0 === OpKind.Memory;
    const offset = b.read(1, width);
    const address = inMemory ? bitStringAddress(b, offset) : undefined;
    const x =
      address === undefined
        ? b.readRegister(insn.opReg0, width)
        : b.load(width, b.segment, address, change === undefined ? 0 : MemoryFlag.ForWrite);
    const bit = b.and(b.trunc(8, offset), b.const(8, width - 1));
    const old = b.trunc(1, b.shift("shr", x, bit));
    if (change !== undefined) {
      const result = change(b, x, b.shift("shl", b.const(width, 1), bit));
      if (address === undefined) b.writeRegister(insn.opReg0, result);
      else b.store(b.segment, address, result);
    }
    b.setFlag(Flag.CF, old);
    b.next();
  };
}

/** The element that holds the bit: signed offset ÷ width elements away from the operand. */
function bitStringAddress(b: Builder, offset: Val): Val {
  const { insn } = b;
  const address = b.address();
  if (insn.opKind1 === OpKind.Immediate) return address;
  const width = b.widthOf(offset);
  const log2 = width === 64 ? 6 : width === 32 ? 5 : 4;
  const elements = b.shift("sar", b.sext(64, offset), b.const(8, log2));
  const bits = insn.addressSize as 16 | 32 | 64;
  return b.ea(bits, b.trunc(bits, address), b.trunc(bits, elements), width / 8, 0, 0);
}

export const semantics: SemanticsTable = {
  bt: bitTest(),
  bts: bitTest((b, x, mask) => b.or(x, mask)),
  btr: bitTest((b, x, mask) => b.and(x, b.unary("not", mask))),
  btc: bitTest((b, x, mask) => b.xor(x, mask)),
};
