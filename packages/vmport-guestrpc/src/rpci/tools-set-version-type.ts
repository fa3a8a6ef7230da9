/**
 * `tools.set.versiontype N TYPE`: version and kind of the guest's tools. A refusal makes vmtoolsd fall back to `tools.set.version`.
 *
 * Source: open-vm-tools `services/vmtoolsd/toolsRpc.c`.
 */
import { fail, ok, type RpciCommand } from "../rpci.ts";
import { parseDecimal } from "../tools-state.ts";

export const toolsSetVersionType: RpciCommand = {
  verb: "tools.set.versiontype",
  handle(call, { tools }) {
    const [version, type] = call.words.map(parseDecimal);
    if (version === undefined || type === undefined) return fail("Invalid arguments");
    tools.version = version;
    tools.versionType = type;
    return ok();
  },
};
