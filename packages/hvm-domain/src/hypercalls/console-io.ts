/**
 * console_io: text for the hypervisor's console.
 *
 * Sources: Xen `xen/include/public/xen.h` (CONSOLEIO_write 0, CONSOLEIO_read 1), `xen/drivers/char/console.c` do_console_io.
 */
import { commandCall, failure, MAX_COPY } from "./hypercall.ts";

export const consoleIo = commandCall(18, "console_io", {
  0({ args: [, count, address], read }, { consoleOutput }) {
    const length = Number(count & 0xffff_ffffn);
    if (length > MAX_COPY) return failure("E2BIG");
    const view = read(address, length);
    if (view === undefined) return failure("EFAULT");
    if (length > 0) consoleOutput(new Uint8Array(view.buffer, view.byteOffset, length));
    return 0;
  },
  /** Nobody types there. */
  1: () => 0,
});
