/**
 * grant_table_op: a table that nobody looks at, because there is no other domain.
 *
 * Sources: Xen `xen/include/public/grant_table.h` (GNTTABOP_query_size 6, set_version 8, get_version 10; GNTST_*), `xen/common/grant_table.c`,
 * `xen/arch/x86/hvm/hvm.c` hvm_grant_table_op. Mapping, copying and transferring need a second domain: -ENOSYS.
 */
import { type Caller, commandCall, failure, isSelf, MAX_GRANT_FRAMES, type XenServices } from "./hypercall.ts";

const GNTST_OKAY = 0;
const GNTST_BAD_DOMAIN = -2;
const VERSION = 1;
const QUERY_SIZE_BYTES = 16;

export const grantTableOp = commandCall(20, "grant_table_op", {
  /** struct gnttab_query_size. All frames are there from the beginning. */
  6({ args: [, address, count], read, write }: Caller, xen: XenServices) {
    if ((count & 0xffff_ffffn) !== 1n) return failure("EINVAL");
    const view = read(address, QUERY_SIZE_BYTES);
    if (view === undefined) return failure("EFAULT");
    const mine = isSelf(view.getUint16(0, true), xen);
    if (mine) {
      view.setUint32(4, MAX_GRANT_FRAMES, true);
      view.setUint32(8, MAX_GRANT_FRAMES, true);
    }
    view.setInt16(12, mine ? GNTST_OKAY : GNTST_BAD_DOMAIN, true);
    return write(address, new Uint8Array(view.buffer, view.byteOffset, QUERY_SIZE_BYTES)) ? 0 : failure("EFAULT");
  },
  8({ args: [, address, count], read, writeNumber }) {
    if ((count & 0xffff_ffffn) !== 1n) return failure("EINVAL");
    const version = read(address, 4)?.getUint32(0, true);
    if (version === undefined) return failure("EFAULT");
    if (version !== VERSION) return failure("EINVAL");
    return writeNumber(address, 4, BigInt(VERSION)) ? 0 : failure("EFAULT");
  },
  10({ args: [, address, count], read, writeNumber }, xen) {
    if ((count & 0xffff_ffffn) !== 1n) return failure("EINVAL");
    const domid = read(address, 8)?.getUint16(0, true);
    if (domid === undefined) return failure("EFAULT");
    if (!isSelf(domid, xen)) return failure("ESRCH");
    return writeNumber(address + 4n, 4, BigInt(VERSION)) ? 0 : failure("EFAULT");
  },
});
