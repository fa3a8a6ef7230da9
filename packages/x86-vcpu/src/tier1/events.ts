/**
 * Delivery of faults and IRET in WebAssembly, for the most usual of the usual cases: 64-bit code on both sides, or flat
 * 32-bit segments, descriptors of the GDT that
 * are marked accessed, tables and stacks in pages that the TLB has, and nothing that waits or must be looked at (`StateOffset.quiet`). What
 * is otherwise is left, with nothing done, to `events/quick.ts` and those behind it. The manual's rules are told there.
 */
import { Rflags, statusFlags } from "../control-bits.ts";
import { type ModeKeyField, ModeKeyShift } from "../mode-key.ts";
import {
  SegmentAttribute,
  SegmentIndex,
  segmentAttributesOffset,
  segmentBaseOffset,
  segmentDplShift,
  segmentLimitOffset,
  segmentSelectorOffset,
} from "../segment.ts";
import { SystemType } from "../segments/descriptor.ts";
import {
  BIG,
  CODE_WANTED,
  CONFORMING,
  EXPAND_DOWN,
  GATE_MASK,
  GATE_WANTED,
  LONG,
  STACK_MASK,
  STACK_WANTED,
} from "../segments/descriptor-bits.ts";
import { StateOffset } from "../state-layout.ts";
import { TLB_TABLE_BYTES } from "../tlb.ts";
import type { Layout } from "./ops/emit.ts";
import { writeStatus } from "./ops/status.ts";
import { Control } from "./record.ts";
import { tlbLookup } from "./tlb-lookup.ts";
import type { ModuleBuilder } from "./wasm/module-builder.ts";
import { type Value, Writer } from "./writer.ts";

export interface EventFunctions {
  /** (budget) → see `EventOutcome`. */
  readonly iret64: number;
  readonly iret32: number;
  /** (next RIP, vector) → see `EventOutcome`: INT n. */
  readonly int64: number;
  readonly int32: number;
  /** (next RIP), () → see `EventOutcome`: between 64-bit code and 64-bit code. */
  readonly syscall: number;
  readonly sysret64: number;
  /** (1: INT n, whose gate is checked against CPL) → see `EventOutcome`; vector, error code and flags are in the control area. */
  readonly fault64: number;
  readonly fault32: number;
}

/** What these functions give. `Half`: it has happened, and TypeScript must bring the code context up to date. */
export const EventOutcome = { Nothing: 0, Done: 1, Half: 2 } as const;

const RSP = StateOffset.gpr + 4 * 8;
/** CF, PF, AF, ZF, SF, OF. */
const STATUS = statusFlags;
const { ES, CS, SS, DS, FS, GS, TR } = SegmentIndex;
/** 64-bit code, not conforming. */
const CODE_MASK = CODE_WANTED | LONG | BIG | CONFORMING;
const CODE = CODE_WANTED | LONG;
const GRANULAR = 1 << 23;
const LIMIT_TOP = 0xf << 16;
const BASE_TOP = 0xff00_00ff | 0;
const READABLE = 1 << 9;
/** The high word of flat 32-bit segments; the low word is FLAT_LOW. Code: readable, not conforming. */
const FLAT_LOW = 0xffff;
const CODE32 = CODE_WANTED | READABLE | BIG | GRANULAR | LIMIT_TOP;
const CODE32_MASK = CODE32 | CONFORMING | BASE_TOP;
const STACK32 = STACK_WANTED | BIG | GRANULAR | LIMIT_TOP;
const STACK32_MASK = STACK32 | STACK_MASK | EXPAND_DOWN | BASE_TOP;
/** Of the mode key: 32-bit protected mode, neither long nor virtual-8086, CS and SS flat. What goes to such segments keeps all but CPL and IOPL. */
const key = (field: ModeKeyField): number => 1 << ModeKeyShift[field];
const FLAT = 1 | key("stackBig") | key("protectedMode") | key("flatCS") | key("flatSS");
const FLAT_MASK = FLAT | 2 | key("codeLimited") | key("longMode") | key("virtual8086");
/** Flags that make everything out of the ordinary. */
const ODD_FLAGS = Rflags.TF | Rflags.NT | Rflags.AC | Rflags.VM;
/** The others, but status, that IRET takes from its image in ring 0. */
const OTHER_FLAGS = Rflags.IF | Rflags.DF | Rflags.IOPL | Rflags.RF | Rflags.VIF | Rflags.VIP | Rflags.ID;

export function eventFunctions(module: ModuleBuilder, layout: Layout): EventFunctions {
  const lookup = tlbLookup(module, layout, 4);
  const descriptor = descriptorFunction(module, layout, lookup);
  const setSegment = setSegmentFunction(module, layout);
  const rekey = rekeyFunction(module, layout);
  const parts = { lookup, descriptor, setSegment, rekey };
  const readFlags = readFlagsFunction(module, layout);
  const fault64 = faultFunction(module, layout, parts, 64);
  const fault32 = faultFunction(module, layout, parts, 32);
  return {
    int64: intFunction(module, layout, readFlags, fault64),
    int32: intFunction(module, layout, readFlags, fault32),
    syscall: syscallFunction(module, layout, readFlags, rekey),
    sysret64: sysretFunction(module, layout, rekey),
    iret64: iretFunction(module, layout, parts, 64),
    iret32: iretFunction(module, layout, parts, 32),
    fault64,
    fault32,
  };
}

type EightLocals = [number, number, number, number, number, number, number, number];

/** Pushes whether a descriptor is not the code, or stack, that these functions know. */
function isOtherCode(w: Writer, bits: 32 | 64, host: number, high: number): Value {
  if (bits === 64) return w.op("i32Ne", w.and(w.local(high), CODE_MASK), w.i32(CODE));
  const isOther = w.op("i32Ne", w.and(w.local(high), CODE32_MASK), w.i32(CODE32));
  return w.op("i32Or", isOther, w.op("i32Ne", w.load("i32Load", w.local(host)), w.i32(FLAT_LOW)));
}

function isOtherStack(w: Writer, bits: 32 | 64, host: number, high: number): Value {
  if (bits === 64) return w.op("i32Ne", w.and(w.local(high), STACK_MASK), w.i32(STACK_WANTED));
  const isOther = w.op("i32Ne", w.and(w.local(high), STACK32_MASK), w.i32(STACK32));
  return w.op("i32Or", isOther, w.op("i32Ne", w.load("i32Load", w.local(host)), w.i32(FLAT_LOW)));
}

interface Parts {
  readonly lookup: number;
  readonly descriptor: number;
  readonly setSegment: number;
  readonly rekey: number;
}

/** (selector) → host address of its descriptor in the GDT; 0: null, in the LDT, outside, or not at hand. */
function descriptorFunction(module: ModuleBuilder, layout: Layout, lookup: number): number {
  const { index, body: f } = module.function(["i32"], ["i32"]);
  const w = new Writer(f, layout);
  const selector = w.local(0);
  const offset = w.and(selector, 0xfff8);
  w.op("i32Or", w.op("i32Eqz", offset), w.and(selector, 4))();
  w.op("i32GtU", w.op("i32Add", offset, w.i32(7)), w.state("i32Load", StateOffset.gdtrLimit))();
  f.op("i32Or").if();
  f.i32(0).op("return");
  f.end();
  const linear = w.op("i64Add", w.state("i64Load", StateOffset.gdtrBase), w.wide(offset));
  w.call(lookup, w.state("i32Load", StateOffset.tlbBase), linear, w.i32(8))();
  return index;
}

/** (segment, selector, low, high): the register from the words of a descriptor. */
function setSegmentFunction(module: ModuleBuilder, layout: Layout): number {
  const { index, body: f } = module.function(["i32", "i32", "i32", "i32"], []);
  const w = new Writer(f, layout);
  const [segment, selector, low, high] = [w.local(0), w.local(1), w.local(2), w.local(3)];
  const limit = f.local("i32");
  const at = w.op("i32Shl", segment, w.i32(4));
  const attributes = w.op("i32Or", w.and(w.shiftRight(high, 8), 0xf0ff), w.i32(SegmentAttribute.Accessed));
  w.store("i32Store16", at, layout.state + segmentSelectorOffset(0), selector);
  w.store("i32Store16", at, layout.state + segmentAttributesOffset(0), attributes);
  w.set(limit, w.op("i32Or", w.and(low, 0xffff), w.and(high, 0xf_0000)));
  const pages = w.op("i32Or", w.op("i32Shl", w.local(limit), w.i32(12)), w.i32(0xfff));
  w.store("i32Store", at, layout.state + segmentLimitOffset(0), () => {
    pages();
    f.get(limit);
    w.and(high, 1 << 23)();
    f.op("select");
  });
  const base = w.op(
    "i32Or",
    w.op("i32Or", w.shiftRight(low, 16), w.op("i32Shl", w.and(high, 0xff), w.i32(16))),
    w.and(high, 0xff00_0000 | 0),
  );
  w.store("i64Store", w.op("i32Shl", segment, w.i32(3)), layout.state + segmentBaseOffset(0), w.wide(base));
  return index;
}

/** () → the outcome: mode key, TLB tables and code context between 64-bit code and 64-bit code, or flat 32-bit code and the like; RFLAGS.AC clear on both sides. */
function rekeyFunction(module: ModuleBuilder, layout: Layout): number {
  const { index, body: f } = module.function([], ["i32"]);
  const w = new Writer(f, layout);
  const [key, entry, table] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const cpl = w.state("i32Load", StateOffset.cpl);
  const iopl = w.and(w.shiftRight(w.state("i32Load", StateOffset.rflagsOther), 12), 3);
  const changing = (3 << ModeKeyShift.cpl) | (3 << ModeKeyShift.iopl);
  const fields = w.op(
    "i32Or",
    w.op("i32Shl", cpl, w.i32(ModeKeyShift.cpl)),
    w.op("i32Shl", iopl, w.i32(ModeKeyShift.iopl)),
  );
  w.set(key, w.op("i32Or", w.and(w.state("i32Load", StateOffset.modeKey), ~changing), fields));
  w.setState("i32Store", StateOffset.modeKey, w.local(key));
  const user = w.op("i32Mul", w.op("i32Eq", cpl, w.i32(3)), w.i32(TLB_TABLE_BYTES));
  w.set(table, w.op("i32Add", w.state("i32Load", StateOffset.tlbBase), user));
  w.setState("i32Store", StateOffset.tlbRead, w.local(table));
  w.setState("i32Store", StateOffset.tlbWrite, w.op("i32Add", w.local(table), w.i32(3 * TLB_TABLE_BYTES)));
  w.setState("i32Store", StateOffset.tlbFetch, w.op("i32Add", w.local(table), w.i32(6 * TLB_TABLE_BYTES)));
  w.set(entry, w.op("i32Shl", w.and(w.shiftRight(w.local(key), ModeKeyShift.cpl), 15), w.i32(4)));
  const word = (n: number): Value => w.load("i32Load", w.local(entry), layout.control + Control.contexts + n * 4);
  w.op("i32Eq", word(0), w.local(key))();
  w.op("i32And", w.op("i32Eqz", word(1)), w.op("i32Eq", word(2), w.i32(-1)))();
  f.op("i32And").if();
  w.store("i32Store", w.i32(0), layout.control + Control.context, word(3));
  f.i32(EventOutcome.Done).op("return");
  f.end();
  f.i32(EventOutcome.Half);
  return index;
}

/** Pushes whether the address in a 64-bit local is not canonical. */
const notCanonical = (w: Writer, local: number): Value => {
  const shift = w.state("i64Load32U", StateOffset.canonicalShift);
  return w.op("i64Ne", w.op("i64ShrS", w.op("i64Shl", w.local(local), shift), shift), w.local(local));
};

function iretFunction(module: ModuleBuilder, layout: Layout, parts: Parts, bits: 32 | 64): number {
  const { lookup, descriptor, setSegment, rekey } = parts;
  const { index, body: f } = module.function(["i32"], ["i32"]);
  const w = new Writer(f, layout);
  const locals = Array.from({ length: 8 }, () => f.local("i32"));
  const [frame, code, high, level, stack, stackHigh, selector, image] = locals as EightLocals;
  const rip = f.local("i64");
  const { local, state } = w;
  const isLong = bits === 64;
  const word = bits / 8;
  const loadWord = isLong ? "i64Load" : "i64Load32U";
  const fail = f.block();
  const failIf = (condition: Value): void => {
    condition();
    f.brIf(fail);
  };
  failIf(w.op("i32Eqz", state("i32Load", StateOffset.quiet)));
  failIf(state("i32Load", StateOffset.attention));
  failIf(state("i32Load", StateOffset.cpl));
  failIf(w.and(state("i32Load", StateOffset.rflagsOther), ODD_FLAGS));
  if (!isLong) failIf(w.op("i32Ne", w.and(state("i32Load", StateOffset.modeKey), FLAT_MASK), w.i32(FLAT)));
  w.set(frame, w.call(lookup, state("i32Load", StateOffset.tlbRead), state("i64Load", RSP), w.i32(isLong ? 40 : 12)));
  failIf(w.op("i32Eqz", local(frame)));
  w.set(image, w.load("i32Load", local(frame), 2 * word));
  failIf(w.and(local(image), ODD_FLAGS));
  w.set(rip, w.load(loadWord, local(frame)));
  if (isLong) failIf(notCanonical(w, rip));

  const codeSelector = w.load("i32Load16U", local(frame), word);
  w.set(level, w.and(codeSelector, 3));
  w.set(code, w.call(descriptor, codeSelector));
  failIf(w.op("i32Eqz", local(code)));
  w.set(high, w.load("i32Load", local(code), 4));
  failIf(isOtherCode(w, bits, code, high));
  failIf(w.op("i32Ne", w.dpl(high), local(level)));

  // SS is there always, or only on the way out.
  if (!isLong) {
    f.get(level).if();
    w.set(frame, w.call(lookup, state("i32Load", StateOffset.tlbRead), state("i64Load", RSP), w.i32(20)));
    failIf(w.op("i32Eqz", local(frame)));
  }
  w.set(selector, w.load("i32Load16U", local(frame), 4 * word));
  failIf(w.op("i32Ne", w.and(local(selector), 3), local(level)));
  if (isLong) w.op("i32GtU", local(selector), w.i32(3))();
  else f.i32(1);
  f.if();
  w.set(stack, w.call(descriptor, local(selector)));
  failIf(w.op("i32Eqz", local(stack)));
  w.set(stackHigh, w.load("i32Load", local(stack), 4));
  failIf(isOtherStack(w, bits, stack, stackHigh));
  failIf(w.op("i32Ne", w.dpl(stackHigh), local(level)));
  f.else();
  // Null, with nothing in `stack`, which starts as 0.
  failIf(w.op("i32Eq", local(level), w.i32(3)));
  f.end();
  if (!isLong) f.end();
  // A segment that the outer level may not keep.
  for (const segment of [ES, DS, FS, GS]) {
    const attributes = state("i32Load16U", segmentAttributesOffset(segment));
    const anyLevel = SegmentAttribute.Code | SegmentAttribute.Conforming;
    const isUsable = w.op("i32Eqz", w.and(attributes, SegmentAttribute.Unusable));
    const isInner = w.op("i32LtU", w.and(w.shiftRight(attributes, segmentDplShift), 3), local(level));
    const isBound = w.op("i32Ne", w.and(attributes, anyLevel), w.i32(anyLevel));
    failIf(w.op("i32And", w.op("i32And", isUsable, isInner), isBound));
  }

  // Nothing can go wrong any more.
  w.call(setSegment, w.i32(CS), codeSelector, w.load("i32Load", local(code)), local(high))();
  f.get(stack).if();
  w.call(setSegment, w.i32(SS), local(selector), w.load("i32Load", local(stack)), local(stackHigh))();
  w.setState("i64Store", RSP, w.load(loadWord, local(frame), 3 * word));
  f.else();
  if (isLong) {
    setNullStack(w, local(selector), local(level));
    w.setState("i64Store", RSP, w.load(loadWord, local(frame), 3 * word));
  } else {
    const esp = w.op("i32Add", state("i32Load", RSP), w.i32(12));
    w.setState("i64Store", RSP, w.wide(esp));
  }
  f.end();
  w.setState("i64Store", StateOffset.rip, local(rip));
  w.setState("i32Store", StateOffset.cpl, local(level));
  const others = w.op("i32Or", w.and(local(image), OTHER_FLAGS), w.i32(Rflags.Fixed));
  w.setState("i32Store", StateOffset.rflagsOther, others);
  w.setState("i32Store", StateOffset.repeating, w.i32(0));
  writeStatus(f, layout, image);
  // RF holds for the instruction after this one, the last that was paid for.
  w.setState("i64Store", StateOffset.resumeFlagAt, () => {
    w.op("i64Sub", w.control("i64Load", Control.end), w.op("i64ExtendI32S", local(0)))();
    f.i64(-1);
    w.and(local(image), Rflags.RF)();
    f.op("select");
  });
  w.call(rekey)();
  f.op("return");
  f.end(); // fail
  f.i32(EventOutcome.Nothing);
  return index;
}

function setNullStack(w: Writer, selector: Value, level: Value): void {
  const dpl = w.op("i32Shl", level, w.i32(segmentDplShift));
  w.setState("i32Store16", segmentSelectorOffset(SS), selector);
  w.setState("i32Store16", segmentAttributesOffset(SS), w.op("i32Or", dpl, w.i32(SegmentAttribute.Unusable)));
  w.setState("i32Store", segmentLimitOffset(SS), w.i32(0));
  w.setState("i64Store", segmentBaseOffset(SS), () => w.f.i64(0));
}

function faultFunction(module: ModuleBuilder, layout: Layout, parts: Parts, bits: 32 | 64): number {
  const { lookup, descriptor, setSegment, rekey } = parts;
  const { index, body: f } = module.function(["i32"], ["i32"]);
  const w = new Writer(f, layout);
  const locals = Array.from({ length: 8 }, () => f.local("i32"));
  const [gate, gateHigh, selector, code, high, level, stack, frame] = locals as EightLocals;
  const [flags, stackHigh, stackSelector] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const [rip, pointer] = [f.local("i64"), f.local("i64")];
  const { local, state } = w;
  const isLong = bits === 64;
  const word = bits / 8;
  const supervisor = state("i32Load", StateOffset.tlbBase);
  const fail = f.block();
  const failIf = (condition: Value): void => {
    condition();
    f.brIf(fail);
  };
  failIf(w.op("i32Eqz", state("i32Load", StateOffset.quiet)));
  failIf(state("i32Load", StateOffset.attention));
  w.set(flags, w.control("i32Load", Control.faultFlags));
  failIf(w.and(local(flags), ODD_FLAGS));
  if (!isLong) failIf(w.op("i32Ne", w.and(state("i32Load", StateOffset.modeKey), FLAT_MASK), w.i32(FLAT)));
  const offset = w.op("i32Shl", w.control("i32Load", Control.faultVector), w.i32(isLong ? 4 : 3));
  failIf(w.op("i32GtU", w.op("i32Add", offset, w.i32(2 * word - 1)), state("i32Load", StateOffset.idtrLimit)));
  const gateLinear = w.op("i64Add", state("i64Load", StateOffset.idtrBase), w.wide(offset));
  w.set(gate, w.call(lookup, supervisor, gateLinear, w.i32(2 * word)));
  failIf(w.op("i32Eqz", local(gate)));
  w.set(gateHigh, w.load("i32Load", local(gate), 4));
  failIf(w.op("i32Ne", w.and(local(gateHigh), GATE_MASK), w.i32(GATE_WANTED)));
  failIf(w.op("i32And", local(0), w.op("i32LtU", w.dpl(gateHigh), state("i32Load", StateOffset.cpl))));
  const ripLow = w.op("i32Or", w.load("i32Load16U", local(gate)), w.and(local(gateHigh), 0xffff_0000 | 0));
  const ripHigh = w.op("i64Shl", w.load("i64Load32U", local(gate), 8), () => f.i64(32));
  w.set(rip, isLong ? w.op("i64Or", ripHigh, w.wide(ripLow)) : w.wide(ripLow));
  if (isLong) failIf(notCanonical(w, rip));

  w.set(selector, w.load("i32Load16U", local(gate), 2));
  w.set(code, w.call(descriptor, local(selector)));
  failIf(w.op("i32Eqz", local(code)));
  w.set(high, w.load("i32Load", local(code), 4));
  failIf(isOtherCode(w, bits, code, high));
  w.set(level, w.dpl(high));
  failIf(w.op("i32GtU", local(level), state("i32Load", StateOffset.cpl)));
  failIf(w.op("i32Eq", local(level), w.i32(3)));

  const ist = isLong ? w.and(local(gateHigh), 7) : w.i32(0);
  const isInner = w.op("i32LtU", local(level), state("i32Load", StateOffset.cpl));
  w.op("i32Or", ist, isInner)();
  f.if();
  // `stack`: the offset in the TSS first, and in the end the descriptor of SS, where it has one.
  w.set(stack, () => {
    w.op("i32Add", w.op("i32Shl", ist, w.i32(3)), w.i32(28))();
    w.op("i32Add", w.op("i32Shl", local(level), w.i32(3)), w.i32(4))();
    ist();
    f.op("select");
  });
  const last = w.op("i32Add", local(stack), w.i32(isLong ? 7 : 5));
  failIf(w.op("i32GtU", last, state("i32Load", segmentLimitOffset(TR))));
  const field = w.op("i64Add", state("i64Load", StateOffset.trBase), w.wide(local(stack)));
  w.set(stack, w.call(lookup, supervisor, field, w.i32(8)));
  failIf(w.op("i32Eqz", local(stack)));
  if (isLong) w.set(pointer, w.load("i64Load", local(stack)));
  else {
    const type = w.and(state("i32Load16U", segmentAttributesOffset(TR)), 0xf);
    failIf(w.op("i32Ne", type, w.i32(SystemType.TssBusy)));
    w.set(pointer, w.load("i64Load32U", local(stack)));
    w.set(stackSelector, w.load("i32Load16U", local(stack), 4));
    failIf(w.op("i32Ne", w.and(local(stackSelector), 3), local(level)));
    w.set(stack, w.call(descriptor, local(stackSelector)));
    failIf(w.op("i32Eqz", local(stack)));
    w.set(stackHigh, w.load("i32Load", local(stack), 4));
    failIf(isOtherStack(w, bits, stack, stackHigh));
    failIf(w.op("i32Ne", w.dpl(stackHigh), local(level)));
  }
  f.else();
  w.set(pointer, state("i64Load", RSP));
  f.end();
  const error = w.control("i32Load", Control.faultError);
  const hasError = w.op("i32GeS", error, w.i32(0));
  const errorBytes = w.op("i32Mul", hasError, w.i32(word));
  const outerBytes = isLong ? w.i32(16) : w.op("i32Shl", isInner, w.i32(3));
  const bytes = w.op("i32Add", w.op("i32Add", errorBytes, outerBytes), w.i32(3 * word));
  if (isLong)
    w.set(
      pointer,
      w.op("i64And", local(pointer), () => f.i64(-16)),
    );
  else failIf(w.op("i64LtU", local(pointer), w.wide(bytes)));
  w.set(pointer, w.op("i64Sub", local(pointer), w.wide(bytes)));
  const writable = w.op("i32Add", supervisor, w.i32(3 * TLB_TABLE_BYTES));
  w.set(frame, w.call(lookup, writable, local(pointer), bytes));
  failIf(w.op("i32Eqz", local(frame)));

  // Nothing can go wrong any more. A page in the write table is dirty already and holds no code.
  const storeWord = isLong ? "i64Store" : "i64Store32";
  hasError();
  f.if();
  w.store(storeWord, local(frame), 0, w.wide(error));
  w.set(frame, w.op("i32Add", local(frame), w.i32(word)));
  f.end();
  w.store(storeWord, local(frame), 0, state("i64Load", StateOffset.rip));
  w.store(storeWord, local(frame), word, state("i64Load16U", segmentSelectorOffset(CS)));
  w.store(storeWord, local(frame), 2 * word, w.wide(local(flags)));
  if (!isLong) {
    isInner();
    f.if();
  }
  w.store(storeWord, local(frame), 3 * word, state("i64Load", RSP));
  w.store(storeWord, local(frame), 4 * word, state("i64Load16U", segmentSelectorOffset(SS)));
  if (!isLong) f.end();
  w.setState("i64Store", RSP, local(pointer));
  w.setState("i64Store", StateOffset.rip, local(rip));
  const newSelector = w.op("i32Or", w.and(local(selector), 0xfffc), local(level));
  w.call(setSegment, w.i32(CS), newSelector, w.load("i32Load", local(code)), local(high))();
  isInner();
  f.if();
  if (isLong) setNullStack(w, local(level), local(level));
  else w.call(setSegment, w.i32(SS), local(stackSelector), w.load("i32Load", local(stack)), local(stackHigh))();
  f.end();
  w.setState("i32Store", StateOffset.cpl, local(level));
  w.setState("i32Store", StateOffset.repeating, w.i32(0));
  w.setState("i64Store", StateOffset.resumeFlagAt, () => f.i64(-1));
  // An interrupt gate, of even type, clears IF.
  const kept = w.op(
    "i32Or",
    w.op("i32Shl", w.and(w.shiftRight(local(gateHigh), 8), 1), w.i32(9)),
    w.i32(~(Rflags.IF | Rflags.RF | STATUS)),
  );
  w.setState("i32Store", StateOffset.rflagsOther, w.op("i32And", local(flags), kept));
  w.call(rekey)();
  f.op("return");
  f.end(); // fail
  f.i32(EventOutcome.Nothing);
  return index;
}

/** () → RFLAGS without RF. */
function readFlagsFunction(module: ModuleBuilder, layout: Layout): number {
  const { index, body: f } = module.function([], ["i32"]);
  const w = new Writer(f, layout);
  const bit = (value: Value, from: number, to: number): Value =>
    w.op("i32Shl", w.and(w.shiftRight(value, from), 1), w.i32(to));
  const low = w.state("i32Load", StateOffset.flagRes);
  const high = w.state("i32Load", StateOffset.flagRes + 4);
  const carries = w.state("i32Load", StateOffset.flagCout + 4);
  const aux = w.state("i32Load", StateOffset.flagAux);
  const ones = w.op("i32Popcnt", w.and(w.op("i32Xor", low, w.shiftRight(aux, 8)), 0xff));
  const all = [
    bit(carries, 31, 0),
    bit(w.op("i32Xor", ones, w.i32(1)), 0, 2),
    w.and(aux, Rflags.AF),
    w.op("i32Shl", w.op("i32Eqz", w.op("i32Or", low, high)), w.i32(6)),
    bit(w.op("i32Xor", high, aux), 31, 7),
    bit(w.op("i32Xor", carries, w.op("i32Shl", carries, w.i32(1))), 31, 11),
  ];
  const others = w.and(w.state("i32Load", StateOffset.rflagsOther), ~Rflags.RF);
  all.reduce((sum, flag) => w.op("i32Or", sum, flag), others)();
  return index;
}

function intFunction(module: ModuleBuilder, layout: Layout, readFlags: number, fault: number): number {
  const { index, body: f } = module.function(["i64", "i32"], ["i32"]);
  const w = new Writer(f, layout);
  const setControl = (offset: number, value: Value): void =>
    w.store("i32Store", w.i32(0), layout.control + offset, value);
  // Should nothing come of it, TypeScript sets RIP as it is to be.
  w.setState("i64Store", StateOffset.rip, w.local(0));
  setControl(Control.faultVector, w.local(1));
  setControl(Control.faultError, w.i32(-1));
  setControl(Control.faultFlags, w.call(readFlags));
  w.call(fault, w.i32(1))();
  return index;
}

const { Accessed, Present, CodeOrData, Code, Readable, Writable, Long, Big, Granularity } = SegmentAttribute;

/** CS and SS of the fast system calls. */
function setFastSegments(w: Writer, cs: Value, ss: Value, cpl: number): void {
  const common = Accessed | Present | CodeOrData | Granularity | (cpl << segmentDplShift);
  const set = (segment: number, selector: Value, attributes: number): void => {
    w.setState("i32Store16", segmentSelectorOffset(segment), selector);
    w.setState("i32Store16", segmentAttributesOffset(segment), w.i32(common | attributes));
    w.setState("i32Store", segmentLimitOffset(segment), w.i32(-1));
    w.setState("i64Store", segmentBaseOffset(segment), () => w.f.i64(0));
  };
  set(CS, cs, Code | Readable | Long);
  set(SS, ss, Writable | Big);
  w.setState("i32Store", StateOffset.cpl, w.i32(cpl));
}

/** All of RFLAGS from an i32 local. */
function setFlags(w: Writer, flags: number): void {
  const others = w.op("i32Or", w.and(w.local(flags), ~STATUS), w.i32(Rflags.Fixed));
  w.setState("i32Store", StateOffset.rflagsOther, others);
  w.setState("i32Store", StateOffset.repeating, w.i32(0));
  w.setState("i64Store", StateOffset.resumeFlagAt, () => w.f.i64(-1));
  writeStatus(w.f, w.layout, flags);
}

/** Opens a block to leave where a system call is not between 64-bit code and 64-bit code, or something waits. */
function failUnlessLong(w: Writer): (condition: Value) => void {
  const fail = w.f.block();
  const failIf = (condition: Value): void => {
    condition();
    w.f.brIf(fail);
  };
  failIf(w.op("i32Eqz", w.state("i32Load", StateOffset.quiet)));
  failIf(w.state("i32Load", StateOffset.attention));
  failIf(w.op("i32Eqz", w.and(w.state("i32Load", StateOffset.modeKey), 2)));
  failIf(w.and(w.state("i32Load", StateOffset.rflagsOther), ODD_FLAGS));
  return failIf;
}

const gpr = (index: number): number => StateOffset.gpr + index * 8;
const [RCX, R11] = [gpr(1), gpr(11)];

function syscallFunction(module: ModuleBuilder, layout: Layout, readFlags: number, rekey: number): number {
  const { index, body: f } = module.function(["i64"], ["i32"]);
  const w = new Writer(f, layout);
  const flags = f.local("i32");
  failUnlessLong(w);
  w.set(flags, w.call(readFlags));
  w.setState("i64Store", RCX, w.local(0));
  w.setState("i64Store", R11, w.wide(w.local(flags)));
  const kept = w.op("i32Xor", w.state("i32Load", StateOffset.sfmask), w.i32(-1));
  w.set(flags, w.op("i32And", w.local(flags), kept));
  setFlags(w, flags);
  const selector = w.and(w.state("i32Load16U", StateOffset.star + 4), 0xfffc);
  setFastSegments(w, selector, w.op("i32Add", selector, w.i32(8)), 0);
  w.setState("i64Store", StateOffset.rip, w.state("i64Load", StateOffset.lstar));
  w.call(rekey)();
  f.op("return");
  f.end();
  f.i32(EventOutcome.Nothing);
  return index;
}

/** Bits that SYSRET takes from R11. */
const SYSRET_FLAGS = 0x3c_7fd7;

function sysretFunction(module: ModuleBuilder, layout: Layout, rekey: number): number {
  const { index, body: f } = module.function([], ["i32"]);
  const w = new Writer(f, layout);
  const [flags, rip] = [f.local("i32"), f.local("i64")];
  const failIf = failUnlessLong(w);
  w.set(rip, w.state("i64Load", RCX));
  failIf(notCanonical(w, rip));
  w.set(flags, w.and(w.state("i32Load", R11), SYSRET_FLAGS));
  failIf(w.and(w.local(flags), ODD_FLAGS));
  setFlags(w, flags);
  const selector = w.state("i32Load16U", StateOffset.star + 6);
  const user = (distance: number): Value => w.op("i32Or", w.op("i32Add", selector, w.i32(distance)), w.i32(3));
  setFastSegments(w, user(16), user(8), 3);
  w.setState("i64Store", StateOffset.rip, w.local(rip));
  w.call(rekey)();
  f.op("return");
  f.end();
  f.i32(EventOutcome.Nothing);
  return index;
}
