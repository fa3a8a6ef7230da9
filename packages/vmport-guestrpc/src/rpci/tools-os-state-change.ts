/**
 * `tools.os.statechange.status OK STATE`: how a power operation went in the guest: 1 halt, 2 reboot, 3 power on, 4 resume, 5 suspend.
 *
 * Sources: open-vm-tools `services/plugins/powerOps/powerOps.c`; govmomi `toolbox/power.go`.
 */
import { fail, ok, type RpciCommand } from "../rpci.ts";
import { parseDecimal } from "../tools-state.ts";

export const toolsOsStateChange: RpciCommand = {
  verb: "tools.os.statechange.status",
  handle(call, { tools }) {
    const [okay, state] = call.words.map(parseDecimal);
    if (okay === undefined || state === undefined) return fail("Invalid arguments");
    tools.stateChange = { ok: okay !== 0, state };
    return ok();
  },
};
