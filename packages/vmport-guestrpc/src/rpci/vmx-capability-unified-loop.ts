/**
 * `vmx.capability.unified_loop APP`: vmtoolsd serves all of APP's commands in one TCLO loop.
 *
 * Source: open-vm-tools `services/vmtoolsd/toolsRpc.c`.
 */
import { ok, type RpciCommand } from "../rpci.ts";
import { remember } from "../tools-state.ts";

export const vmxCapabilityUnifiedLoop: RpciCommand = {
  verb: "vmx.capability.unified_loop",
  handle(call, { tools }) {
    remember(tools.capabilities, call.verb, call.argument.trim());
    return ok();
  },
};
