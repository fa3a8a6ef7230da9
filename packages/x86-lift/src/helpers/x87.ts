import type { HelperSpec } from "../helpers.ts";

/**
 * x87 instructions. All of them work on the register stack through helpers; each waiting one raises #MF first if an
 * unmasked exception is pending, and records its own address (FIP) and that of its memory operand (FDP: `ea` is the
 * offset, hi the segment). Numbers in memory are loaded by the fragment and stored by the helper, because an unmasked
 * exception suppresses the store.
 *
 * Source: Intel SDM vol. 1 chapter 8.
 */
export const x87Helpers = {
  x87Wait: { args: [], result: 0, faults: true, doc: "#MF if an unmasked x87 exception is pending and CR0.NE = 1." },

  x87LoadF32: { args: [32, 64], result: 0, faults: true, doc: "FLD m32: pushes a. b = ea, hi = segment." },
  x87LoadF64: { args: [64, 64], result: 0, faults: true, doc: "FLD m64: pushes a. b = ea, hi = segment." },
  x87LoadF80: {
    args: [64, 16, 64],
    result: 0,
    faults: true,
    doc: "FLD m80: significand a, sign and exponent b, c = ea, hi = segment.",
  },
  x87LoadI16: { args: [16, 64], result: 0, faults: true, doc: "FILD m16: pushes a. b = ea, hi = segment." },
  x87LoadI32: { args: [32, 64], result: 0, faults: true, doc: "FILD m32" },
  x87LoadI64: { args: [64, 64], result: 0, faults: true, doc: "FILD m64" },
  x87LoadBcd: {
    args: [64, 16, 64],
    result: 0,
    faults: true,
    doc: "FBLD: low 64 bits a, high 16 bits b, c = ea, hi = segment.",
  },
  x87LoadStack: { args: [], result: 0, faults: true, doc: "FLD ST(lo)" },
  x87LoadConstant: {
    args: [],
    result: 0,
    faults: true,
    doc: "FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ for lo = 0 to 6.",
  },
  x87Store: {
    args: [64],
    result: 0,
    faults: true,
    doc: "Stores ST(0) at hi:a. lo = format (0 f32, 1 f64, 2 f80, 3 i16, 4 i32, 5 i64, 6 BCD) | pop << 8 | truncate << 9.",
  },
  x87StoreStack: { args: [], result: 0, faults: true, doc: "FST ST(i), FSTP ST(i): lo = i | pop << 8 | FSTPNCE << 9." },

  x87OperateF32: {
    args: [32, 64],
    result: 0,
    faults: true,
    doc: "ST(0) op a, lo = op: 0 add, 1 mul, 2 com, 3 comp, 4 sub, 5 subr, 6 div, 7 divr. b = ea, hi = segment.",
  },
  x87OperateF64: { args: [64, 64], result: 0, faults: true, doc: "The same with a binary64 operand." },
  x87OperateI16: { args: [16, 64], result: 0, faults: true, doc: "The same with a 16-bit integer." },
  x87OperateI32: { args: [32, 64], result: 0, faults: true, doc: "The same with a 32-bit integer." },
  x87OperateStack: {
    args: [],
    result: 0,
    faults: true,
    doc: "D = D op S for D = ST(lo bits 10:8), S = ST(lo bits 14:12), op = lo bits 3:0 as above, then pops lo bits 17:16 registers. op 2 compares without changing D; bit 4: quietly (FUCOM).",
  },
  x87CompareFlags: {
    args: [],
    result: 64,
    faults: true,
    doc: "FCOMI: the six status flags after comparing ST(0) with ST(lo bits 2:0); bit 4 quietly (FUCOMI), bit 8 pop. An unmasked exception leaves flags as they are.",
  },
  x87Unary: {
    args: [],
    result: 0,
    faults: true,
    doc: "The instruction D9 E0 + lo: FCHS, FABS, FTST, FXAM, F2XM1 … FCOS (lo = 0–31 without the constants).",
  },
  x87Exchange: { args: [], result: 0, faults: true, doc: "FXCH ST(lo)" },
  x87MoveIf: { args: [1], result: 0, faults: true, doc: "FCMOVcc: ST(0) = ST(lo) if a." },
  x87Free: { args: [], result: 0, faults: true, doc: "FFREE ST(i), FFREEP: lo = i | pop << 8." },

  x87Initialize: { args: [], result: 0, faults: false, doc: "FNINIT" },
  x87ClearExceptions: { args: [], result: 0, faults: false, doc: "FNCLEX" },
  x87LoadControl: { args: [16], result: 0, faults: true, doc: "FLDCW a" },
  x87StoreEnvironment: {
    args: [64],
    result: 0,
    faults: true,
    doc: "FNSTENV at hi:a, or FNSAVE with lo bit 1. lo bit 0: 32-bit format. Real or protected mode decides the layout (SDM vol. 1 figures 8-9 to 8-12).",
  },
  x87LoadEnvironment: {
    args: [64],
    result: 0,
    faults: true,
    doc: "FLDENV from hi:a, or FRSTOR with lo bit 1; lo bit 0: 32-bit format.",
  },
} as const satisfies Record<string, HelperSpec>;
