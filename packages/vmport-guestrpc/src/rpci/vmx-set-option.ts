/**
 * `vmx.set_option synctime OLD NEW`: vmware-toolbox-cmd switches time synchronisation; the host echoes it to the tools as Set_Option.
 *
 * Source: open-vm-tools `toolbox/toolboxcmd-timesync.c`.
 */
import { fail, ok, type RpciCommand } from "../rpci.ts";

export const vmxSetOption: RpciCommand = {
  verb: "vmx.set_option",
  handle(call, { host, sendTclo }) {
    const [option, , value] = call.words;
    if (option !== "synctime" || (value !== "0" && value !== "1")) {
      return fail("Unknown or invalid option");
    }
    host.timeSync.enabled = value === "1";
    sendTclo(`Set_Option synctime ${value}`);
    return ok();
  },
};
