/**
 * Segment descriptors of a program's own: thread-local storage in the GDT, anything else in the LDT.
 * Source: Linux arch/x86/kernel/{tls,ldt}.c; set_thread_area(2), modify_ldt(2).
 */
import { Errno } from "../errno.ts";
import { LDT_ENTRIES, TLS_ENTRIES } from "../kernel-area.ts";
import type { LinuxProcess } from "../process.ts";
import {
  encodeDescriptor,
  encodeUserDescriptor,
  isEmptyDescriptor,
  readUserDescriptor,
  USER_DESC_BYTES,
  type UserDescriptor,
} from "../segment-descriptors.ts";
import { int, type SyscallTable } from "../syscall.ts";

const LDT_BYTES = LDT_ENTRIES * 8;
const isTlsEntry = (index: number): boolean =>
  index >= TLS_ENTRIES.first && index < TLS_ENTRIES.first + TLS_ENTRIES.count;

/** Checks struct user_desc for thread-local storage; the descriptor, or a negated errno. */
function tlsDescriptor(wanted: UserDescriptor): bigint | number {
  if (isEmptyDescriptor(wanted)) return 0n;
  if (!wanted.big || wanted.contents > 1 || wanted.notPresent) return -Errno.EINVAL;
  return encodeDescriptor(wanted);
}

/** set_thread_area and CLONE_SETTLS: which entry gets what; −1 asks for a free one. Or a negated errno. */
export function tlsEntry(
  process: LinuxProcess,
  address: number,
): { readonly index: number; readonly descriptor: bigint; readonly chosen: boolean } | number {
  const bytes = process.space.read(address, USER_DESC_BYTES);
  if (!bytes) return -Errno.EFAULT;
  const wanted = readUserDescriptor(bytes);
  const descriptor = tlsDescriptor(wanted);
  if (typeof descriptor === "number") return descriptor;
  if (wanted.entry !== 0xffff_ffff)
    return isTlsEntry(wanted.entry) ? { index: wanted.entry, descriptor, chosen: false } : -Errno.EINVAL;
  for (let index = TLS_ENTRIES.first; isTlsEntry(index); index++)
    if (process.kernel.readGdtEntry(index) === 0n) return { index, descriptor, chosen: true };
  return -Errno.ESRCH;
}

function setThreadArea(process: LinuxProcess, address: number): number {
  const entry = tlsEntry(process, address);
  if (typeof entry === "number") return entry;
  const { index, descriptor, chosen } = entry;
  if (chosen && !process.space.write(address, new Uint8Array([index, 0, 0, 0]))) return -Errno.EFAULT;
  process.kernel.writeGdtEntry(index, descriptor);
  return 0;
}

function getThreadArea(process: LinuxProcess, address: number): number {
  const index = process.space.readU32(address);
  if (index === undefined) return -Errno.EFAULT;
  if (!isTlsEntry(index)) return -Errno.EINVAL;
  return process.space.write(address, encodeUserDescriptor(index, process.kernel.readGdtEntry(index)))
    ? 0
    : -Errno.EFAULT;
}

/** modify_ldt's functions 1 and, for everybody since Linux 2.0, 0x11. */
function writeLdt(process: LinuxProcess, address: number, size: number, old: boolean): number {
  if (size !== USER_DESC_BYTES) return -Errno.EINVAL;
  const bytes = process.space.read(address, USER_DESC_BYTES);
  if (!bytes) return -Errno.EFAULT;
  const wanted = readUserDescriptor(bytes);
  if (wanted.entry >= LDT_ENTRIES) return -Errno.EINVAL;
  if (wanted.contents === 3 && (old || !wanted.notPresent)) return -Errno.EINVAL;
  const clear = (old && wanted.base === 0 && wanted.limit === 0) || isEmptyDescriptor(wanted);
  const descriptor = clear ? 0n : encodeDescriptor(old ? { ...wanted, available: false } : wanted);
  return process.kernel.writeLdtEntry(wanted.entry, descriptor) ? 0 : -Errno.ENOMEM;
}

export const segmentSyscalls = {
  modify_ldt: {
    number: 154,
    args: ["int", "pointer", "size"],
    run(p, operation, address, size) {
      switch (int(operation)) {
        case 0: {
          const length = Math.min(Math.max(size, 0), LDT_BYTES);
          const used = p.kernel.readLdt().subarray(0, length);
          // What is not in use reads as zero.
          const bytes = new Uint8Array(used.length === 0 ? 0 : length);
          bytes.set(used);
          return p.space.write(address, bytes) ? bytes.length : -Errno.EFAULT;
        }
        case 1:
          return writeLdt(p, address, size, true);
        case 2: {
          const length = Math.min(Math.max(size, 0), 128);
          return p.space.write(address, new Uint8Array(length)) ? length : -Errno.EFAULT;
        }
        case 0x11:
          return writeLdt(p, address, size, false);
        default:
          return -Errno.ENOSYS;
      }
    },
  },
  set_thread_area: { number: 205, args: ["pointer"], run: setThreadArea },
  get_thread_area: { number: 211, args: ["pointer"], run: getThreadArea },
} as const satisfies SyscallTable;
