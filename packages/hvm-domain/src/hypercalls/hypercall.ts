/**
 * What one hypercall is, and what it may use.
 *
 * Sources: Xen `xen/include/public/xen.h` (numbers, DOMID_SELF), `xen/include/public/arch-x86/xen-x86_64.h` and `xen-x86_32.h` (registers).
 */
import type { Domain } from "../domain.ts";
import { XenErrno, type XenErrnoName } from "../errors.ts";
import type { HvmVcpu } from "../vcpu.ts";
import type { EventChannels } from "./event-channels.ts";
import type { Polls } from "./polls.ts";
import type { SharedInfo } from "./shared-info.ts";
import type { VcpuTimers } from "./vcpu-timers.ts";
import type { Watchdogs } from "./watchdogs.ts";

/** Guest-physical memory as the hypervisor sees it; a `guest-memory` fits. Nothing here throws on account of an address. */
export interface XenMemory {
  /** RAM. */
  isWritable(gpa: number): boolean;
  read(gpa: number, length: number): Uint8Array | undefined;
  write(gpa: number, bytes: Uint8Array): boolean;
  fill(gpa: number, length: number, value: number): boolean;
  readU8(gpa: number): number | undefined;
  readU32(gpa: number): number | undefined;
  writeU8(gpa: number, value: number): boolean;
  writeU32(gpa: number, value: number): boolean;
}

/** A row of the memory map, with the type numbers of E820. */
export interface XenMemoryRange {
  readonly address: number;
  readonly size: number;
  readonly type: number;
}

/** What the hypercalls of one domain share. */
export interface XenServices {
  readonly domain: Domain;
  readonly memory: XenMemory;
  readonly memoryMap: readonly XenMemoryRange[];
  readonly version: { readonly major: number; readonly minor: number };
  readonly sharedInfo: SharedInfo;
  readonly events: EventChannels;
  readonly timers: VcpuTimers;
  readonly polls: Polls;
  readonly watchdogs: Watchdogs;
  /** Virtual time as this vCPU sees it at the instruction it executes. */
  nowNs(vcpuId: number): bigint;
  consoleOutput(bytes: Uint8Array): void;
}

/** The vCPU that calls, and its arguments. */
export interface Caller {
  readonly vcpu: HvmVcpu;
  /** From 64-bit mode: pointers and longs have eight bytes. */
  readonly wide: boolean;
  /** Arguments one to six, unsigned. */
  readonly args: readonly [bigint, bigint, bigint, bigint, bigint, bigint];
  /** A copy from the guest, undefined when a byte of it cannot be read. `length` at most {@link MAX_COPY}. */
  read(address: bigint, length: number): DataView | undefined;
  /** False when a byte of it cannot be written; those before it are. */
  write(address: bigint, bytes: Uint8Array): boolean;
  /** A value of four or eight bytes into the guest. */
  writeNumber(address: bigint, bytes: 4 | 8, value: bigint): boolean;
  /** What becomes of the vCPU after the call; `handled` unless set. */
  next: "handled" | "yield" | "wait";
}

export interface Hypercall {
  readonly number: number;
  readonly name: string;
  /** The result register: not negative, or an errno negated. */
  call(caller: Caller, xen: XenServices): number | bigint;
}

/** A hypercall's commands by number; one that is missing is -ENOSYS. */
export type Commands = Readonly<Record<number, Hypercall["call"]>>;

/** Longest single copy between the hypervisor and a guest. */
export const MAX_COPY = 0x1_0000;
export const PAGE_SIZE = 4096;
/** Xen's default limit of grant frames. */
export const MAX_GRANT_FRAMES = 32;
const DOMID_SELF = 0x7ff0;

export const failure = (name: XenErrnoName): number => -XenErrno[name];

/** A hypercall whose first argument chooses the command. */
export function commandCall(number: number, name: string, commands: Commands): Hypercall {
  return {
    number,
    name,
    call(caller, xen) {
      const command = Number(caller.args[0] & 0xffff_ffffn);
      return Object.hasOwn(commands, command) ? commands[command]!(caller, xen) : failure("ENOSYS");
    },
  };
}

/** Does the guest mean itself? There is no other domain. */
export const isSelf = (domid: number, { domain }: XenServices): boolean =>
  domid === DOMID_SELF || domid === domain.domid;

/** A `long` of the caller's. */
export const readLong = (view: DataView, offset: number, wide: boolean): bigint =>
  wide ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true));

/** The address of a page of RAM by its number, undefined where there is none. */
export function ramPage(memory: XenMemory, gfn: bigint): number | undefined {
  if (gfn >= 1n << 40n) return undefined;
  const address = Number(gfn) * PAGE_SIZE;
  return memory.isWritable(address) ? address : undefined;
}
