import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  crc32(b, insn) {
    const data = b.read(1);
    const accumulator = b.readRegister(insn.opReg0, 32);
    b.write(0, b.zext(b.width(0), b.helper("crc32c", accumulator, b.zext(64, data), undefined, b.widthOf(data) / 8)));
    b.next();
  },
};
