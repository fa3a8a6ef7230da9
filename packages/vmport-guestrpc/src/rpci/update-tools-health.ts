/**
 * `update.tools.health STATE`: normal, hung or guest_slow.
 *
 * Source: open-vm-tools `lib/include/vmware/guestrpc/tclodefs.h`.
 */
import { ok, type RpciCommand } from "../rpci.ts";
import { remember } from "../tools-state.ts";

export const updateToolsHealth: RpciCommand = {
  verb: "update.tools.health",
  handle(call, { tools }) {
    remember(tools.reports, call.verb, call.argument.trim());
    return ok();
  },
};
