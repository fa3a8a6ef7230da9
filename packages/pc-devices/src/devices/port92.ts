/** System control port A of the PS/2: fast A20 gate and fast reset. */
import { checkVersion, type Device, type DeviceModel } from "../device.ts";

export interface Port92State {
  readonly version: 1;
  readonly value: number;
}

const FAST_RESET = 1 << 0;
const A20_GATE = 1 << 1;

export const port92: DeviceModel<undefined, Device<Port92State>> = {
  name: "port92",
  ranges: [{ base: 0x92, size: 1 }],
  pins: ["a20"],
  sources: ["IBM PS/2 Hardware Interface Technical Reference, System Control Port A"],
  create(environment) {
    let value = A20_GATE;
    const set = (next: number): void => {
      const changed = (value ^ next) & A20_GATE;
      value = next;
      if (changed !== 0) environment.setLine("a20", (next & A20_GATE) !== 0);
    };
    return {
      read: () => value & ~FAST_RESET,
      write(_, __, written) {
        const resets = (written & FAST_RESET) !== 0 && (value & FAST_RESET) === 0;
        set(written & 0xff);
        if (resets) environment.request({ kind: "reset" });
        return true;
      },
      // Machines of today come up with A20 open.
      reset: () => set(A20_GATE),
      save: () => ({ version: 1, value }),
      load(state) {
        checkVersion("port92", state, 1);
        set(state.value & 0xff);
      },
    };
  },
};
