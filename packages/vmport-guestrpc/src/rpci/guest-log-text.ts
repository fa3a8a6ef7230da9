/**
 * `guest.log.text [APP] [LEVEL] [DOMAIN] MESSAGE`: as `log`, from vmtoolsd's logging.
 *
 * Source: open-vm-tools `lib/include/vmware/guestrpc/tclodefs.h`.
 */
import { ok, type RpciCommand } from "../rpci.ts";

export const guestLogText: RpciCommand = {
  verb: "guest.log.text",
  handle(call, { host }) {
    host.log?.(call.argument);
    return ok();
  },
};
