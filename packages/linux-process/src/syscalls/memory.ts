/** Memory: mmap(2) and its family. Source: Linux mm/{mmap,mprotect,mremap}.c; man-pages 6. */
import { MMAP_MIN_ADDRESS, PAGE, Prot } from "../address-space.ts";
import { Errno } from "../errno.ts";
import type { LinuxProcess } from "../process.ts";
import { int, type SyscallTable } from "../syscall.ts";

const MAP_SHARED = 1;
const MAP_TYPE = 3;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_32BIT = 0x40;
const MAP_FIXED_NOREPLACE = 0x10_0000;
const MREMAP_MAYMOVE = 1;
const MREMAP_FIXED = 2;
const MADV_DONTNEED = 4;

const pageUp = (value: number): number => Math.ceil(value / PAGE) * PAGE;

/** mmap: places what has no fixed address below `top`. */
export function map(
  process: LinuxProcess,
  top: number,
  address: number,
  rawLength: number,
  rawProt: number,
  flags: number,
  fd: number,
  offset: number,
): number {
  if (rawLength === 0 || !(flags & MAP_TYPE)) return -Errno.EINVAL;
  if (rawLength < 0) return -Errno.ENOMEM;
  const length = pageUp(rawLength);
  const prot = rawProt & 7;
  if (offset % PAGE !== 0 || offset < 0) return -Errno.EINVAL;
  const { space } = process;
  let start: number | undefined;
  if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
    if (address % PAGE !== 0) return -Errno.EINVAL;
    if (!space.contains(address, length)) return -Errno.ENOMEM;
    if (address < MMAP_MIN_ADDRESS) return -Errno.EPERM;
    if (flags & MAP_FIXED_NOREPLACE && !space.isFree(address, length)) return -Errno.EEXIST;
    start = address;
  } else {
    const hint = address - (address % PAGE);
    const usable = hint >= MMAP_MIN_ADDRESS && space.contains(hint, length) && space.isFree(hint, length);
    start = usable ? hint : space.findFree(length, flags & MAP_32BIT ? 2 ** 31 : top);
    if (start === undefined) return -Errno.ENOMEM;
  }
  const common = { start, length, prot, shared: (flags & MAP_SHARED) !== 0 };
  if (flags & MAP_ANONYMOUS) {
    if (prot & Prot.Write && length > process.mappableBytes) return -Errno.ENOMEM;
    return space.map({ ...common, source: undefined, offset: 0, name: "" }) ? start : -Errno.ENOMEM;
  }
  const open = process.descriptors.get(int(fd));
  if (!open) return -Errno.EBADF;
  const { file } = open;
  if (!file) return -Errno.ENODEV;
  if (flags & MAP_SHARED && prot & Prot.Write) return -Errno.EACCES;
  const source = { name: open.path, read: (at: number, count: number) => file.read(at, count) };
  return space.map({ ...common, source, offset, name: open.path }) ? start : -Errno.ENOMEM;
}

export const memorySyscalls = {
  mmap: {
    number: 9,
    args: ["pointer", "size", "hex", "hex", "fd", "hex"],
    run: (process, ...args) => map(process, process.abi.mmapTop, ...args),
  },
  mprotect: {
    number: 10,
    args: ["pointer", "size", "hex"],
    run(process, address, length, prot) {
      if (address % PAGE !== 0 || length < 0) return -Errno.EINVAL;
      if (length === 0) return 0;
      if (!process.space.contains(address, pageUp(length))) return -Errno.ENOMEM;
      return process.space.protect(address, pageUp(length), prot & 7) ? 0 : -Errno.ENOMEM;
    },
  },
  munmap: {
    number: 11,
    args: ["pointer", "size"],
    run(process, address, length) {
      if (address % PAGE !== 0 || length <= 0 || !process.space.contains(address, pageUp(length))) return -Errno.EINVAL;
      return process.space.unmap(address, pageUp(length)) ? 0 : -Errno.ENOMEM;
    },
  },
  brk: {
    number: 12,
    args: ["pointer"],
    run(process, address) {
      return process.setBreak(address);
    },
  },
  mremap: {
    number: 25,
    args: ["pointer", "size", "size", "hex", "pointer"],
    run(process, address, rawOld, rawNew, flags, target) {
      const { space } = process;
      if (address % PAGE !== 0 || rawNew <= 0 || rawOld < 0) return -Errno.EINVAL;
      const oldLength = pageUp(rawOld);
      const newLength = pageUp(rawNew);
      const area = space.areaAt(address);
      if (!area || oldLength === 0 || area.end < address + oldLength) return -Errno.EFAULT;
      if (flags & MREMAP_FIXED) {
        if (!(flags & MREMAP_MAYMOVE) || target % PAGE !== 0 || !process.space.contains(target, newLength))
          return -Errno.EINVAL;
        if (target < address + oldLength && address < target + newLength) return -Errno.EINVAL;
        if (target < MMAP_MIN_ADDRESS) return -Errno.EPERM;
        if (newLength - oldLength > process.mappableBytes || !space.unmap(target, newLength)) return -Errno.ENOMEM;
        return space.move(address, oldLength, target, newLength) ? target : -Errno.ENOMEM;
      }
      if (newLength <= oldLength) {
        return space.unmap(address + newLength, oldLength - newLength) ? address : -Errno.ENOMEM;
      }
      const grow = newLength - oldLength;
      if (grow > process.mappableBytes) return -Errno.ENOMEM;
      const end = address + oldLength;
      if (area.end === end && process.space.contains(end, grow) && space.isFree(end, grow)) {
        const { prot, shared, source, name } = area;
        return space.map({
          start: end,
          length: grow,
          prot,
          shared,
          source,
          offset: area.offset + (end - area.start),
          name,
        })
          ? address
          : -Errno.ENOMEM;
      }
      if (!(flags & MREMAP_MAYMOVE)) return -Errno.ENOMEM;
      const place = space.findFree(newLength, process.abi.mmapTop);
      if (place === undefined) return -Errno.ENOMEM;
      return space.move(address, oldLength, place, newLength) ? place : -Errno.ENOMEM;
    },
  },
  madvise: {
    number: 28,
    args: ["pointer", "size", "int"],
    run(process, address, length, advice) {
      if (address % PAGE !== 0 || length < 0) return -Errno.EINVAL;
      if (advice === MADV_DONTNEED && process.space.contains(address, pageUp(length)))
        process.space.discard(address, pageUp(length));
      return 0;
    },
  },
  mincore: { number: 27, args: ["pointer", "size", "pointer"], run: () => -Errno.ENOMEM },
  msync: { number: 26, args: ["pointer", "size", "int"], run: () => 0 },
  mlock: { number: 149, args: ["pointer", "size"], run: () => 0 },
  munlock: { number: 150, args: ["pointer", "size"], run: () => 0 },
} as const satisfies SyscallTable;
