/** i386 calls on memory: mmap2 counts its offset in pages, mmap takes its arguments from memory. Source: syscall_32.tbl. */
import { abis } from "../../abi.ts";
import { PAGE } from "../../address-space.ts";
import { Errno } from "../../errno.ts";
import type { LinuxProcess } from "../../process.ts";
import { int, type SyscallTable } from "../../syscall.ts";
import { memorySyscalls as amd64, map } from "../memory.ts";

/** In a 64-bit program, too: the result must fit into EAX. */
const top = (process: LinuxProcess): number => Math.min(process.abi.mmapTop, abis.i386.mmapTop);

export const i386MemorySyscalls = {
  brk: { ...amd64.brk, number: 45 },
  mmap: {
    number: 90,
    args: ["pointer"],
    run(p, address) {
      const bytes = p.space.read(address, 24);
      if (!bytes) return -Errno.EFAULT;
      const view = new DataView(bytes.buffer);
      const at = (index: number): number => view.getUint32(index * 4, true);
      return map(p, top(p), at(0), at(1), at(2), at(3), int(at(4)), at(5));
    },
  },
  munmap: { ...amd64.munmap, number: 91 },
  mprotect: { ...amd64.mprotect, number: 125 },
  msync: { ...amd64.msync, number: 144 },
  mlock: { ...amd64.mlock, number: 150 },
  munlock: { ...amd64.munlock, number: 151 },
  mremap: { ...amd64.mremap, number: 163 },
  mmap2: {
    number: 192,
    args: ["pointer", "size", "hex", "hex", "fd", "hex"],
    run: (p, address, length, prot, flags, fd, page) => map(p, top(p), address, length, prot, flags, fd, page * PAGE),
  },
  mincore: { ...amd64.mincore, number: 218 },
  madvise: { ...amd64.madvise, number: 219 },
} as const satisfies SyscallTable;
