/** The ACPI power management timer: counts up at 3.579545 MHz and is only read. */
import { checkVersion, type Device, type DeviceModel } from "../device.ts";
import { createRate } from "../rate.ts";

export interface PmTimerOptions {
  /** 24 or 32 (FADT flag TMR_VAL_EXT). Default 32. */
  readonly bits?: 24 | 32;
}

export interface PmTimerState {
  readonly version: 1;
}

export const PM_TIMER_HZ = 3_579_545n;
const rate = createRate(Number(PM_TIMER_HZ));

export const pmTimer: DeviceModel<PmTimerOptions, Device<PmTimerState>> = {
  name: "acpi-pm-timer",
  ranges: [{ base: 0xb008, size: 4 }],
  pins: [],
  sources: ["ACPI 6.5 §4.8.2.1 Power Management Timer, §4.8.3.3 PM_TMR"],
  create: (environment, { bits = 32 } = {}) => ({
    read(offset, size) {
      const count = rate.ticks(Number(environment.nowNs())) % 2 ** bits;
      return Math.floor(count / 2 ** (offset * 8)) % 2 ** (size * 8);
    },
    write: () => true,
    reset: () => undefined,
    save: () => ({ version: 1 }),
    load: (state) => checkVersion("acpi-pm-timer", state, 1),
  }),
};
