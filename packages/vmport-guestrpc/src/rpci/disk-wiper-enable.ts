/**
 * `disk.wiper.enable`: whether the guest may shrink its disks. 0, it may not: vmware-toolbox-cmd then says that shrinking is disabled for
 * this machine, and not that the host is too old.
 *
 * Source: open-vm-tools `toolbox/toolboxcmd-shrink.c`.
 */
import { ok, type RpciCommand } from "../rpci.ts";

export const diskWiperEnable: RpciCommand = {
  verb: "disk.wiper.enable",
  handle() {
    return ok("0");
  },
};
