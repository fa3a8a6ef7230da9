/**
 * Fast paths of REP MOVS and REP STOS: records `helper:NAME`, laid out like `script` records. One record does one chunk,
 * exactly the elements that the helper in TypeScript would do, so that both count alike.
 *
 * Upwards only, flat segments (the selector sees to that), 32- or 64-bit addresses, both pages in the TLB: then no page
 * boundary, wrap-around, MMIO, code page or breakpoint can be in the way.
 */
import type { HelperName } from "x86-lift";
import { Rflags } from "../../control-bits.ts";
import { StateOffset } from "../../state-layout.ts";
import type { Emit, RecordOp } from "../ops/emit.ts";
import { Control, Field, RECORD_BYTES } from "../record.ts";
import type { Label } from "../wasm/function-builder.ts";

const RAX = StateOffset.gpr;
const RCX = StateOffset.gpr + 8;
const RSI = StateOffset.gpr + 6 * 8;
const RDI = StateOffset.gpr + 7 * 8;
const DR7 = StateOffset.dr + 7 * 8;
const PAGE = 4096;
const V128_LOAD = 0x00;
const V128_STORE = 0x0b;
const MEMORY_FILL = 11;

/** Pushes a register at the address size. */
function pointer(e: Emit, register: number, mask: number): void {
  e.state("i64Load", register).f.get(mask).op("i64And");
}

/** Pushes how many elements (of 2^log bytes) from the address in L to the end of its page. */
function room(e: Emit, log: number): void {
  const { f, L } = e;
  f.i32(PAGE)
    .get(L)
    .op("i32WrapI64")
    .i32(PAGE - 1)
    .op("i32And", "i32Sub")
    .get(log)
    .op("i32ShrU");
}

/** Fills `bytes` bytes at `to` with RAX's low elements of 2^log bytes. */
function fill(e: Emit, to: number, bytes: number, log: number): void {
  const { f, X, layout } = e;
  const scratch = layout.control + Control.scratch;
  const done = f.block();
  f.get(log).op("i32Eqz");
  f.if();
  f.get(to);
  e.state("i32Load8U", RAX).f.get(bytes).prefixed(MEMORY_FILL);
  f.code.byte(0);
  f.br(done);
  f.end();
  // The element all over 64 bits.
  e.state("i64Load", RAX).f.set(X);
  for (const [size, bits] of [
    [1, 16],
    [2, 32],
  ] as const) {
    f.get(log).i32(size).op("i32LeU");
    f.if();
    f.get(X)
      .i64((1n << BigInt(bits)) - 1n)
      .op("i64And")
      .tee(X)
      .get(X)
      .i64(bits)
      .op("i64Shl", "i64Or")
      .set(X);
    f.end();
  }
  f.i32(0).get(X).access("i64Store", scratch);
  f.i32(0)
    .get(X)
    .access("i64Store", scratch + 8);
  const tail = f.block();
  const each = f.loop();
  f.get(bytes).i32(16).op("i32LtU").brIf(tail);
  f.get(to).i32(0).vectorAccess(V128_LOAD, scratch, 3).vectorAccess(V128_STORE, 0, 0);
  f.get(to).i32(16).op("i32Add").set(to);
  f.get(bytes).i32(16).op("i32Sub").set(bytes).br(each);
  f.end();
  f.end();
  f.get(to).i32(scratch).get(bytes).memoryCopy();
  f.end();
}

function repeated(copies: boolean): (e: Emit, slow: Label) => void {
  return (e, slow) => {
    const { f, L, h } = e;
    const [mask, count] = [f.local("i64"), f.local("i64")];
    const [log, n, from, to, bytes] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    e.state("i32Load", StateOffset.rflagsOther)
      .f.i32(Rflags.TF | Rflags.DF)
      .op("i32And");
    e.state("i32Load", DR7).f.i32(0xff).op("i32And", "i32Or").brIf(slow);
    const low = (): void => void f.get(e.pc).access("i32Load", RECORD_BYTES + Field.imm);
    low();
    f.i32(0xff).op("i32And", "i32Ctz").set(log);
    // 32- or 64-bit addresses.
    low();
    f.i32(8).op("i32ShrU").i32(16).op("i32And").brIf(slow);
    f.i64(-1).i64(0xffff_ffffn);
    low();
    f.i32(64 << 8)
      .op("i32And", "select")
      .set(mask);
    pointer(e, RCX, mask);
    f.tee(count).op("i64Eqz").brIf(slow);
    f.i32(PAGE).get(log).op("i32ShrU").set(n);
    f.get(count).get(n).op("i64ExtendI32U", "i64LtU");
    f.if();
    f.get(count).op("i32WrapI64").set(n);
    f.end();
    const least = (): void => {
      room(e, log);
      f.tee(h).get(n).op("i32LtU");
      f.if();
      f.get(h).set(n);
      f.end();
    };
    if (copies) {
      pointer(e, RSI, mask);
      f.set(L);
      least();
      e.hostOrLeave(1, slow, false);
      f.get(h).set(from);
    }
    pointer(e, RDI, mask);
    f.set(L);
    least();
    f.get(n).op("i32Eqz").brIf(slow);
    e.hostOrLeave(1, slow);
    f.get(h).set(to);
    f.get(n).get(log).op("i32Shl").set(bytes);
    if (copies) {
      // Where the destination runs into what is still to be read, the pattern repeats.
      f.get(to).get(from).op("i32Sub").i32(1).op("i32Sub").get(bytes).i32(1).op("i32Sub", "i32LtU").brIf(slow);
    }
    const step = (register: number): void => {
      e.setState("i64Store", register, () => {
        e.state("i64Load", register).f.get(bytes).op("i64ExtendI32U", "i64Add").get(mask).op("i64And");
      });
    };
    if (copies) {
      step(RSI);
      step(RDI);
      f.get(to).get(from).get(bytes).memoryCopy();
    } else {
      step(RDI);
      fill(e, to, bytes, log);
    }
    e.setState("i64Store", RCX, () => f.get(count).get(n).op("i64ExtendI32U", "i64Sub").tee(count));
    const more = (): void => void f.get(count).i64(0).op("i64Ne");
    e.setState("i32Store", StateOffset.repeating, more);
    e.resultBool(more);
  };
}

const fastPath = (name: HelperName, body: (e: Emit, slow: Label) => void): RecordOp => ({
  name: `helper:${name}`,
  flags: "none",
  faults: true,
  hot: false,
  skip: RECORD_BYTES,
  emit: (e) => {
    const { f } = e;
    const slow = f.block();
    body(e, slow);
    f.i32(RECORD_BYTES).op("return");
    f.end();
    f.get(e.pc).get(e.budget).call(e.callees.script);
    e.stopIf();
  },
});

export const stringOps: readonly RecordOp[] = [
  fastPath("repMovs", repeated(true)),
  fastPath("repStos", repeated(false)),
];
