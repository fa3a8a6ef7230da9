/** A backdoor access as a row of the page's table. */
import type { BackdoorEvent } from "vmport-backdoor";
import type { Call } from "./protocol.ts";

const ACCUMULATOR = { 1: "al", 2: "ax", 4: "eax" } as const;
const REGISTERS = ["eax", "ebx", "ecx", "edx", "esi", "edi"] as const;
const MESSAGE = 30;
/** Types of MESSAGE, in ECX[31:16] (open-vm-tools lib/include/guest_msg_def.h). */
const MESSAGE_TYPES = ["OPEN", "SENDSIZE", "SENDPAYLOAD", "RECVSIZE", "RECVPAYLOAD", "RECVSTATUS", "CLOSE"];
const NOTES: Readonly<Partial<Record<BackdoorEvent["outcome"], string>>> = {
  balloon: "balloon",
  "unknown-command": "no such command",
  "refused-privilege": "refused: CPL 0 only",
  "not-vmware": "no magic in EAX",
  "page-fault": "page fault, nothing done",
};

const hex8 = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");

export function describeCall(event: BackdoorEvent, number: number): Call {
  const type = event.commandNumber === MESSAGE ? MESSAGE_TYPES[event.before.ecx >>> 16] : undefined;
  return {
    number,
    ring: event.ring,
    rip: event.rip.toString(16).padStart(8, "0"),
    access: `${event.direction} ${ACCUMULATOR[event.size]} 0x${event.port.toString(16)}`,
    command: type ? `MESSAGE ${type}` : (event.commandName ?? `command ${event.commandNumber}`),
    registers: REGISTERS.filter((register) => event.before[register] !== event.after[register])
      .map((register) => `${register} ${hex8(event.before[register])}→${hex8(event.after[register])}`)
      .join("  "),
    note: NOTES[event.outcome] ?? (event.bytes === undefined ? "" : `${event.bytes} bytes`),
  };
}
