/**
 * GETBUILDNUM: build number of the host product.
 *
 * Source: open-vm-tools `lib/include/backdoor_def.h`.
 */
import type { BackdoorCommand } from "../command.ts";

export const getBuildNumber: BackdoorCommand = {
  number: 100,
  outputs: ["eax"],
  handle(frame, { host }) {
    frame.eax = host.buildNumber >>> 0;
  },
};
