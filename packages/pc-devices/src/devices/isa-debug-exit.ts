/** A port on which a test guest says that it is done, and how it went. */
import { checkVersion, type Device, type DeviceModel } from "../device.ts";

export interface DebugExitState {
  readonly version: 1;
}

export const isaDebugExit: DeviceModel<undefined, Device<DebugExitState>> = {
  name: "isa-debug-exit",
  ranges: [{ base: 0xf4, size: 4 }],
  pins: [],
  sources: ["QEMU hw/misc/debugexit.c; exit status there is (value << 1) | 1"],
  create: (environment) => ({
    read: () => 0,
    write(_, __, value) {
      environment.request({ kind: "exit", value: value >>> 0 });
      return true;
    },
    reset: () => undefined,
    save: () => ({ version: 1 }),
    load: (state) => checkVersion("isa-debug-exit", state, 1),
  }),
};
