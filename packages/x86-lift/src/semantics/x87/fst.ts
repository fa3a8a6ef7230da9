/** FST, FSTP: store a number. FSTPNCE (D9 D8) is FSTP ST(i) that never underflows: of an empty register it copies nothing. */
import { OpKind } from "x86-decode";
import type { Builder } from "../../builder.ts";
import type { SemanticsTable } from "../../lift.ts";
import { stackNumber, storeX87, x87 } from "../../simd/x87-shapes.ts";

function store(b: Builder, pop: number): void {
  if (b.insn.opKind0 === OpKind.Register) x87(b, "x87StoreStack", stackNumber(b, 0) | pop);
  else storeX87(b, (b.insn.memSize === 4 ? 0 : b.insn.memSize === 8 ? 1 : 2) | pop);
}

export const semantics = {
  fst: (b) => store(b, 0),
  fstp: (b) => store(b, 0x100),
  fstpnce: (b) => store(b, 0x300),
} as const satisfies SemanticsTable;
