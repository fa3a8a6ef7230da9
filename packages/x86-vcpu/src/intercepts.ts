/** Which accesses to control and debug registers and the time-stamp counter exit, as the VM-execution controls of SDM vol. 3 decide ("VMX Non-Root Operation"). */
import { DecodeError, decodeInstruction, Instruction, mnemonicNames, OpKind, Prefix, Register } from "x86-decode";
import { Vector } from "x86-lift";
import type { Cpu } from "./cpu.ts";
import { MAX_INSTRUCTION_BYTES } from "./mmu/fetch.ts";
import { modeKeyBitness } from "./mode-key.ts";
import { segmentBaseOffset } from "./segment.ts";
import { StateOffset } from "./state-layout.ts";

/**
 * Nothing exits at first. A bit set in a mask belongs to the hypervisor: the guest reads it from the shadow, and a
 * write that differs from the shadow there exits; one that does not leaves the bit as it is.
 */
export interface Intercepts {
  cr0Mask: bigint;
  cr0Shadow: bigint;
  cr4Mask: bigint;
  cr4Shadow: bigint;
  /** MOV to CR3 and from it. */
  cr3Load: boolean;
  cr3Store: boolean;
  /** MOV to CR8 and from it. */
  cr8Load: boolean;
  cr8Store: boolean;
  /** MOV DR, either way; before faults by privilege, by CR4.DE and by DR7.GD. */
  movDr: boolean;
  /** RDTSC and RDTSCP; behind #GP by CR4.TSD. */
  rdtsc: boolean;
}

export const createIntercepts = (): Intercepts => ({
  cr0Mask: 0n,
  cr0Shadow: 0n,
  cr4Mask: 0n,
  cr4Shadow: 0n,
  cr3Load: false,
  cr3Store: false,
  cr8Load: false,
  cr8Store: false,
  movDr: false,
  rdtsc: false,
});

const CR0_TS = 1n << 3n;
const MSW_BITS = 0xfn;

const masked = (value: bigint, kept: bigint, mask: bigint): bigint => (value & ~mask) | (kept & mask);

/** What MOV from CR and SMSW read; undefined: exit. */
export function interceptRead(cpu: Cpu, register: number, value: bigint): bigint | undefined {
  const { intercepts } = cpu;
  if (register === 0) return masked(value, intercepts.cr0Shadow, intercepts.cr0Mask);
  if (register === 4) return masked(value, intercepts.cr4Shadow, intercepts.cr4Mask);
  const exits = (register === 3 && intercepts.cr3Store) || (register === 8 && intercepts.cr8Store);
  return exits ? undefined : value;
}

/** What MOV to CR goes on to write; undefined: exit. */
export function interceptWrite(cpu: Cpu, register: number, value: bigint): bigint | undefined {
  const { intercepts } = cpu;
  if (register === 0 || register === 4) {
    const mask = register === 0 ? intercepts.cr0Mask : intercepts.cr4Mask;
    const shadow = register === 0 ? intercepts.cr0Shadow : intercepts.cr4Shadow;
    if (((value ^ shadow) & mask) !== 0n) return undefined;
    return masked(value, cpu.get64(register === 0 ? StateOffset.cr0 : StateOffset.cr4), mask);
  }
  const exits = (register === 3 && intercepts.cr3Load) || (register === 8 && intercepts.cr8Load);
  return exits ? undefined : value;
}

/** Bits of CR0 that LMSW goes on to write from its operand; undefined: exit. It cannot clear PE. */
export function interceptLmsw(cpu: Cpu, value: bigint): bigint | undefined {
  const { cr0Mask, cr0Shadow } = cpu.intercepts;
  const clearsOnly = (value & 1n) === 0n ? 1n : 0n;
  if (((value ^ cr0Shadow) & cr0Mask & MSW_BITS & ~clearsOnly) !== 0n) return undefined;
  return masked(value, cpu.get64(StateOffset.cr0), cr0Mask & MSW_BITS);
}

/** CLTS: "clear", "keep" (the bit is the hypervisor's and its shadow is clear already), or "exit". */
export function interceptClts(cpu: Cpu): "clear" | "keep" | "exit" {
  const { cr0Mask, cr0Shadow } = cpu.intercepts;
  if ((cr0Mask & CR0_TS) === 0n) return "clear";
  return (cr0Shadow & CR0_TS) === 0n ? "keep" : "exit";
}

const bytes = new Uint8Array(MAX_INSTRUCTION_BYTES);
const insn = new Instruction();

/** The instruction at RIP, read once more; what is pending stays. False: its bytes are no longer there. */
function decodeAtRip(cpu: Cpu): boolean {
  const { pendingVector, pendingErrorCode, pendingCr2, pendingTrapLength, pendingIsSoftware } = cpu;
  const at = (cpu.base + StateOffset.rip) >>> 2;
  let have = 0;
  do {
    have = cpu.fetchInstruction(bytes, have);
    if (have < 0) break;
    decodeInstruction(bytes, 0, have, modeKeyBitness(cpu.modeKey), cpu.i32[at]!, cpu.i32[at + 1]!, insn);
  } while (insn.error === DecodeError.Truncated);
  Object.assign(cpu, { pendingVector, pendingErrorCode, pendingCr2, pendingTrapLength, pendingIsSoftware });
  return have >= 0 && insn.error === DecodeError.None;
}

const isControl = (register: number): boolean => register >= Register.CR0 && register < Register.DR0;
const isDebug = (register: number): boolean => register >= Register.DR0 && register < Register.DR0 + 8;
const generalNumber = (register: number): number => register - (register >= Register.RAX ? Register.RAX : Register.EAX);

/** Fills a `cr-access`, `mov-dr`, `rdtsc` or `rdtscp` exit from the instruction at RIP. False: it is none of these. */
export function fillIntercepted(cpu: Cpu): boolean {
  if (!decodeAtRip(cpu)) return false;
  const { exit } = cpu;
  const name = mnemonicNames[insn.mnemonic];
  exit.instructionLength = insn.length;
  exit.memoryOperand = false;
  exit.sourceData = 0;
  exit.generalRegister = 0;
  exit.register = 0;
  if (name === "rdtsc" || name === "rdtscp") {
    exit.reason = name;
    return true;
  }
  if (name === "clts" || name === "lmsw") {
    exit.reason = "cr-access";
    exit.registerAccess = name;
    exit.memoryOperand = insn.opKind0 === OpKind.Memory;
    if (exit.memoryOperand) exit.guestLinear = linearOfOperand(cpu);
    return true;
  }
  if (name !== "mov") return false;
  const isLoad = isControl(insn.opReg0) || isDebug(insn.opReg0);
  const system = isLoad ? insn.opReg0 : insn.opReg1;
  if (!isControl(system) && !isDebug(system)) return false;
  exit.reason = isControl(system) ? "cr-access" : "mov-dr";
  exit.register = system - (isControl(system) ? Register.CR0 : Register.DR0);
  exit.registerAccess = isLoad ? "mov-to" : "mov-from";
  exit.generalRegister = generalNumber(isLoad ? insn.opReg1 : insn.opReg0);
  return true;
}

/** MOV DR exits before it faults by privilege (#GP(0)) or for DR4 and DR5 (#UD). True: the exit is filled. */
export function exitsInsteadOfFault(cpu: Cpu): boolean {
  const { pendingVector } = cpu;
  if (!cpu.intercepts.movDr || (pendingVector !== Vector.GP && pendingVector !== Vector.UD)) return false;
  if (!decodeAtRip(cpu) || (insn.prefixes & Prefix.Lock) !== 0) return false;
  if (!isDebug(insn.opReg0) && !isDebug(insn.opReg1)) return false;
  if (!fillIntercepted(cpu)) return false;
  cpu.pendingVector = -1;
  return true;
}

function linearOfOperand(cpu: Cpu): bigint {
  const read = (register: number): bigint => {
    if (register === Register.None || register === Register.RIP || register === Register.EIP) return 0n;
    const first = [Register.RAX, Register.EAX, Register.AX].find((one) => register >= one) ?? Register.AX;
    return cpu.readGpr(register - first);
  };
  const displacement = (BigInt(insn.memDispHigh) << 32n) | BigInt(insn.memDispLow >>> 0);
  const sum = read(insn.memBase) + read(insn.memIndex) * BigInt(insn.memScale) + displacement;
  const segment = insn.memSegment - Register.ES;
  const base = cpu.code64 && segment < 4 ? 0n : cpu.get64(segmentBaseOffset(segment));
  return BigInt.asUintN(cpu.code64 ? 64 : 32, BigInt.asUintN(insn.addressSize, sum) + base);
}
