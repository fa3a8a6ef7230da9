/**
 * `tools.capability.NAME ARGUMENT`: what the guest's tools can do. All are noted; `tools.capability.features` may list many at once.
 *
 * Sources: open-vm-tools `services/vmtoolsd/toolsRpc.c`, `lib/include/vmware/guestrpc/capabilities.h`.
 */
import { ok, type RpciCommand } from "../rpci.ts";
import { remember } from "../tools-state.ts";

export const toolsCapability: RpciCommand = {
  verb: "tools.capability.*",
  handle(call, { tools }) {
    remember(tools.capabilities, call.verb.slice("tools.capability.".length), call.argument.trim());
    return ok();
  },
};
