/** ACPI's fixed hardware: PM1 event and control blocks, a general-purpose event block, the SCI, and the port that turns ACPI on. */
import { checkVersion, type Device, type DeviceModel, readBytes, writeBytes } from "../device.ts";
import { createRate } from "../rate.ts";
import { PM_TIMER_HZ } from "./pm-timer.ts";

export interface AcpiPmOptions {
  /** SLP_TYP of soft off, as the DSDT's \_S5 says. Default 5. */
  readonly s5Type?: number;
  /** Width of the PM timer, whose highest bit sets TMR_STS. Default 32. */
  readonly timerBits?: 24 | 32;
  /** SCI_EN after RESET. Default true: a machine that is always in ACPI mode (FADT SMI_CMD = 0). */
  readonly enabled?: boolean;
}

export interface AcpiPmState {
  readonly version: 1;
  readonly status: number;
  readonly enable: number;
  readonly control: number;
  readonly gpeStatus: number;
  readonly gpeEnable: number;
  readonly command: number;
  readonly commandStatus: number;
  /** Half periods of the PM timer that TMR_STS accounts for. */
  readonly halves: number;
}

export interface AcpiPm extends Device<AcpiPmState> {
  pressPowerButton(): void;
  pressSleepButton(): void;
  /** The RTC's alarm, edge. */
  rtcAlarm(): void;
  /** General-purpose event 0–15. */
  raiseGpe(event: number): void;
}

/** What the port of FADT SMI_CMD takes (FADT ACPI_ENABLE and ACPI_DISABLE). */
export const ACPI_ENABLE = 0xa1;
export const ACPI_DISABLE = 0xa0;

const TMR = 1 << 0;
const GBL = 1 << 5;
const PWRBTN = 1 << 8;
const SLPBTN = 1 << 9;
const RTC = 1 << 10;
const WAK = 1 << 15;
const STATUS_BITS = TMR | (1 << 4) | GBL | PWRBTN | SLPBTN | RTC | WAK;
const ENABLE_BITS = TMR | GBL | PWRBTN | SLPBTN | RTC;
const SCI_EN = 1 << 0;
const CONTROL_BITS = (1 << 1) | (7 << 10);
const SLP_EN = 1 << 13;

const rate = createRate(Number(PM_TIMER_HZ));

export const acpiPm: DeviceModel<AcpiPmOptions, AcpiPm> = {
  name: "acpi-pm",
  /** PM1 event and control (FADT PM1a_EVT_BLK, PM1a_CNT_BLK at +4), GPE0 block, SMI_CMD with its status byte. */
  ranges: [
    { base: 0xb000, size: 6 },
    { base: 0xafe0, size: 4 },
    { base: 0xb2, size: 2 },
  ],
  pins: ["sci"],
  sources: [
    "ACPI 6.5 §4.8.3.1 PM1 event grouping (table 4.11, 4.12), §4.8.3.2 PM1 control (table 4.13), §4.8.4.1 general-purpose events",
    "ACPI 6.5 §5.2.9 FADT: SMI_CMD, ACPI_ENABLE, ACPI_DISABLE; §16.1 sleep type and SLP_EN",
  ],
  create(environment, options = {}) {
    const { s5Type = 5, timerBits = 32, enabled = true } = options;
    const halfPeriod = 2 ** (timerBits - 1);
    let status = 0;
    let enable = 0;
    let control = 0;
    let gpeStatus = 0;
    let gpeEnable = 0;
    let command = 0;
    let commandStatus = 0;
    let halves = 0;
    let line = false;

    const presentHalves = (): number => Math.floor(rate.ticks(Number(environment.nowNs())) / halfPeriod);
    const timer = environment.createTimer("timer-status", () => update());
    const update = (): void => {
      const present = presentHalves();
      if (present !== halves) status |= TMR;
      halves = present;
      if ((enable & TMR) !== 0 && (status & TMR) === 0) timer.arm(BigInt(rate.ns((present + 1) * halfPeriod)));
      else timer.disarm();
      const level = (control & SCI_EN) !== 0 && ((status & enable) !== 0 || (gpeStatus & gpeEnable) !== 0);
      if (level === line) return;
      line = level;
      environment.setLine("sci", level);
    };
    const raise = (bit: number): void => {
      status |= bit;
      update();
    };
    const sleep = (type: number): void => {
      if (type === s5Type) environment.request({ kind: "power-off" });
      // No other state is offered: the machine wakes at once.
      else status |= WAK;
    };

    const read = (offset: number, range: number): number => {
      if (range === 1) return (offset < 2 ? gpeStatus : gpeEnable) >> ((offset & 1) * 8);
      if (range === 2) return offset === 0 ? command : commandStatus;
      return ([status, enable, control][offset >> 1] as number) >> ((offset & 1) * 8);
    };
    const write = (offset: number, byte: number, range: number): void => {
      const shift = (offset & 1) * 8;
      const bits = byte << shift;
      const keep = ~(0xff << shift);
      if (range === 1) {
        if (offset < 2) gpeStatus &= ~bits;
        else gpeEnable = (gpeEnable & keep) | bits;
      } else if (range === 2) {
        if (offset === 1) commandStatus = byte;
        else {
          command = byte;
          if (byte === ACPI_ENABLE) control |= SCI_EN;
          if (byte === ACPI_DISABLE) control &= ~SCI_EN;
        }
      } else if (offset < 2) status &= ~bits;
      else if (offset < 4) enable = ((enable & keep) | bits) & ENABLE_BITS;
      else {
        // SCI_EN belongs to the firmware (§4.8.3.2.1); SLP_EN reads as zero.
        control = (((control & keep) | bits) & CONTROL_BITS) | (control & SCI_EN);
        if ((bits & SLP_EN) !== 0) sleep((control >> 10) & 7);
      }
    };
    const clear = (): void => {
      status = 0;
      enable = 0;
      control = enabled ? SCI_EN : 0;
      gpeStatus = 0;
      gpeEnable = 0;
      command = 0;
      commandStatus = 0;
      halves = presentHalves();
      update();
    };

    clear();
    return {
      pressPowerButton: () => raise(PWRBTN),
      pressSleepButton: () => raise(SLPBTN),
      rtcAlarm: () => raise(RTC),
      raiseGpe(event) {
        if (event >= 0 && event < 16) gpeStatus |= 1 << event;
        update();
      },
      read(offset, size, range) {
        update();
        return readBytes(offset, size, (at) => (at < (acpiPm.ranges[range]?.size ?? 0) ? read(at, range) : 0xff));
      },
      write(offset, size, value, range) {
        update();
        writeBytes(offset, size, value, (at, byte) => {
          if (at < (acpiPm.ranges[range]?.size ?? 0)) write(at, byte, range);
        });
        update();
        return true;
      },
      reset: clear,
      save: () => ({
        version: 1,
        ...{ status, enable, control, gpeStatus, gpeEnable, command, commandStatus, halves },
      }),
      load(state) {
        checkVersion("acpi-pm", state, 1);
        ({ enable, control, gpeStatus, gpeEnable, command, commandStatus, halves } = state);
        status = state.status & STATUS_BITS;
        update();
      },
    };
  },
};
