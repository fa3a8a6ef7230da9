/**
 * `tools.set.version N`: version of the guest's tools; 2147483647 says that the guest's own packages manage them.
 *
 * Sources: open-vm-tools `services/vmtoolsd/toolsRpc.c`; govmomi `toolbox/service.go`.
 */
import { fail, ok, type RpciCommand } from "../rpci.ts";
import { parseDecimal } from "../tools-state.ts";

export const toolsSetVersion: RpciCommand = {
  verb: "tools.set.version",
  handle(call, { tools }) {
    const version = parseDecimal(call.words[0]);
    if (version === undefined) return fail("Invalid arguments");
    tools.version = version;
    return ok();
  },
};
