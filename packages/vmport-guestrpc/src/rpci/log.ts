/**
 * `log TEXT`: a line for the host's log. `log toolbox: Version: … build-N` tells the build of the tools.
 *
 * Sources: Linux `drivers/gpu/drm/vmwgfx/vmwgfx_msg.c`; D. Slutz, QEMU `hw/misc/vmport_rpc.c` (build number).
 */
import { ok, type RpciCommand } from "../rpci.ts";

export const log: RpciCommand = {
  verb: "log",
  handle(call, { host, tools }) {
    const text = call.argument;
    const build = /^toolbox: Version: .*build-([0-9]{1,10})/.exec(text)?.[1];
    if (build !== undefined) tools.buildNumber = Number(build);
    host.log?.(text);
    return ok();
  },
};
