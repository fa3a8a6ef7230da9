/**
 * memory_op: where memory is, and Xen's pages in it.
 *
 * Sources: Xen `xen/include/public/memory.h` (commands and structures; XENMAPSPACE_shared_info 0, grant_table 1), `xen/common/memory.c`,
 * `xen/arch/x86/mm.c` (XENMEM_memory_map: -ENOBUFS when the buffer is too short).
 */
import {
  type Caller,
  commandCall,
  failure,
  isSelf,
  MAX_GRANT_FRAMES,
  PAGE_SIZE,
  ramPage,
  readLong,
  type XenServices,
} from "./hypercall.ts";

const E820_ENTRY_BYTES = 20;
const E820_RAM = 1;
const SHARED_INFO = 0;
const GRANT_TABLE = 1;
const SPACE = 4;
const INDEX = 8;

const ramRanges = ({ memoryMap }: XenServices) => memoryMap.filter(({ type }) => type === E820_RAM);
const pages = (xen: XenServices): number =>
  ramRanges(xen).reduce((sum, { size }) => sum + Math.floor(size / PAGE_SIZE), 0);
const lastPage = (xen: XenServices): number =>
  Math.max(...ramRanges(xen).map(({ address, size }) => Math.floor((address + size) / PAGE_SIZE))) - 1;

const ofSelf =
  (answer: (xen: XenServices) => number) =>
  ({ args: [, address], read }: Caller, xen: XenServices): number => {
    const domid = read(address, 2)?.getUint16(0, true);
    if (domid === undefined) return failure("EFAULT");
    return isSelf(domid, xen) ? answer(xen) : failure("ESRCH");
  };

/** How many extents were done: none. The domain has its memory from the beginning, and keeps it. */
const noExtents = (): number => 0;
/** The toolstack's. */
const denied = (): number => failure("EPERM");

export const memoryOp = commandCall(12, "memory_op", {
  // increase_reservation
  0: noExtents,
  // decrease_reservation
  1: noExtents,
  2: (_, xen) => lastPage(xen),
  3: ofSelf(pages),
  4: ofSelf(pages),
  // populate_physmap
  6: noExtents,
  7({ args: [, address], wide, read }, xen) {
    const long = wide ? 8 : 4;
    const view = read(address, INDEX + 2 * long);
    if (view === undefined) return failure("EFAULT");
    if (!isSelf(view.getUint16(0, true), xen)) return failure("ESRCH");
    const page = ramPage(xen.memory, readLong(view, INDEX + long, wide));
    if (page === undefined) return failure("EINVAL");
    const index = readLong(view, INDEX, wide);
    const space = view.getUint32(SPACE, true);
    if (space === SHARED_INFO && index === 0n) {
      xen.sharedInfo.latch(wide);
      xen.sharedInfo.place(page);
      return 0;
    }
    // Nobody maps grants: there is no other domain. The frames are there, and empty.
    if (space === GRANT_TABLE && index < BigInt(MAX_GRANT_FRAMES)) {
      xen.memory.fill(page, PAGE_SIZE, 0);
      return 0;
    }
    return failure("EINVAL");
  },
  9({ args: [, address], wide, read, write, writeNumber }, { memoryMap }) {
    const buffer = wide ? 8 : 4;
    const view = read(address, 2 * buffer);
    if (view === undefined) return failure("EFAULT");
    if (view.getUint32(0, true) < memoryMap.length) return failure("ENOBUFS");
    const entries = new DataView(new ArrayBuffer(memoryMap.length * E820_ENTRY_BYTES));
    memoryMap.forEach((range, index) => {
      const at = index * E820_ENTRY_BYTES;
      entries.setBigUint64(at, BigInt(range.address), true);
      entries.setBigUint64(at + 8, BigInt(range.size), true);
      entries.setUint32(at + 16, range.type, true);
    });
    const isCopied =
      write(readLong(view, buffer, wide), new Uint8Array(entries.buffer)) &&
      writeNumber(address, 4, BigInt(memoryMap.length));
    return isCopied ? 0 : failure("EFAULT");
  },
  // machine_memory_map, set_memory_map, claim_pages
  10: denied,
  13: denied,
  24: denied,
  14: ofSelf(lastPage),
  // get_vnumainfo: there is no virtual NUMA.
  26: () => failure("EOPNOTSUPP"),
});
