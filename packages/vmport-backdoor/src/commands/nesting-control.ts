/**
 * NESTING_CONTROL: ECX bits 31:16 restrict (0) or open (1) the backdoor to programs of a nested guest, or ask (2) what the host knows:
 * at least 2 says that the command exists.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; open-vm-tools `lib/backdoor/backdoor.c`.
 */
import { type BackdoorCommand, refuse } from "../command.ts";

const OPEN = 1;
const QUERY = 2;

export const nestingControl: BackdoorCommand = {
  number: 63,
  outputs: ["eax"],
  handle(frame, { state }) {
    const what = frame.ecx >>> 16;
    if (what > QUERY) return refuse(frame);
    if (what !== QUERY) state.nestingOpen = what === OPEN;
    frame.eax = what === QUERY ? QUERY : 0;
  },
};
