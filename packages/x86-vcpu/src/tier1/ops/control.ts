/** Terminators and exits. */

import { SegmentIndex, segmentLimitOffset } from "../../segment.ts";
import { StateOffset } from "../../state-layout.ts";
import { EventOutcome } from "../events.ts";
import { Control, Reason, Resume } from "../record.ts";
import type { Emit, RecordOp } from "./emit.ts";
import { conditionCodes } from "./move.ts";

const RSP = StateOffset.gpr + 4 * 8;

const control = (name: string, flags: RecordOp["flags"], faults: boolean, emit: (e: Emit) => void): RecordOp => ({
  name,
  flags,
  faults,
  hot: true,
  emit,
});

/** Pushes whether X is not a canonical address. */
const notCanonical = (e: Emit): void => {
  e.f.get(e.X);
  e.state("i64Load32U", StateOffset.canonicalShift).f.op("i64Shl");
  e.state("i64Load32U", StateOffset.canonicalShift).f.op("i64ShrS").get(e.X).op("i64Ne");
};

/**
 * Calls TypeScript for this record; the next one is data. What the routine gives, but 1 for stop, is how much further it goes on. When it asks for
 * attention, the block is the last.
 */
function callOut(e: Emit, callee: number): void {
  const { f } = e;
  f.get(e.pc).get(e.budget).call(callee).tee(e.x).i32(1).op("i32Eq").brIf(e.labels.stop);
  e.state("i32Load", StateOffset.attention);
  f.if();
  e.setControl("i32Store", Control.parked, () => e.control("i32Load", Control.parked).f.get(e.budget).op("i32Add"));
  f.i32(0).set(e.budget);
  f.end();
  f.get(e.pc).get(e.x).op("i32Add").i32(16).op("i32Add").set(e.pc);
}

/** RIP in t:imm and the length in d. */
const pushNextRip = (e: Emit): void => {
  e.imm64Full().field("d").f.op("i64ExtendI32U", "i64Add");
};

/** An event or a return from one; `attempt` pushes what came of it. */
const event = (name: string, attempt: (e: Emit) => void): RecordOp =>
  control(name, "update", true, (e) => {
    const { f, x } = e;
    attempt(e);
    f.tee(x).i32(EventOutcome.Done).op("i32Eq");
    f.if();
    e.goToRip();
    f.end();
    f.get(x).if();
    f.i32(Resume.Half).set(x).br(e.labels.callOut);
    f.end();
  });

export const controlOps: readonly RecordOp[] = [
  // Block pointer in imm.
  control("jump", "read", false, (e) => {
    e.f.get(e.pc).i32(8).op("i32Add").set(e.edge).br(e.labels.follow);
  }),
  // Block pointers in imm (taken) and t.
  ...conditionCodes.map((cc) => control(`jump${cc}`, "read", false, (e) => void e.condition(cc).follow(false))),
  control("jumpBool", "read", false, (e) => void e.slot("a", "i32Load8U").follow(false)),
  // RIP in t:imm.
  control("jumpFar", "read", false, (e) => void e.imm64Full().f.set(e.X).br(e.labels.jump)),
  control("jumpTo", "read", false, (e) => void e.slot("a", "i64Load").f.set(e.X).br(e.labels.jump)),
  // #GP(0) for targets that no near branch may have: 64-bit code, and all other code.
  control("checkCanonical", "none", true, (e) => {
    e.slot("a", "i64Load").f.set(e.X);
    notCanonical(e);
    e.f.brIf(e.labels.leave);
  }),
  control("checkLimit", "none", true, (e) => {
    e.slot("a", "i64Load");
    e.state("i64Load32U", segmentLimitOffset(SegmentIndex.CS)).f.op("i64GtU").brIf(e.labels.leave);
  }),
  // ret of 64-bit code: pops imm bytes in all.
  control("ret64", "none", true, (e) => {
    const { f } = e;
    e.state("i64Load", RSP).f.set(e.L);
    e.loadAddress(8);
    f.get(e.h).access("i64Load", 0, 0).set(e.X);
    notCanonical(e);
    f.brIf(e.labels.leave);
    e.setState("i64Store", RSP, () => {
      f.get(e.L);
      e.imm64().f.op("i64Add");
    });
    e.f.br(e.labels.jump);
  }),
  // ret of 32-bit code without a limit below 4 GiB, stack flat and 32-bit.
  control("ret32", "none", true, (e) => {
    const { f } = e;
    const pointer = (bytes: number): void => {
      e.state("i64Load", RSP).f.i64(bytes).op("i64Add").i64(0xffff_ffffn).op("i64And");
    };
    pointer(0);
    f.set(e.L);
    e.loadAddress(4);
    f.get(e.h).access("i64Load32U", 0, 0).set(e.X);
    e.setState("i64Store", RSP, () => pointer(4));
    f.br(e.labels.jump);
  }),
  // raiseIf, and what the checks raise: vector in d, error code in t, whether there is one in b.
  control("raiseIf", "none", true, (e) => void e.slot("a", "i32Load8U").f.brIf(e.labels.leave)),
  // Operands of the record before.
  control("data", "none", false, () => {}),
  // imm: `Leave` kind.
  control("leave", "none", true, (e) => void e.f.br(e.labels.leave)),
  control("stale", "none", true, (e) => {
    e.setControl("i32Store", Control.pc, () => e.f.get(e.pc).i32(16).op("i32Sub"));
    e.setControl("i32Store", Control.budget, () => e.f.get(e.budget));
    e.f.i32(Reason.Stale).op("return");
  }),
  // First in the block of an instruction across two pages: t:imm is the linear address of the second, the next record
  // has its host offset. Goes on when the fetch TLB still says so.
  control("cross", "none", true, (e) => {
    const { f, L, h } = e;
    e.imm64Full().f.set(L);
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
    e.state("i32Load", StateOffset.tlbFetch).f.op("i32Add").tee(h).access("i64Load").get(L).op("i64Eq");
    f.get(h).access("i32Load", 8).get(L).op("i32WrapI64", "i32Add");
    f.get(e.pc).access("i32Load", 24).op("i32Eq", "i32And", "i32Eqz");
    f.if();
    e.setControl("i32Store", Control.pc, () => f.get(e.pc).i32(16).op("i32Sub"));
    e.setControl("i32Store", Control.budget, () => f.get(e.budget).i32(1).op("i32Add"));
    f.i32(Reason.Cross).op("return");
    f.end();
    f.get(e.pc).i32(16).op("i32Add").set(e.pc);
  }),
  // Where branches lead that have no block yet.
  control("unlinked", "none", true, (e) => {
    e.setControl("i32Store", Control.edge, () => e.f.get(e.edge));
    e.setControl("i32Store", Control.budget, () => e.f.get(e.budget));
    e.f.i32(Reason.Link).op("return");
  }),
  // Where WebAssembly can do all of it; else on to the next record. INT n: vector in a. RIP in t:imm, length in d.
  ...([32, 64] as const).flatMap((bits) => [
    event(`iret${bits}`, (e) => e.f.get(e.budget).call(e.callees.events[`iret${bits}`])),
    event(`int${bits}`, (e) => {
      pushNextRip(e);
      if (bits === 32) e.f.i64(0xffff_ffffn).op("i64And");
      e.field("a").f.call(e.callees.events[`int${bits}`]);
    }),
  ]),
  event("syscall", (e) => {
    pushNextRip(e);
    e.f.call(e.callees.events.syscall);
  }),
  event("sysret64", (e) => e.f.call(e.callees.events.sysret64)),
  // A helper or another TypeScript routine; the helper checkIo.
  control("script", "update", true, (e) => callOut(e, e.callees.script)),
  control("checkIo", "update", true, (e) => callOut(e, e.callees.checkIo)),
  // IN or OUT: port in a, RIP in t:imm, length in d; the next record has the form.
  control("io", "read", true, (e) => {
    e.f.get(e.pc).get(e.budget).call(e.callees.io).brIf(e.labels.stop);
    e.f.get(e.pc).i32(16).op("i32Add").set(e.pc);
  }),
];
