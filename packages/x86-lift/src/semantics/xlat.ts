import type { SemanticsTable } from "../lift.ts";

const RBX = 3;

export const semantics: SemanticsTable = {
  xlatb(b, insn) {
    const bits = insn.addressSize as 16 | 32 | 64;
    const offset = b.ea(bits, b.get(bits, RBX), b.zext(bits, b.get(8, 0)), 1, 0, 0);
    b.set(0, b.load(8, b.segment, offset));
    b.next();
  },
};
