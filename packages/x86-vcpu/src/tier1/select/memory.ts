/** Addresses, loads and stores: what of them is inline, and pushes and pops as one record. */
import { IR_NONE, IrField, IrOp, MemoryFlag, Segment } from "x86-lift";
import { StateOffset } from "../../state-layout.ts";
import { MEMORY_LINEAR, memoryWord, RECORD_BYTES } from "../record.ts";
import type { Selector } from "../select.ts";
import {
  alu,
  based,
  Kind,
  lea16,
  lea32,
  lea64,
  loadOps,
  loadSignOps,
  loadWriteOps,
  loadZeroOps,
  log,
  mov64full,
  NEVER_INLINE,
  pop32,
  pop64,
  push32,
  push32i,
  push64,
  push64i,
  RSP,
  slowLoads,
  slowStores,
  storeImmediate,
  storeOps,
  vectorOps,
} from "./tables.ts";

/** May the access be made inline? */
export function isInline(s: Selector, segment: number, flags: number, width: number, write: boolean): boolean {
  if ((s.inlineSegments & (1 << segment)) === 0) return false;
  // Outside 64-bit code no code segment is writable: the slow path raises #GP.
  if (write && segment === Segment.CS && !s.code64) return false;
  return flags === 0 || (flags & NEVER_INLINE) === 0 || (flags === MemoryFlag.Aligned && width === 128);
}

/** May it be made inline by a linear address that a `based` record computes? */
export function mayBeBased(s: Selector, flags: number, width: number): boolean {
  if (s.code64 || s.checksAlignment) return false;
  return (flags & NEVER_INLINE) === 0 || (flags === MemoryFlag.Aligned && width === 128);
}

/** The linear address of `offset` in the segment is the operand; one that the instruction has computed is used again. */
export function basedOperand(s: Selector, offset: number, segment: number, bytes: number, write: boolean): void {
  s.memIndexed = false;
  s.memIndex = 0;
  s.memShift = 0;
  s.memDisp = 0;
  const top = (write ? StateOffset.writeTop : StateOffset.readTop) + segment * 8;
  if (s.basedRow !== offset || s.basedTop !== top || s.basedBytes !== bytes) {
    s.basedRow = offset;
    s.basedTop = top;
    s.basedBytes = bytes;
    const slot = s.operand(offset);
    // Never freed: it lasts as long as the instruction.
    s.basedSlot = s.allocTemp();
    s.emit(based, s.basedSlot, slot, top, bytes - 1, StateOffset.segmentBase + segment * 8);
  }
  s.memBase = s.basedSlot;
}

/** Finds base, index, shift and displacement of the address in row v; `inline`: add the base of FS or GS. */
export function memoryOperand(s: Selector, v: number, segment: number, inline: boolean): void {
  s.memIndexed = false;
  s.memIndex = 0;
  s.memShift = 0;
  s.memDisp = 0;
  if (
    s.kind[v] === Kind.Ea &&
    !(inline && segment >= Segment.FS && s.field(v, IrField.B) !== IR_NONE) &&
    (inline || s.field(v, IrField.B) === IR_NONE)
  ) {
    s.memBase = eaSlot(s, v, IrField.A);
    s.memDisp = s.field(v, IrField.Lo);
    if (s.field(v, IrField.B) !== IR_NONE) {
      s.memIndexed = true;
      s.memIndex = eaSlot(s, v, IrField.B);
      s.memShift = 31 - Math.clz32(s.field(v, IrField.X) || 1);
    }
  } else if (s.kind[v] === Kind.Const && s.constHigh[v] === s.constLow[v]! >> 31) {
    s.memBase = StateOffset.zero;
    s.memDisp = s.constLow[v]!;
  } else {
    s.memBase = s.operand(v);
  }
  if (inline && segment >= Segment.FS) {
    s.memIndexed = true;
    s.memIndex = StateOffset.segmentBase + segment * 8;
  }
}

export function load(s: Selector, row: number, width: number): void {
  const v = s.field(row, IrField.A);
  const segment = s.field(row, IrField.X);
  const flags = s.field(row, IrField.Lo);
  const forWrite = (flags & MemoryFlag.ForWrite) !== 0;
  const isWide = width === 128 && forWrite;
  const isFlat = isInline(s, segment, flags, width, forWrite) && !isWide;
  const isBased = !isFlat && !isWide && mayBeBased(s, flags, width);
  const inline = isFlat || isBased;
  if (isBased) basedOperand(s, v, segment, width >>> 3, forWrite);
  else memoryOperand(s, v, segment, inline);
  const x = s.memIndexed ? 1 : 0;
  const { memBase, memIndex, memDisp } = s;
  const isLinear = isBased || (inline && segment >= Segment.FS);
  const word = memoryWord(s.memShift, segment, flags, width >>> 3) | (isLinear ? MEMORY_LINEAR : 0);
  let op: number;
  let result = row;
  let clean = width >= 32;
  if (!inline) op = slowLoads.get(width >>> 3)!;
  else if (width === 128) op = vectorOps[x]!.load[(flags & MemoryFlag.Aligned) !== 0 ? 1 : 0]!;
  else {
    op = (forWrite ? loadWriteOps : loadOps)[x]![log(width)]!;
    const user = s.user[row]!;
    if (!forWrite && s.uses[row] === 1 && width < 64) {
      const to = s.field(user, IrField.Width);
      if (s.opOf(user) === IrOp.zext && to >= 32 && to <= 64) {
        if (width < 32) op = loadZeroOps[x]![log(width)]!;
        result = user;
      } else if (s.opOf(user) === IrOp.sext && to >= 32 && to <= 64) {
        op = loadSignOps[x]!.get(width * 256 + to)!;
        result = user;
      }
      if (result !== row) {
        s.done[result] = 1;
        clean = true;
      }
    }
  }
  s.consume(v);
  const d = s.destination(result, row);
  s.emit(op, d, memBase, memIndex, memDisp, word);
  s.define(result, d, clean);
}

export function store(s: Selector, row: number, width: number): void {
  const address = s.field(row, IrField.A);
  const v = s.field(row, IrField.B);
  const segment = s.field(row, IrField.X);
  const flags = s.field(row, IrField.Lo);
  const isFlat = isInline(s, segment, flags, width, true);
  if (isFlat && (pushes(s, row, address, v, segment, width) || pushes32(s, row, address, v, segment, width))) return;
  const isBased = !isFlat && mayBeBased(s, flags, width);
  const inline = isFlat || isBased;
  if (isBased) basedOperand(s, address, segment, width >>> 3, true);
  else memoryOperand(s, address, segment, inline);
  const { memBase, memIndex, memDisp, memIndexed } = s;
  const isLinear = isBased || (inline && segment >= Segment.FS);
  const word = memoryWord(s.memShift, segment, flags, width >>> 3) | (isLinear ? MEMORY_LINEAR : 0);
  if (inline && !memIndexed && width <= 64 && s.isImmediate(v) && s.immediate(v) === (s.immediate(v) << 16) >> 16) {
    s.emit(storeImmediate[log(width)]!, 0, memBase, s.immediate(v), memDisp, word);
  } else {
    const value = s.operand(v);
    const x = memIndexed ? 1 : 0;
    const op = !inline
      ? slowStores.get(width >>> 3)!
      : width === 128
        ? vectorOps[x]!.store[(flags & MemoryFlag.Aligned) !== 0 ? 1 : 0]!
        : storeOps[x]![log(width)]!;
    s.emit(op, value, memBase, memIndex, memDisp, word);
  }
  s.consume(v);
  s.consume(address);
}

/** A 64-bit store at rSP − 8 with the `set` of rSP behind it: one record. */
export function pushes(s: Selector, row: number, address: number, v: number, segment: number, width: number): boolean {
  const next = row + 1;
  if (width !== 64 || segment !== Segment.SS || s.kind[address] !== Kind.Ea || s.opOf(next) !== IrOp.set) return false;
  if (s.field(next, IrField.A) !== address || s.field(next, IrField.X) !== 4 || s.field(next, IrField.Width) !== 64)
    return false;
  if (s.field(address, IrField.B) !== IR_NONE || s.field(address, IrField.Lo) !== -8 || s.uses[address] !== 2)
    return false;
  if (eaSlot(s, address, IrField.A) !== RSP) return false;
  const constant = s.isImmediate(v);
  const value = constant ? s.immediate(v) : s.operand(v);
  s.consume(v);
  s.consume(address);
  s.consume(address);
  s.saveReaders(RSP, 8, row);
  const word = memoryWord(0, Segment.SS, 0, 8);
  if (constant) s.emit(push64i, 0, 0, 0, value, word);
  else s.emit(push64, value, 0, 0, 0, word);
  s.done[next] = 1;
  return true;
}

/** The same of 32 bits, where the record before has computed the address. */
export function pushes32(
  s: Selector,
  row: number,
  address: number,
  v: number,
  segment: number,
  width: number,
): boolean {
  const next = row + 1;
  if (width !== 32 || segment !== Segment.SS || s.code64 || s.kind[address] !== Kind.Slot) return false;
  if (s.opOf(next) !== IrOp.set || s.field(next, IrField.A) !== address || s.uses[address] !== 2) return false;
  if (s.field(next, IrField.X) !== 4 || s.field(next, IrField.Width) !== 64) return false;
  const before = s.at - RECORD_BYTES;
  if (!isStackAddress(s, before, s.slot[address]!, -4)) return false;
  s.at = before;
  const constant = s.isImmediate(v);
  const value = constant ? s.immediate(v) : s.operand(v);
  s.consume(v);
  s.consume(address);
  s.consume(address);
  s.saveReaders(RSP, 8, row);
  const word = memoryWord(0, Segment.SS, 0, 4);
  if (constant) s.emit(push32i, 0, 0, 0, value, word);
  else s.emit(push32, value, 0, 0, 0, word);
  s.done[next] = 1;
  return true;
}

/** Is the record at `at`, one of s instruction, slot ← ESP + bytes? */
export function isStackAddress(s: Selector, at: number, slot: number, bytes: number): boolean {
  const { u16, i32 } = s;
  return (
    at >= s.first &&
    u16[at >>> 1] === lea32 &&
    u16[(at >>> 1) + 1] === slot &&
    u16[(at >>> 1) + 2] === RSP &&
    u16[(at >>> 1) + 3] === StateOffset.zero &&
    i32[(at >>> 2) + 2] === bytes
  );
}

/** Behind ESP ← ESP + 4: a load from the old ESP before it becomes one record with it. */
export function fusePop32(s: Selector): void {
  const { u16, i32 } = s;
  const [address, load, step] = [s.at - 48, s.at - 32, s.at - 16];
  const slot = u16[(load >>> 1) + 2]!;
  if (address < s.first || !isStackAddress(s, step, RSP, 4) || !isStackAddress(s, address, slot, 0)) return;
  if (slot < StateOffset.temps || u16[load >>> 1] !== loadOps[0]![2] || i32[(load >>> 2) + 2] !== 0) return;
  const [d, word] = [u16[(load >>> 1) + 1]!, i32[(load >>> 2) + 3]!];
  if (d === RSP || word !== memoryWord(0, Segment.SS, 0, 4)) return;
  s.at = address;
  s.emit(pop32, d, 0, 0, 0, word);
}

/** Slot of a pending address's base or index; the zero slot when absent. */
export function eaSlot(s: Selector, row: number, field: number): number {
  const v = s.field(row, field);
  return v === IR_NONE ? StateOffset.zero : s.operand(v);
}

/** 64-bit addresses whose displacement fits stay pending; others are computed now. */
export function effectiveAddress(s: Selector, row: number, width: number): void {
  const low = s.field(row, IrField.Lo);
  if (width === 64 && s.field(row, IrField.Hi) === low >> 31) {
    s.kind[row] = Kind.Ea;
    for (const field of [IrField.A, IrField.B]) {
      const v = s.field(row, field);
      if (v === IR_NONE) continue;
      if (s.kind[v] === Kind.Ea || s.kind[v] === Kind.Cond) s.moveToTemp(v);
    }
    if (s.uses[row] === 0) s.release(row);
    return;
  }
  let base = eaSlot(s, row, IrField.A);
  const index = eaSlot(s, row, IrField.B);
  const shift = 31 - Math.clz32(s.field(row, IrField.X) || 1);
  // Narrow registers in wider slots carry foreign upper bits, which the truncation at the end removes.
  s.consumeOperands(row);
  let d = s.destination(row);
  const clashes = d === base || d === index;
  if (width === 64) {
    const sum = clashes ? s.allocTemp() : d;
    s.emit(mov64full, sum, 0, 0, low, s.field(row, IrField.Hi));
    s.emit(alu[IrOp.add]!.plain[3]!, sum, sum, base, 0, 0);
    base = sum;
    s.emit(lea64, d, base, index, 0, shift);
  } else {
    s.emit(width === 32 ? lea32 : lea16, d, base, index, low, shift);
    if (width === 32 && d === RSP) fusePop32(s);
  }
  d |= 0;
  s.define(row, d, true);
}

export function emitEa(s: Selector, row: number, d: number, width: 32 | 64): void {
  const shift = 31 - Math.clz32(s.field(row, IrField.X) || 1);
  const base = eaSlot(s, row, IrField.A);
  const index = eaSlot(s, row, IrField.B);
  s.emit(width === 64 ? lea64 : lea32, d, base, index, s.field(row, IrField.Lo), shift);
}

export function setEa(s: Selector, row: number, v: number, slot: number, bytes: number): void {
  const base = eaSlot(s, v, IrField.A);
  const index = eaSlot(s, v, IrField.B);
  const low = s.field(v, IrField.Lo);
  const shift = 31 - Math.clz32(s.field(v, IrField.X) || 1);
  s.consume(v);
  s.saveReaders(slot, bytes, row);
  if (index !== StateOffset.zero) {
    s.emit(lea64, slot, base, index, low, shift);
    return;
  }
  const previous = s.at - RECORD_BYTES;
  if (
    slot === RSP &&
    base === RSP &&
    low === 8 &&
    previous >= s.first &&
    s.u16[previous >>> 1] === loadOps[0]![3] &&
    s.u16[(previous >>> 1) + 2] === RSP &&
    s.i32[(previous >>> 2) + 2] === 0 &&
    s.u16[(previous >>> 1) + 1] !== RSP &&
    ((s.i32[(previous >>> 2) + 3]! >>> 8) & 7) === Segment.SS
  ) {
    s.u16[previous >>> 1] = pop64;
    return;
  }
  s.emit(alu[IrOp.add]!.immediate[3]!, slot, base, 0, low, 0);
}
