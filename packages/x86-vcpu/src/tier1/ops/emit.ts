import { StateOffset } from "../../state-layout.ts";
import type { EventFunctions } from "../events.ts";
import { Control, Field, JUMP_CACHE_ENTRIES } from "../record.ts";
import type { FunctionBuilder, Label } from "../wasm/function-builder.ts";
import type { WasmAccess } from "../wasm/opcode.ts";
import type { X87Functions } from "../x87/functions.ts";

export type IntWidth = 8 | 16 | 32 | 64;
export const intWidths: readonly IntWidth[] = [8, 16, 32, 64];

/** Where things are, fixed when the module is generated. */
export interface Layout {
  /** Byte offset of the state block and of tier 1's control area. */
  readonly state: number;
  readonly control: number;
}

/** Function indexes that record bodies call. */
export interface Callees {
  /** (pc, budget, linear i64) → host address of the data, 0 to stop. */
  readonly slowLoad: number;
  /** (pc, budget, linear i64), value in Control.scratch → 0 to go on. */
  readonly slowStore: number;
  /** The same after a miss in the TLB: guarded entries will do for loads that are to be stored back, and for stores beside code. */
  readonly missedLoad: number;
  readonly missedStore: number;
  /** (pc, budget) → 0 to go on. */
  readonly script: number;
  /** See `checkIoFunction`. */
  readonly checkIo: number;
  /** See `ioExit`. */
  readonly io: number;
  readonly x87: X87Functions;
  readonly events: EventFunctions;
}

/** Labels of the main function; absent in the functions of rare ops. */
export interface MainLabels {
  /** Next record. */
  readonly next: Label;
  /** Enter the block whose pointer is stored at local `edge`. */
  readonly follow: Label;
  /** Jump to the RIP in local `X`. */
  readonly jump: Label;
  /** What was called did not answer Continue. */
  readonly stop: Label;
  /** TypeScript carries the record out. */
  readonly leave: Label;
  /** Calls `resume` with what is in local `x`. */
  readonly callOut: Label;
}

const loads = { 8: "i32Load8U", 16: "i32Load16U", 32: "i32Load", 64: "i64Load" } as const;
const loadsSigned = { 8: "i32Load8S", 16: "i32Load16S", 32: "i32Load", 64: "i64Load" } as const;

/**
 * What bodies of record ops are written with: one instruction stream with the record's fields, slots, flags and the
 * soft TLB as words of their own. Main function or rare-op function makes no difference to a body that does not branch.
 */
export class Emit {
  readonly f: FunctionBuilder;
  readonly layout: Layout;
  readonly callees: Callees;
  readonly main: MainLabels | undefined;
  readonly pc = 0;
  readonly budget = 1;
  readonly L: number;
  readonly X: number;
  readonly Y: number;
  readonly R: number;
  readonly x: number;
  readonly y: number;
  readonly r: number;
  readonly h: number;
  readonly edge: number;
  readonly tlbRead: number;
  readonly tlbWrite: number;

  constructor(f: FunctionBuilder, layout: Layout, callees: Callees, main: boolean) {
    this.f = f;
    this.layout = layout;
    this.callees = callees;
    this.L = f.local("i64");
    this.X = f.local("i64");
    this.Y = f.local("i64");
    this.R = f.local("i64");
    this.x = f.local("i32");
    this.y = f.local("i32");
    this.r = f.local("i32");
    this.h = f.local("i32");
    this.edge = f.local("i32");
    this.tlbRead = main ? f.local("i32") : -1;
    this.tlbWrite = main ? f.local("i32") : -1;
    this.main = undefined;
  }

  /** The same stream once the main function's labels exist. */
  within(main: MainLabels): Emit {
    return Object.assign(Object.create(Emit.prototype), this, { main }) as Emit;
  }

  // ---- fields and slots

  field(field: keyof typeof Field): this {
    this.f.get(this.pc).access(Field[field] < 8 ? "i32Load16U" : "i32Load", Field[field]);
    return this;
  }

  imm32(): this {
    return this.field("imm");
  }

  /** imm, sign-extended. */
  imm64(): this {
    this.f.get(this.pc).access("i64Load32S", Field.imm);
    return this;
  }

  /** t:imm. */
  imm64Full(): this {
    this.f.get(this.pc).access("i64Load", Field.imm, 2);
    return this;
  }

  immAs(width: IntWidth): this {
    return width === 64 ? this.imm64() : this.imm32();
  }

  /** Loads through a slot field. */
  slot(field: "d" | "a" | "b", access: WasmAccess): this {
    this.field(field);
    this.f.access(access, this.layout.state);
    return this;
  }

  /** Slot value zero-extended to i32, or i64 for width 64. */
  value(field: "d" | "a" | "b", width: IntWidth): this {
    return this.slot(field, loads[width]);
  }

  valueSigned(field: "d" | "a" | "b", width: IntWidth): this {
    return this.slot(field, loadsSigned[width]);
  }

  /** Slot value of any width zero-extended to i64. */
  value64(field: "d" | "a" | "b", width: IntWidth): this {
    return this.slot(field, ({ 8: "i64Load8U", 16: "i64Load16U", 32: "i64Load32U", 64: "i64Load" } as const)[width]);
  }

  value64Signed(field: "d" | "a" | "b", width: IntWidth): this {
    return this.slot(field, ({ 8: "i64Load8S", 16: "i64Load16S", 32: "i64Load32S", 64: "i64Load" } as const)[width]);
  }

  /** Stores into slot d what `push` pushes: i32 for widths below 64; 32 clears the upper half, 8 and 16 keep the rest. */
  result(width: IntWidth, push: () => void): this {
    this.field("d");
    push();
    return this.storeAt(width);
  }

  storeAt(width: IntWidth): this {
    const { f, layout } = this;
    if (width === 32) f.op("i64ExtendI32U");
    f.access(width === 8 ? "i32Store8" : width === 16 ? "i32Store16" : "i64Store", layout.state);
    return this;
  }

  /** Stores an i64 into slot d. */
  result64(push: () => void): this {
    this.field("d");
    push();
    this.f.access("i64Store", this.layout.state);
    return this;
  }

  /** Stores an i32 boolean into slot d as 64 bits. */
  resultBool(push: () => void): this {
    this.field("d");
    push();
    this.f.op("i64ExtendI32U").access("i64Store", this.layout.state);
    return this;
  }

  // ---- processor state

  state(access: WasmAccess, offset: number): this {
    this.f.i32(0).access(access, this.layout.state + offset);
    return this;
  }

  setState(access: WasmAccess, offset: number, push: () => void): this {
    this.f.i32(0);
    push();
    this.f.access(access, this.layout.state + offset);
    return this;
  }

  control(access: WasmAccess, offset: number): this {
    this.f.i32(0).access(access, this.layout.control + offset);
    return this;
  }

  setControl(access: WasmAccess, offset: number, push: () => void): this {
    this.f.i32(0);
    push();
    this.f.access(access, this.layout.control + offset);
    return this;
  }

  // ---- flags

  flagRes(push: () => void): this {
    return this.setState("i64Store", StateOffset.flagRes, push);
  }

  flagCout(push: () => void): this {
    return this.setState("i64Store", StateOffset.flagCout, push);
  }

  flagAux(push: () => void): this {
    return this.setState("i32Store", StateOffset.flagAux, push);
  }

  /** Pushes the result local (r or R) sign-extended from the width. */
  resultSigned(width: IntWidth): this {
    const { f } = this;
    if (width === 64) f.get(this.R);
    else {
      f.get(this.r);
      if (width === 8) f.op("i32Extend8S");
      if (width === 16) f.op("i32Extend16S");
      f.op("i64ExtendI32S");
    }
    return this;
  }

  /** Moves an i32 carry vector to the top of an i64; 64-bit vectors are there already. */
  carryToTop(width: IntWidth): this {
    if (width !== 64)
      this.f
        .op("i64ExtendI32U")
        .i64(64 - width)
        .op("i64Shl");
    return this;
  }

  /** Pushes the carry vector of r = x + y (borrow vector of r = x − y). */
  carries(kind: "add" | "sub", width: IntWidth): this {
    const { f } = this;
    const wide = width === 64;
    const [x, y, r] = wide ? [this.X, this.Y, this.R] : [this.x, this.y, this.r];
    const and = wide ? "i64And" : "i32And";
    const or = wide ? "i64Or" : "i32Or";
    const not = (): void => void (wide ? f.i64(-1).op("i64Xor") : f.i32(-1).op("i32Xor"));
    if (kind === "add") {
      f.get(x).get(y).op(and).get(x).get(y).op(or).get(r);
      not();
      f.op(and, or);
    } else {
      f.get(x);
      not();
      f.get(y).op(and).get(x);
      not();
      f.get(y).op(or).get(r).op(and, or);
    }
    return this;
  }

  /** All six flags of r = x ± y. */
  flagsArithmetic(kind: "add" | "sub", width: IntWidth): this {
    const { f } = this;
    this.flagRes(() => this.resultSigned(width));
    this.flagCout(() => this.carries(kind, width).carryToTop(width));
    return this.flagAux(() => {
      if (width === 64) f.get(this.X).get(this.Y).op("i64Xor").get(this.R).op("i64Xor", "i32WrapI64");
      else f.get(this.x).get(this.y).op("i32Xor").get(this.r).op("i32Xor");
      f.i32(16).op("i32And");
    });
  }

  flagsLogic(width: IntWidth): this {
    this.flagRes(() => this.resultSigned(width));
    this.flagCout(() => this.f.i64(0));
    return this.flagAux(() => this.f.i32(0));
  }

  /** CF as i32. */
  carry(): this {
    this.state("i64Load", StateOffset.flagCout).f.i64(0).op("i64LtS");
    return this;
  }

  /** OF in bit 63 of an i64. */
  private overflowTop(): this {
    this.state("i64Load", StateOffset.flagCout);
    this.f.i64(1).op("i64Shl");
    this.state("i64Load", StateOffset.flagCout).f.op("i64Xor");
    return this;
  }

  private signXorAux(): this {
    this.state("i32Load", StateOffset.flagRes + 4);
    this.state("i32Load", StateOffset.flagAux).f.op("i32Xor");
    return this;
  }

  private zero(): this {
    this.state("i64Load", StateOffset.flagRes).f.op("i64Eqz");
    return this;
  }

  /** Pushes an even condition code (0 O, 2 B, 4 Z, 6 BE, 8 S, 10 P, 12 L, 14 LE) from the lazy words. */
  condition(cc: number): this {
    const { f } = this;
    switch (cc >> 1) {
      case 0:
        this.overflowTop().f.i64(0).op("i64LtS");
        break;
      case 1:
        this.carry();
        break;
      case 2:
        this.zero();
        break;
      case 3:
        this.carry().zero().f.op("i32Or");
        break;
      case 4:
        this.signXorAux().f.i32(0).op("i32LtS");
        break;
      case 5:
        this.state("i32Load", StateOffset.flagAux).f.i32(8).op("i32ShrU");
        this.state("i32Load", StateOffset.flagRes).f.op("i32Xor").i32(255).op("i32And", "i32Popcnt");
        f.i32(1).op("i32And", "i32Eqz");
        break;
      default:
        this.signXorAux().overflowTop().f.i64(32).op("i64ShrU", "i32WrapI64", "i32Xor").i32(0).op("i32LtS");
        if (cc >> 1 === 7) this.zero().f.op("i32Or");
    }
    return this;
  }

  // ---- memory

  /** Sets L to the linear address: a + imm, or a + (b << t) + imm. */
  address(indexed: boolean): this {
    const { f } = this;
    this.slot("a", "i64Load").imm64().f.op("i64Add");
    if (indexed) {
      this.slot("b", "i64Load");
      f.get(this.pc).access("i64Load32U", Field.t).op("i64Shl", "i64Add");
    }
    f.set(this.L);
    return this;
  }

  /** Pushes whether the access at L hits; leaves the entry's address in h. `aligned`: bytes that it must be a multiple of. */
  private hit(write: boolean, bytes: number, aligned: number): this {
    const { f, L, h } = this;
    f.get(L)
      .i64(12)
      .op("i64ShrU")
      .get(L)
      .i64(24)
      .op("i64ShrU", "i64Add", "i32WrapI64")
      .i32(0xfff)
      .op("i32And")
      .i32(4)
      .op("i32Shl");
    if (this.tlbRead >= 0) f.get(write ? this.tlbWrite : this.tlbRead);
    else this.state("i32Load", write ? StateOffset.tlbWrite : StateOffset.tlbRead);
    f.op("i32Add").tee(h).access("i64Load");
    f.get(L);
    if (bytes > 1) f.i64(bytes - 1).op("i64Add");
    f.i64(-4096).op("i64And");
    if (aligned > 1)
      f.get(L)
        .i64(aligned - 1)
        .op("i64And", "i64Or");
    f.op("i64Eq");
    return this;
  }

  private hostAddress(): this {
    this.f.get(this.L).op("i32WrapI64").get(this.h).access("i32Load", 8).op("i32Add");
    return this;
  }

  /** Sets h to the host address of the data at L. */
  loadAddress(bytes: number, write = false, aligned = 1): this {
    const { f } = this;
    this.hit(write, bytes, aligned);
    f.if();
    this.hostAddress().f.set(this.h);
    f.else();
    f.get(this.pc).get(this.budget).get(this.L);
    f.call(write ? this.callees.missedLoad : this.callees.slowLoad)
      .tee(this.h)
      .op("i32Eqz");
    this.stopIf();
    f.end();
    return this;
  }

  /** Stores at L: `push` pushes the value, `access` stores it; the slow path takes it from Control.scratch. */
  storeTo(bytes: number, push: () => void, store: () => void, scratch: () => void, aligned = 1): this {
    const { f } = this;
    this.hit(true, bytes, aligned);
    f.if();
    this.hostAddress();
    push();
    store();
    f.else();
    f.i32(0);
    push();
    scratch();
    f.get(this.pc).get(this.budget).get(this.L).call(this.callees.missedStore);
    this.stopIf();
    f.end();
    return this;
  }

  /** Sets h to the host address of an access of `bytes` bytes at L, or leaves to `slow` where the TLB does not know it. */
  hostOrLeave(bytes: number, slow: Label, write = true): this {
    this.hit(write, bytes, 1).f.op("i32Eqz").brIf(slow);
    this.hostAddress().f.set(this.h);
    return this;
  }

  /** Stops at this record when the i32 on the stack is not zero. */
  stopIf(): this {
    const { f } = this;
    if (this.main !== undefined) f.brIf(this.main.stop);
    else {
      f.if();
      f.i32(1).op("return");
      f.end();
    }
    return this;
  }

  // ---- control (main function only)

  get labels(): MainLabels {
    if (this.main === undefined) throw new Error("control flow in a rare op");
    return this.main;
  }

  /** Goes to the block of imm when the i32 on the stack is not zero, else to that of t. `behind`: the pointers are in the record after this. */
  follow(behind: boolean): this {
    const { f } = this;
    f.set(this.x);
    f.get(this.pc)
      .i32(Field.t + (behind ? 16 : 0))
      .op("i32Add")
      .get(this.x)
      .i32(2)
      .op("i32Shl", "i32Sub")
      .set(this.edge)
      .br(this.labels.follow);
    return this;
  }

  /** What the main function keeps of the state: which TLB tables. */
  loadTables(): this {
    this.state("i32Load", StateOffset.tlbRead).f.set(this.tlbRead);
    this.state("i32Load", StateOffset.tlbWrite).f.set(this.tlbWrite);
    return this;
  }

  /** Goes to RIP as the state has it, whatever the mode was. */
  goToRip(): this {
    this.loadTables();
    this.state("i64Load", StateOffset.rip).f.set(this.X).br(this.labels.jump);
    return this;
  }

  /** Emits the jump-cache lookup for the RIP in X; `enter` takes the block pointer from local pc. */
  lookupJump(enter: Label): this {
    const { f, layout } = this;
    const { X, L, h } = this;
    f.get(X).get(X).i64(12).op("i64ShrU", "i64Xor", "i32WrapI64");
    f.i32(JUMP_CACHE_ENTRIES - 1)
      .op("i32And")
      .i32(4)
      .op("i32Shl")
      .tee(h);
    f.access("i64Load", layout.control + Control.jumpCache)
      .get(X)
      .op("i64Eq");
    f.get(h).access("i32Load", layout.control + Control.jumpCache + 8);
    this.control("i32Load", Control.context).f.op("i32Eq", "i32And");
    f.if();
    f.get(h)
      .access("i32Load", layout.control + Control.jumpCache + 12)
      .set(this.edge);
    // The mapping must still be the one under which the entry was made: the fetch TLB knows.
    f.get(X);
    this.state("i64Load", StateOffset.segmentBase + 8)
      .f.op("i64Add")
      .set(L);
    f.get(L)
      .i64(12)
      .op("i64ShrU")
      .get(L)
      .i64(24)
      .op("i64ShrU", "i64Add", "i32WrapI64")
      .i32(0xfff)
      .op("i32And")
      .i32(4)
      .op("i32Shl");
    this.state("i32Load", StateOffset.tlbFetch).f.op("i32Add").tee(h).access("i64Load");
    f.get(L).i64(-4096).op("i64And", "i64Eq");
    f.get(h).access("i32Load", 8).get(L).op("i32WrapI64").i32(-4096).op("i32And", "i32Add");
    f.get(this.edge).access("i32Load", Field.imm).op("i32Eq", "i32And");
    f.if();
    f.get(this.edge).set(this.pc).br(enter);
    f.end();
    f.end();
    return this;
  }
}

/** How a record op relates to the six status flags. */
export type FlagsEffect =
  /** Neither reads nor writes them. */
  | "none"
  /** Reads some. */
  | "read"
  /** Sets all six, whatever they were. */
  | "write"
  /** Reads some and writes some: they are live before it, and it must not be dropped. */
  | "update";

/** One operation that records may name. */
export interface RecordOp {
  readonly name: string;
  readonly flags: FlagsEffect;
  /** May it leave in the middle (memory access, helper, raise)? Flags are then live before it. */
  readonly faults: boolean;
  /** For ops that write flags: the same without, or "" when nothing is left of it. */
  readonly dead?: string;
  /** In the main function? Only such ops may branch. */
  readonly hot: boolean;
  /** Bytes of the operand records behind it, which are not carried out. */
  readonly skip?: number;
  /** Writes the body; falls out at its end to go to the next record. */
  readonly emit: (e: Emit) => void;
}
