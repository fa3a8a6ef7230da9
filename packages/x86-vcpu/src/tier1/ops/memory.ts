/** Loads and stores with the soft TLB inline, push and pop. */
import { StateOffset } from "../../state-layout.ts";
import { Control } from "../record.ts";
import type { WasmAccess } from "../wasm/opcode.ts";
import { type Emit, type IntWidth, intWidths, type RecordOp } from "./emit.ts";

const RSP = StateOffset.gpr + 4 * 8;

const faulting = (name: string, hot: boolean, emit: (e: Emit) => void): RecordOp => ({
  name,
  flags: "none",
  faults: true,
  hot,
  emit,
});

const zeroExtended = { 8: "i64Load8U", 16: "i64Load16U", 32: "i64Load32U", 64: "i64Load" } as const;
const signExtended = { 8: "i64Load8S", 16: "i64Load16S", 32: "i64Load32S", 64: "i64Load" } as const;
const stores = { 8: "i64Store8", 16: "i64Store16", 32: "i64Store32", 64: "i64Store" } as const;
/** How much of slot d a load of that width replaces: 32 bits clear the upper half. */
const slotStores = { 8: "i64Store8", 16: "i64Store16", 32: "i64Store", 64: "i64Store" } as const;

const loadInto = (
  e: Emit,
  width: IntWidth,
  access: WasmAccess,
  into: WasmAccess,
  indexed: boolean,
  write = false,
): void => {
  e.address(indexed).loadAddress(width / 8, write);
  e.field("d").f.get(e.h).access(access, 0, 0).access(into, e.layout.state);
};

const storeFrom = (e: Emit, width: IntWidth, push: () => void): void => {
  e.storeTo(
    width / 8,
    push,
    () => e.f.access(stores[width], 0, 0),
    () => e.f.access("i64Store", e.layout.control + Control.scratch),
  );
};

/** Sign-extending loads worth an op of their own: [from, to]. */
export const signLoads: readonly (readonly [8 | 16 | 32, 32 | 64])[] = [
  [8, 32],
  [8, 64],
  [16, 32],
  [16, 64],
  [32, 64],
];

const both = [false, true] as const;
const x = (indexed: boolean): string => (indexed ? "x" : "");

export const memoryOps: readonly RecordOp[] = both.flatMap((indexed) => [
  ...intWidths.map((width) =>
    faulting(`ld${width}${x(indexed)}`, true, (e) =>
      loadInto(e, width, zeroExtended[width], slotStores[width], indexed),
    ),
  ),
  // Loads whose result is stored back: they need the right to write.
  ...intWidths.map((width) =>
    faulting(`ldw${width}${x(indexed)}`, true, (e) =>
      loadInto(e, width, zeroExtended[width], slotStores[width], indexed, true),
    ),
  ),
  ...([8, 16] as const).map((width) =>
    faulting(`ldz${width}${x(indexed)}`, true, (e) => loadInto(e, width, zeroExtended[width], "i64Store", indexed)),
  ),
  ...signLoads.map(([from, to]) =>
    faulting(`lds${from}to${to}${x(indexed)}`, true, (e) => {
      e.address(indexed).loadAddress(from / 8);
      e.field("d").f.get(e.h);
      if (to === 64) e.f.access(signExtended[from], 0, 0);
      else e.f.access(from === 8 ? "i32Load8S" : "i32Load16S", 0, 0).op("i64ExtendI32U");
      e.f.access("i64Store", e.layout.state);
    }),
  ),
  ...intWidths.map((width) =>
    faulting(`st${width}${x(indexed)}`, true, (e) => {
      e.address(indexed);
      storeFrom(e, width, () => e.slot("d", "i64Load"));
    }),
  ),
  // v128, unaligned and with the alignment check of the aligned SSE forms.
  ...([1, 16] as const).flatMap((aligned) => [
    faulting(`ld128${aligned === 16 ? "a" : ""}${x(indexed)}`, true, (e) => {
      e.address(indexed).loadAddress(16, false, aligned);
      e.field("d").f.get(e.h).vectorAccess(0x00, 0, 0).vectorAccess(0x0b, e.layout.state, 4);
    }),
    faulting(`st128${aligned === 16 ? "a" : ""}${x(indexed)}`, true, (e) => {
      e.address(indexed);
      e.storeTo(
        16,
        () => e.field("d").f.vectorAccess(0x00, e.layout.state, 4),
        () => e.f.vectorAccess(0x0b, 0, 0),
        () => e.f.vectorAccess(0x0b, e.layout.control + Control.scratch, 4),
        aligned,
      );
    }),
  ]),
]);

/**
 * d: linear address of the offset a in a segment, for an access of imm + 1 bytes; b: StateOffset of its readTop or writeTop, t: of
 * its base. Beyond the top bit 63 is set: no such address is in the TLB, so the access takes the slow path, which knows why.
 */
export const basedOp: RecordOp = {
  name: "based",
  flags: "none",
  faults: false,
  hot: true,
  emit: (e) => {
    const { f } = e;
    e.slot("a", "i64Load").f.set(e.L);
    e.result64(() => {
      f.get(e.L);
      e.field("t").f.access("i64Load32U", e.layout.state).op("i64Add").i64(0xffff_ffffn).op("i64And");
      e.slot("b", "i64Load").f.get(e.L).op("i64Sub");
      e.imm64()
        .f.op("i64Sub")
        .i64(-(1n << 63n))
        .op("i64And", "i64Or");
    });
  },
};

/** Stores of a 16-bit constant (field b, sign-extended) at a + imm. */
export const storeImmediateOps: readonly RecordOp[] = intWidths.map((width) =>
  faulting(`st${width}i`, true, (e) => {
    e.address(false);
    storeFrom(e, width, () => e.f.get(e.pc).access("i64Load16S", 6));
  }),
);

/** RSP + bytes in 32 bits. */
const stackPointer32 = (e: Emit, bytes: number): void => {
  e.state("i64Load", RSP).f.i64(bytes).op("i64Add").i64(0xffff_ffffn).op("i64And");
};

/** Stack operations of 64-bit code, and of 32-bit code with a flat 32-bit stack. */
export const stackOps: readonly RecordOp[] = [
  faulting("push32", true, (e) => {
    stackPointer32(e, -4);
    e.f.set(e.L);
    storeFrom(e, 32, () => e.slot("d", "i64Load"));
    e.setState("i64Store", RSP, () => e.f.get(e.L));
  }),
  faulting("push32i", true, (e) => {
    stackPointer32(e, -4);
    e.f.set(e.L);
    storeFrom(e, 32, () => e.imm64());
    e.setState("i64Store", RSP, () => e.f.get(e.L));
  }),
  faulting("pop32", true, (e) => {
    stackPointer32(e, 0);
    e.f.set(e.L);
    e.loadAddress(4);
    e.setState("i64Store", RSP, () => stackPointer32(e, 4));
    e.result64(() => e.f.get(e.h).access("i64Load32U", 0, 0));
  }),
  faulting("push64", true, (e) => {
    const { f } = e;
    e.state("i64Load", RSP).f.i64(8).op("i64Sub").set(e.L);
    storeFrom(e, 64, () => e.slot("d", "i64Load"));
    e.setState("i64Store", RSP, () => f.get(e.L));
  }),
  faulting("push64i", true, (e) => {
    const { f } = e;
    e.state("i64Load", RSP).f.i64(8).op("i64Sub").set(e.L);
    storeFrom(e, 64, () => e.imm64());
    e.setState("i64Store", RSP, () => f.get(e.L));
  }),
  faulting("pop64", true, (e) => {
    const { f } = e;
    e.state("i64Load", RSP).f.set(e.L);
    e.loadAddress(8);
    e.setState("i64Store", RSP, () => f.get(e.L).i64(8).op("i64Add"));
    e.result64(() => f.get(e.h).access("i64Load", 0, 0));
  }),
];
