/** A backdoor access as a row of the page's table. */
import { type BackdoorEvent, describeEvent } from "vmport-backdoor";
import type { Call } from "./protocol.ts";

export function describeCall(event: BackdoorEvent, number: number): Call {
  const { command, accumulator, rip, changes, outcome } = describeEvent(event);
  return {
    number,
    ring: event.ring,
    rip,
    access: `${event.direction} ${accumulator} 0x${event.port.toString(16)}`,
    command,
    registers: changes.map(({ register, before, after }) => `${register} ${before}→${after}`).join("  "),
    note: outcome ?? (event.bytes === undefined ? "" : `${event.bytes} bytes`),
  };
}
