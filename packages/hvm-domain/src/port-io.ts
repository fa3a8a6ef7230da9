/**
 * IN, OUT, INS and OUTS on behalf of a vCPU: the datum's way between registers or memory and the port space.
 *
 * Sources: Xen `xen/arch/x86/hvm/io.c` handle_pio (4 bytes zero-extend RAX, 1 and 2 bytes change only the low part) and
 * `intercept.c` (string I/O stops at the first element that is not done; the registers then say how far it came); Intel SDM
 * vol. 2, INS, OUTS, REP; vol. 3 §5.3 (limit checks).
 */
import { Vector } from "./exception-bitmap.ts";
import { type HvmVcpu, type LinearRead, type SegmentName, segmentNames } from "./vcpu.ts";

export type IoSize = 1 | 2 | 4;
export type IoDirection = "in" | "out";

/** Elements of one string instruction in memory; `index` counts from the next one to transfer. */
export interface StringMemory {
  canWrite(index: number): boolean;
  write(index: number, value: number): void;
  read(index: number): number | undefined;
  /** Elements of one byte, all at once: the bytes, or the index of the first that faults. */
  readBytes(length: number): Uint8Array | number;
  /** Stores all and answers -1, or nothing and answers the index of the first that faults. */
  writeBytes(bytes: Uint8Array): number;
}

/** The port space as the domain sees it; `portio-bus` fits with vCPUs as contexts. */
export interface DomainIo {
  access(direction: IoDirection, port: number, size: IoSize, value: number, vcpu: HvmVcpu): number;
  accessString(
    direction: IoDirection,
    port: number,
    size: IoSize,
    count: number,
    df: boolean,
    memory: StringMemory,
    vcpu: HvmVcpu,
  ): number;
  /** Of the latest access: 0 done, 1 nobody's, 3 to be repeated. */
  readonly result: number;
  /** The latest `accessString` stopped at an element that memory refused. */
  readonly fault: boolean;
}

/** One port instruction: an exit's own words, or those of an interceptor that decoded it. */
export interface PortInstruction {
  readonly instructionLength: number;
  readonly port: number;
  readonly size: IoSize;
  readonly direction: IoDirection;
  readonly string: boolean;
  readonly rep: boolean;
  readonly addressSize: 16 | 32 | 64;
  /** Of an OUTS operand, in encoding order. */
  readonly segment: number;
  /**
   * Of a single IN or OUT: when nobody answers the port, leave the vCPU as it is (`unclaimed`) instead of completing the instruction with what
   * an empty bus gives.
   */
  readonly claimedOnly?: boolean;
}

/**
 * `done`: RIP has moved on. `again`: the rest is to be executed at the same RIP. `fault`: an exception was injected. `wait`: nothing happened
 * yet. `unclaimed`: nothing happened, for nobody answers (only with `claimedOnly`).
 */
export type PortOutcome = "done" | "again" | "fault" | "wait" | "unclaimed";

const UNHANDLED = 1;
const RETRY = 3;
const RAX = 0;
const RCX = 1;
const RSI = 6;
const RDI = 7;
const ES = 0;
const FS = 4;
const RFLAGS_DF = 1n << 10n;
const EFER_LMA = 1n << 10n;
const ATTRIBUTE_LONG = 1 << 13;
const ATTRIBUTE_BIG = 1 << 14;
const ATTRIBUTE_UNUSABLE = 1 << 16;

export interface PortResult {
  readonly outcome: PortOutcome;
  /** Elements transferred; 1 for IN and OUT. */
  readonly elements: number;
}

const DONE: PortResult = { outcome: "done", elements: 1 };
const WAIT: PortResult = { outcome: "wait", elements: 0 };
const UNCLAIMED: PortResult = { outcome: "unclaimed", elements: 0 };

export function executePortInstruction(vcpu: HvmVcpu, instruction: PortInstruction, io: DomainIo): PortResult {
  return instruction.string ? executeString(vcpu, instruction, io) : executeSingle(vcpu, instruction, io);
}

/** One that is not `string`. */
export function executeSingle(vcpu: HvmVcpu, instruction: PortInstruction, io: DomainIo): PortResult {
  const { direction, port, size } = instruction;
  const isIn = direction === "in";
  const datum = io.access(direction, port, size, isIn ? 0 : cut(vcpu.readRegister32(RAX), size), vcpu);
  const { result } = io;
  if (result === RETRY) return WAIT;
  if (result === UNHANDLED && instruction.claimedOnly) return UNCLAIMED;
  if (isIn) mergeAccumulator(vcpu, size, datum);
  vcpu.advanceRip(instruction.instructionLength);
  return DONE;
}

/** What an IN of `size` bytes does to RAX. */
export function mergeAccumulator(vcpu: HvmVcpu, size: IoSize, datum: number): void {
  const { registerViews } = vcpu;
  if (size !== 4 || registerViews === undefined) mergeSlowly(vcpu, size, datum);
  else {
    const { general } = registerViews;
    general[RAX * 2] = datum | 0;
    general[RAX * 2 + 1] = 0;
  }
}

/** Of any size, through any engine's registers. */
function mergeSlowly(vcpu: HvmVcpu, size: IoSize, datum: number): void {
  if (size === 4) vcpu.writeRegister(RAX, BigInt(datum >>> 0));
  else {
    const mask = size === 1 ? 0xff : 0xffff;
    vcpu.writeRegister32(RAX, ((vcpu.readRegister32(RAX) & ~mask) | (datum & mask)) >>> 0);
  }
}

const cut = (value: number, size: IoSize): number =>
  size === 4 ? value >>> 0 : size === 2 ? value & 0xffff : value & 0xff;

interface Fault {
  readonly vector: number;
  readonly errorCode: number;
  readonly address?: bigint;
}

function executeString(vcpu: HvmVcpu, instruction: PortInstruction, io: DomainIo): PortResult {
  const { direction, port, size, rep, addressSize, instructionLength } = instruction;
  const indexRegister = direction === "in" ? RDI : RSI;
  const count = rep ? Number(readSized(vcpu, RCX, addressSize)) : 1;
  if (count === 0) {
    vcpu.advanceRip(instructionLength);
    return { outcome: "done", elements: 0 };
  }
  const df = (vcpu.rflags & RFLAGS_DF) !== 0n;
  const memory = new OperandMemory(vcpu, instruction, readSized(vcpu, indexRegister, addressSize), df);
  // Beyond 2^53 the exact count matters to nobody: no call gets that far.
  const done = io.accessString(direction, port, size, Math.min(count, Number.MAX_SAFE_INTEGER), df, memory, vcpu);
  if (done > 0) {
    const step = BigInt(done * size);
    const start = readSized(vcpu, indexRegister, addressSize);
    writeSized(vcpu, indexRegister, addressSize, df ? start - step : start + step);
    if (rep) writeSized(vcpu, RCX, addressSize, readSized(vcpu, RCX, addressSize) - BigInt(done));
  }
  if (done >= count) {
    vcpu.advanceRip(instructionLength);
    return { outcome: "done", elements: done };
  }
  if (io.fault && memory.fault !== undefined) {
    const { vector, errorCode, address } = memory.fault;
    vcpu.injectException(vector, errorCode, address);
    return { outcome: "fault", elements: done };
  }
  return { outcome: done === 0 ? "wait" : "again", elements: done };
}

/** The memory operand of INS (ES:rDI) or OUTS (segment:rSI), element by element. */
class OperandMemory implements StringMemory {
  fault: Fault | undefined;
  readonly #vcpu: HvmVcpu;
  readonly #size: IoSize;
  readonly #write: boolean;
  readonly #start: bigint;
  readonly #step: bigint;
  readonly #offsetMask: bigint;
  readonly #name: SegmentName;
  readonly #base: bigint;
  readonly #limit: bigint;
  readonly #flat64: boolean;
  readonly #usable: boolean;
  readonly #expandDown: boolean;
  /** Highest offset of an expand-down segment. */
  readonly #top: bigint;

  constructor(vcpu: HvmVcpu, { direction, size, segment, addressSize }: PortInstruction, start: bigint, df: boolean) {
    const index = direction === "in" ? ES : segment;
    this.#vcpu = vcpu;
    this.#size = size;
    this.#write = direction === "in";
    this.#start = start;
    this.#step = BigInt(df ? -size : size);
    this.#offsetMask = maskOf(addressSize);
    this.#name = segmentNames[index] ?? "ds";
    const { base, limit, attributes } = vcpu.segment(this.#name);
    this.#flat64 = (vcpu.efer & EFER_LMA) !== 0n && (vcpu.segment("cs").attributes & ATTRIBUTE_LONG) !== 0;
    this.#base = this.#flat64 && index < FS ? 0n : base;
    this.#limit = BigInt(limit);
    this.#usable = isUsable(vcpu, attributes, this.#write);
    this.#expandDown = (vcpu.cr0 & 1n) !== 0n && (attributes & 0x1c) === 0x14;
    this.#top = (attributes & ATTRIBUTE_BIG) !== 0 ? 0xffff_ffffn : 0xffffn;
  }

  canWrite(index: number): boolean {
    const linear = this.#linear(index);
    if (linear === undefined) return false;
    // Writing back what is there proves the right to write; nothing is changed and no device is touched yet.
    const { bytes } = this.#vcpu.readLinear(linear, this.#size, { privileged: true });
    if (bytes.length < this.#size) return this.#probeMissing(linear);
    return this.#check(this.#vcpu.writeLinear(linear, bytes));
  }

  write(index: number, value: number): void {
    const linear = this.#linear(index);
    if (linear !== undefined) this.#vcpu.writeLinear(linear, encode(value, this.#size));
  }

  read(index: number): number | undefined {
    const linear = this.#linear(index);
    if (linear === undefined) return undefined;
    const read = this.#vcpu.readLinear(linear, this.#size);
    if (!this.#check(read)) return undefined;
    return read.faultAt === undefined ? decode(read.bytes) : 2 ** (this.#size * 8) - 1;
  }

  readBytes(length: number): Uint8Array | number {
    const start = this.#contiguous(length);
    if (start !== undefined) {
      const read = this.#vcpu.readLinear(start, length);
      if (!this.#check(read)) return read.bytes.length;
      if (read.bytes.length === length) return read.bytes;
    }
    const bytes = new Uint8Array(length);
    for (let index = 0; index < length; index++) {
      const value = this.read(index);
      if (value === undefined) return index;
      bytes[index] = value;
    }
    return bytes;
  }

  writeBytes(bytes: Uint8Array): number {
    const start = this.#contiguous(bytes.length);
    const toPageEnd = start === undefined ? 0 : 0x1000 - Number(start & 0xfffn);
    for (let index = 0; index < bytes.length; ) {
      if (!this.canWrite(index)) return index;
      // In one piece, one byte of each page speaks for all of it.
      if (start === undefined || index > 0) index += start === undefined ? 1 : 0x1000;
      else index = toPageEnd;
    }
    if (start !== undefined) this.#vcpu.writeLinear(start, bytes);
    else for (const [index, byte] of bytes.entries()) this.write(index, byte);
    return -1;
  }

  /** Linear address of element 0 if so many bytes lie upwards from it without a wrap or a fault of the segment. */
  #contiguous(length: number): bigint | undefined {
    if (length === 0 || this.#size !== 1 || this.#step < 0n) return undefined;
    const first = this.#linear(0);
    const last = this.#linear(length - 1);
    this.fault = undefined;
    return first !== undefined && last !== undefined && last - first === BigInt(length - 1) ? first : undefined;
  }

  #probeMissing(linear: bigint): boolean {
    return this.#check(this.#vcpu.writeLinear(linear, encode(0, this.#size)));
  }

  /** Only a page fault stops the string: what no memory backs (MMIO) reads as ones and swallows writes. */
  #check({ faultAt, errorCode }: Pick<LinearRead, "faultAt" | "errorCode">): boolean {
    if (faultAt === undefined || errorCode === undefined) return true;
    this.fault = { vector: Vector.PF, errorCode, address: faultAt };
    return false;
  }

  #linear(index: number): bigint | undefined {
    const offset = (this.#start + BigInt(index) * this.#step) & this.#offsetMask;
    const last = offset + BigInt(this.#size - 1);
    if (this.#flat64) {
      const linear = BigInt.asUintN(64, this.#base + offset);
      const end = BigInt.asUintN(64, linear + BigInt(this.#size - 1));
      return isCanonical(linear) && isCanonical(end) ? linear : this.#segmentFault();
    }
    const inside = this.#expandDown ? offset > this.#limit && last <= this.#top : last <= this.#limit;
    return this.#usable && inside ? (this.#base + offset) & 0xffff_ffffn : this.#segmentFault();
  }

  #segmentFault(): undefined {
    this.fault = { vector: this.#name === "ss" ? Vector.SS : Vector.GP, errorCode: 0 };
    return undefined;
  }
}

function isUsable(vcpu: HvmVcpu, attributes: number, write: boolean): boolean {
  if ((attributes & ATTRIBUTE_UNUSABLE) !== 0) return false;
  const CR0_PE = 1n;
  const RFLAGS_VM = 1n << 17n;
  if ((vcpu.cr0 & CR0_PE) === 0n || (vcpu.rflags & RFLAGS_VM) !== 0n) return true;
  const code = (attributes & 8) !== 0;
  const readableOrWritable = (attributes & 2) !== 0;
  return write ? !code && readableOrWritable : !code || readableOrWritable;
}

const isCanonical = (linear: bigint): boolean => BigInt.asUintN(64, BigInt.asIntN(48, linear)) === linear;

const maskOf = (addressSize: 16 | 32 | 64): bigint => (1n << BigInt(addressSize)) - 1n;

const readSized = (vcpu: HvmVcpu, index: number, addressSize: 16 | 32 | 64): bigint =>
  vcpu.readRegister(index) & maskOf(addressSize);

/** 32-bit registers are zero-extended, 16-bit ones leave the rest. */
function writeSized(vcpu: HvmVcpu, index: number, addressSize: 16 | 32 | 64, value: bigint): void {
  const mask = maskOf(addressSize);
  const kept = addressSize === 16 ? vcpu.readRegister(index) & ~mask : 0n;
  vcpu.writeRegister(index, kept | (value & mask));
}

function encode(value: number, size: IoSize): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = value >>> (i * 8);
  return bytes;
}

const decode = (bytes: Uint8Array): number => bytes.reduce((value, byte, i) => value + byte * 2 ** (i * 8), 0);
