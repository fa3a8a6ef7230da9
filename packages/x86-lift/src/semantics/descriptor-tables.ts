/** LGDT, LIDT, SGDT, SIDT, LLDT, LTR, SLDT, STR. */
import { OpKind } from "x86-decode";
import type { Semantics, SemanticsTable } from "../lift.ts";
import { requireCpl0, requireProtectedMode, requireUmip } from "../privilege.ts";

const GDT = 0;
const IDT = 1;
const TR = 6;
const LDTR = 7;

function load(table: number): Semantics {
  return (b, insn) => {
    if (!requireCpl0(b)) return;
    const baseBits = insn.bitness === 64 ? 64 : insn.operandSize === 16 ? 24 : 32;
    b.helper("loadTable", b.address(), undefined, undefined, b.segment | (baseBits << 8), table);
    b.nextFresh();
  };
}

function store(table: number): Semantics {
  return (b, insn) => {
    if (!requireUmip(b)) return;
    b.helper(
      "storeTable",
      b.address(),
      undefined,
      undefined,
      b.segment | ((insn.bitness === 64 ? 64 : 32) << 8),
      table,
    );
    b.next();
  };
}

function loadSelector(helper: "loadLdt" | "loadTaskRegister"): Semantics {
  return (b) => {
    if (!requireProtectedMode(b) || !requireCpl0(b)) return;
    b.helper(helper, b.read(0, 16));
    b.nextFresh();
  };
}

function storeSelector(register: number): Semantics {
  return (b, insn) => {
    if (!requireProtectedMode(b) || !requireUmip(b)) return;
    const selector = b.helper("readSelector", undefined, undefined, undefined, register);
    b.write(0, insn.opKind0 === OpKind.Memory ? selector : b.zext(b.width(0), selector));
    b.next();
  };
}

export const semantics: SemanticsTable = {
  lgdt: load(GDT),
  lidt: load(IDT),
  sgdt: store(GDT),
  sidt: store(IDT),
  lldt: loadSelector("loadLdt"),
  ltr: loadSelector("loadTaskRegister"),
  sldt: storeSelector(LDTR),
  str: storeSelector(TR),
};
