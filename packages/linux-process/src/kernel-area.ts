/**
 * The little of a kernel that the processor itself insists on: GDT, IDT, TSS and one stub per way into ring 0. A stub
 * only says which way it was and executes VMCALL; the host then plays the kernel and resumes ring 3 by setting the
 * processor's state, as a hypervisor may.
 *
 * The TSS has no I/O bitmap, so at IOPL 0 every port is closed to ring 3: IN and OUT raise #GP(0), as under Linux.
 *
 * Sources: SDM vol. 3 §3.4.5 (descriptors), §6.14 (64-bit IDT), §7.7 (64-bit TSS); Linux arch/x86/include/asm/segment.h
 * for selector numbers.
 */
import type { GuestMemory } from "guest-memory";
import type { AddressSpace } from "./address-space.ts";
import { Msr, type ProcessVcpu } from "./vcpu.ts";

/**
 * Selectors as Linux lays them out, so that programs which print them see what they expect. User32Code has no
 * descriptor: from compatibility mode SYSCALL would go to CSTAR, and this process has 64-bit system calls only.
 */
export const Selector = {
  KernelCode: 0x10,
  KernelData: 0x18,
  User32Code: 0x23,
  UserData: 0x2b,
  UserCode: 0x33,
  Tss: 0x40,
} as const;

const KERNEL_BASE = 0xffff_ffff_8000_0000n;
const Page = { gdt: 0, idt: 1, tss: 2, stubs: 3, stack: 4 } as const;
const PAGES = 5;
const STUB_BYTES = 16;
const VECTORS = 32;
/** Vectors whose exceptions push an error code (SDM vol. 3, table 6-1). */
const WITH_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17, 21, 29, 30]);

const at = (page: number): bigint => KERNEL_BASE + BigInt(page * 4096);
/** Address of the VMCALL that SYSCALL reaches. */
const SYSCALL_STUB = at(Page.stubs) + BigInt(VECTORS * STUB_BYTES);

/** How ring 3 was left. */
export type KernelEntry =
  | { readonly kind: "syscall" }
  | { readonly kind: "exception"; readonly vector: number; readonly errorCode: bigint };

/** What the processor pushed on the way in. */
export interface ExceptionFrame {
  readonly rip: bigint;
  readonly rflags: bigint;
  readonly rsp: bigint;
  readonly vector: number;
  readonly errorCode: bigint;
}

/** Writes tables and stubs, maps them above user space, and brings the processor to long mode. False: no frames left. */
export function installKernelArea(memory: GuestMemory, space: AddressSpace, vcpu: ProcessVcpu): KernelArea | undefined {
  const frames: number[] = [];
  for (let i = 0; i < PAGES; i++) {
    const frame = space.allocateFrame();
    if (frame === undefined || !space.mapKernelPage(at(i), frame)) return undefined;
    frames.push(frame);
  }
  const stackTop = at(Page.stack) + 4096n;

  const gdt = frames[Page.gdt]!;
  const tssBase = at(Page.tss);
  const descriptors: readonly (readonly [number, bigint])[] = [
    [Selector.KernelCode, 0x00af_9b00_0000_ffffn],
    [Selector.KernelData, 0x00cf_9300_0000_ffffn],
    [Selector.UserData & ~3, 0x00cf_f300_0000_ffffn],
    [Selector.UserCode & ~3, 0x00af_fb00_0000_ffffn],
    // A busy 64-bit TSS of 0x68 bytes: limit 0x67, base spread over the descriptor.
    [Selector.Tss, 0x67n | ((tssBase & 0xff_ffffn) << 16n) | (0x8bn << 40n) | (((tssBase >> 24n) & 0xffn) << 56n)],
    [Selector.Tss + 8, (tssBase >> 32n) & 0xffff_ffffn],
  ];
  for (const [selector, value] of descriptors) memory.writeU64(gdt + selector, value);

  const tss = frames[Page.tss]!;
  memory.writeU64(tss + 4, stackTop);
  memory.writeU16(tss + 0x66, 0x68);

  const idt = frames[Page.idt]!;
  const stubs = frames[Page.stubs]!;
  for (let vector = 0; vector < VECTORS; vector++) {
    const stub = at(Page.stubs) + BigInt(vector * STUB_BYTES);
    // Interrupt gate, present, DPL 3 for #BP and #OF so that INT3 and INTO reach them.
    const dpl = vector === 3 || vector === 4 ? 3n : 0n;
    memory.writeU64(
      idt + vector * 16,
      (stub & 0xffffn) |
        (BigInt(Selector.KernelCode) << 16n) |
        ((0x8en | (dpl << 5n)) << 40n) |
        (((stub >> 16n) & 0xffffn) << 48n),
    );
    memory.writeU64(idt + vector * 16 + 8, stub >> 32n);
    // push 0 (only where the processor pushed no error code); push vector; vmcall; hlt
    const code = [...(WITH_ERROR_CODE.has(vector) ? [] : [0x6a, 0x00]), 0x6a, vector, 0x0f, 0x01, 0xc1, 0xf4];
    memory.write(stubs + vector * STUB_BYTES, new Uint8Array(code));
  }
  memory.write(stubs + VECTORS * STUB_BYTES, new Uint8Array([0x0f, 0x01, 0xc1, 0xf4]));

  // Long mode with everything a 64-bit Linux turns on that this processor has.
  vcpu.writeControl("efer", 0x1n | 0x100n | 0x800n); // SCE LME NXE
  vcpu.writeControl("cr4", 0x20n | 0x200n | 0x400n); // PAE OSFXSR OSXMMEXCPT
  vcpu.writeControl("cr3", BigInt(space.root));
  vcpu.writeControl("cr0", 0x8005_0033n); // PG AM WP NE ET MP PE; LMA follows
  vcpu.setTable("gdtr", { base: at(Page.gdt), limit: Selector.Tss + 15 });
  vcpu.setTable("idtr", { base: at(Page.idt), limit: VECTORS * 16 - 1 });
  vcpu.setSegment("tr", { selector: Selector.Tss, base: tssBase, limit: 0x67, attributes: 0x008b });
  vcpu.setSegment("ldtr", { selector: 0, base: 0n, limit: 0, attributes: 0x1_0000 });
  vcpu.writeMsr(Msr.STAR, (BigInt(Selector.User32Code) << 48n) | (BigInt(Selector.KernelCode) << 32n));
  vcpu.writeMsr(Msr.LSTAR, SYSCALL_STUB);
  vcpu.writeMsr(Msr.SFMASK, 0x4_7700n); // TF IF DF IOPL NT AC, as Linux
  vcpu.flushTlb();
  return new KernelArea(memory, frames[Page.stack]!, stackTop);
}

export class KernelArea {
  private readonly memory: GuestMemory;
  private readonly stackFrame: number;
  private readonly stackTop: bigint;

  constructor(memory: GuestMemory, stackFrame: number, stackTop: bigint) {
    this.memory = memory;
    this.stackFrame = stackFrame;
    this.stackTop = stackTop;
  }

  /** Does this VMCALL belong to a stub? */
  owns(rip: bigint): boolean {
    return rip >= at(Page.stubs) && rip < at(Page.stubs) + 4096n;
  }

  isSyscall(rip: bigint): boolean {
    return rip === SYSCALL_STUB;
  }

  /** The frame of an exception stub: vector, error code, RIP, CS, RFLAGS, RSP, SS, from RSP upwards. */
  exceptionFrame(rsp: bigint): ExceptionFrame {
    const base = this.stackFrame + 4096 - Number(this.stackTop - rsp);
    const word = (index: number): bigint => this.memory.readU64(base + index * 8) ?? 0n;
    return { vector: Number(word(0)), errorCode: word(1), rip: word(2), rflags: word(4), rsp: word(5) };
  }
}
