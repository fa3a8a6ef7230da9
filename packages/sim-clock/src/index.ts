/** Virtual time in nanoseconds: alarms in a deterministic order, derived from retired instructions. */
export { type ClockErrorCode, SimClockError } from "./errors.ts";
export { createPacer, type Pacer } from "./pacer.ts";
export { type Alarm, createSimClock, type SimClock, type SimClockOptions, type SimClockState } from "./sim-clock.ts";
