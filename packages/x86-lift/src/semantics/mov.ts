/** MOV, all forms. */
import { OpKind, Register } from "x86-decode";
import type { Builder } from "../builder.ts";
import { Segment } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { requireCpl0 } from "../privilege.ts";
import { isSegment, loadSegment } from "../segments.ts";

/** To a segment, control or debug register. */
const moveToSystem = (b: Builder, register: number) => {
  if (isSegment(register)) {
    const segment = register - Register.ES;
    if (segment === Segment.CS) return b.undefined();
    loadSegment(b, segment, b.read(1, 16), true);
    return b.nextFresh();
  }
  const isControl = isControlRegister(register);
  const number = systemRegister(b, register);
  if (number === undefined) return b.undefined();
  if (!requireCpl0(b)) return;
  b.helper(isControl ? "writeCr" : "writeDr", b.zext(64, b.read(1)), undefined, undefined, number);
  b.nextFresh();
};

const moveFromSystem = (b: Builder, register: number) => {
  if (isSegment(register)) {
    const selector = b.helper("readSelector", undefined, undefined, undefined, register - Register.ES);
    b.write(0, b.insn.opKind0 === OpKind.Memory ? selector : b.zext(b.width(0), selector));
    return b.next();
  }
  const number = systemRegister(b, register);
  if (number === undefined) return b.undefined();
  if (!requireCpl0(b)) return;
  const width = b.width(0);
  b.write(
    0,
    b.trunc(
      width,
      isControlRegister(register)
        ? readControl(b, number)
        : b.helper("readDr", undefined, undefined, undefined, number),
    ),
  );
  b.next();
};

const isControlRegister = (register: number): boolean => register >= Register.CR0 && register < Register.DR0;

const controlRegisters: readonly number[] = [0, 2, 3, 4];

/** Reads of all but CR2 may exit. */
function readControl(b: Builder, number: number) {
  return number === 2 ? b.getField("cr2") : b.helper("readCr", undefined, undefined, undefined, number);
}

/** Number of a control or debug register that exists in this mode. DR4 and DR5 are DR6 and DR7 unless CR4.DE. */
function systemRegister(b: Builder, register: number): number | undefined {
  if (isControlRegister(register)) {
    const number = register - Register.CR0;
    return controlRegisters.includes(number) || (number === 8 && b.mode.bitness === 64) ? number : undefined;
  }
  const number = register - Register.DR0;
  if (number < 0 || number > 7) return undefined;
  if (number !== 4 && number !== 5) return number;
  return b.mode.cr4.de ? undefined : number + 2;
}

export const semantics: SemanticsTable = {
  mov(b, insn) {
    if (insn.opKind0 === OpKind.Register && insn.opReg0 >= Register.EIP) return moveToSystem(b, insn.opReg0);
    if (insn.opKind1 === OpKind.Register && insn.opReg1 >= Register.EIP) return moveFromSystem(b, insn.opReg1);
    b.write(0, b.read(1, b.width(0)));
    b.next();
  },
};
