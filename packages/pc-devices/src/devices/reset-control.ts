/** The reset control register of PCI chipsets. */
import { checkVersion, type Device, type DeviceModel } from "../device.ts";

export interface ResetControlState {
  readonly version: 1;
  readonly value: number;
}

const SYSTEM_RESET = 1 << 1;
const RESET_CPU = 1 << 2;
const FULL_RESET = 1 << 3;

export const resetControl: DeviceModel<undefined, Device<ResetControlState>> = {
  name: "reset-control",
  ranges: [{ base: 0xcf9, size: 1 }],
  pins: [],
  sources: ["Intel 82371SB (PIIX3) data sheet, RC—Reset Control Register", "Intel ICH9 data sheet 13.7.5 RST_CNT"],
  create(environment) {
    let value = 0;
    return {
      read: () => value,
      write(_, __, written) {
        // Bit 2 starts the reset on its rising edge; bits 1 and 3 say which kind.
        const resets = (written & RESET_CPU) !== 0 && (value & RESET_CPU) === 0;
        value = written & (SYSTEM_RESET | FULL_RESET | RESET_CPU);
        if (resets) environment.request({ kind: "reset" });
        return true;
      },
      reset() {
        value = 0;
      },
      save: () => ({ version: 1, value }),
      load(state) {
        checkVersion("reset-control", state, 1);
        value = state.value & (SYSTEM_RESET | FULL_RESET | RESET_CPU);
      },
    };
  },
};
