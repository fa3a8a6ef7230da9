/**
 * ISMOUSEABSOLUTE: 1 while the absolute pointer is on, else 0.
 *
 * Source: open-vm-tools `services/plugins/dndcp/pointer.cpp`.
 */
import type { BackdoorCommand } from "../command.ts";

export const isMouseAbsolute: BackdoorCommand = {
  number: 36,
  outputs: ["eax"],
  handle(frame, { pointer }) {
    frame.eax = pointer.absolute ? 1 : 0;
  },
};
