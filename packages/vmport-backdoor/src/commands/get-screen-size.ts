/**
 * GETSCREENSIZE: width in bits 31:16, height in 15:0; 0 without a screen.
 *
 * Sources: K. Kato, "VMware Backdoor I/O Port"; Xen series v6 04/16 (always 0).
 */
import type { BackdoorCommand } from "../command.ts";

export const getScreenSize: BackdoorCommand = {
  number: 15,
  outputs: ["eax"],
  handle(frame, { host, personality }) {
    const screen = personality.quirks.noScreen ? undefined : host.screen;
    frame.eax = screen === undefined ? 0 : (((screen.width & 0xffff) << 16) | (screen.height & 0xffff)) >>> 0;
  },
};
