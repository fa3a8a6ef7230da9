/** The debug console: a byte written goes out, a read answers 0xe9 so that a guest can find it. */
import { checkVersion, type Device, type DeviceModel, writeBytes } from "../device.ts";

export interface DebugconOptions {
  /** What a read answers. Default 0xe9. */
  readonly readback?: number;
}

export interface DebugconState {
  readonly version: 1;
}

export const debugcon: DeviceModel<DebugconOptions, Device<DebugconState>> = {
  name: "debugcon",
  ranges: [{ base: 0xe9, size: 1 }],
  pins: [],
  sources: ["Bochs: port E9 hack", "QEMU hw/char/debugcon.c: readback"],
  create: (environment, { readback = 0xe9 } = {}) => ({
    read: () => readback & 0xff,
    write: (offset, size, value) =>
      writeBytes(offset, size, value, (_, byte) => environment.output(Uint8Array.of(byte))),
    reset: () => undefined,
    save: () => ({ version: 1 }),
    load: (state) => checkVersion("debugcon", state, 1),
  }),
};
