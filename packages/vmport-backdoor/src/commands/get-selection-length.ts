/**
 * GETSELLENGTH: bytes on the host's clipboard for the guest to fetch by GETNEXTPIECE. Always 0, nothing: the clipboard of the
 * host is none of the guest's business.
 *
 * Source: K. Kato, "VMware Backdoor I/O Port".
 */
import type { BackdoorCommand } from "../command.ts";

export const getSelectionLength: BackdoorCommand = {
  number: 6,
  outputs: ["eax"],
  handle(frame) {
    frame.eax = 0;
  },
};
