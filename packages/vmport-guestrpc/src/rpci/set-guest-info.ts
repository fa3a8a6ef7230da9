/**
 * `SetGuestInfo  TYPE DATA` (two blanks): what the guest reports of itself, from its name to its network cards. Types 3, 8, 9 and 10 are binary,
 * so NULs in the data stay. The payload of the answer must be empty, or vmtoolsd sends it all again.
 *
 * Sources: open-vm-tools `services/plugins/guestInfo`; govmomi `toolbox/guest_info.go`; D. Slutz, QEMU `hw/misc/vmport_rpc.c`
 * (type 4 with build-N).
 */
import { fail, ok, type RpciCommand } from "../rpci.ts";
import { decodeText } from "../text.ts";
import { parseDecimal } from "../tools-state.ts";

const BLANK = 0x20;
const BUILD_NUMBER = 4;
/** 1 DNS name … 11 detailed OS data; room for what newer tools add. */
const LAST_TYPE = 31;

export const setGuestInfo: RpciCommand = {
  verb: "SetGuestInfo",
  handle(call, { tools }) {
    const raw = call.rawArgument;
    let at = 0;
    while (raw[at] === BLANK) at++;
    const blank = raw.indexOf(BLANK, at);
    const type = parseDecimal(decodeText(raw.subarray(at, blank < 0 ? raw.length : blank)));
    if (blank < 0 || type === undefined || type < 1 || type > LAST_TYPE) return fail("Invalid arguments");
    const data = raw.slice(blank + 1);
    tools.guestInfo.set(type, data);
    if (type === BUILD_NUMBER) {
      const build = /^(?:build-)?([0-9]{1,10})/.exec(decodeText(data))?.[1];
      if (build !== undefined) tools.buildNumber = Number(build);
    }
    return ok();
  },
};
