/** A backdoor access in words, for whoever shows one. */
import type { BackdoorEvent } from "./events.ts";

const REGISTERS = ["eax", "ebx", "ecx", "edx", "esi", "edi"] as const;
const ACCUMULATORS = { 1: "al", 2: "ax", 4: "eax" } as const;
const OUTCOMES: Readonly<Record<BackdoorEvent["outcome"], string | undefined>> = {
  command: undefined,
  transfer: undefined,
  balloon: "balloon",
  "unknown-command": "no such command",
  "refused-privilege": "refused: CPL 0 only",
  "not-vmware": "no magic in EAX",
  "page-fault": "page fault, nothing done",
};
const MESSAGE = 30;
/** Types of MESSAGE, in ECX[31:16] (open-vm-tools lib/include/guest_msg_def.h). */
const MESSAGE_TYPES = ["OPEN", "SENDSIZE", "SENDPAYLOAD", "RECVSIZE", "RECVPAYLOAD", "RECVSTATUS", "CLOSE"];

export interface EventDescription {
  /** `GETVERSION`, `MESSAGE OPEN`, `command 119`. */
  readonly command: string;
  /** `al`, `ax` or `eax`. */
  readonly accumulator: string;
  /** Instruction's address, at least eight hex digits. */
  readonly rip: string;
  /** What changed, eight hex digits each. */
  readonly changes: readonly { readonly register: string; readonly before: string; readonly after: string }[];
  /** What is special about how it ended; undefined when it was answered. */
  readonly outcome: string | undefined;
}

const hex8 = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");

export function describeEvent(event: BackdoorEvent): EventDescription {
  const { before, after, commandNumber, commandName } = event;
  const type = commandNumber === MESSAGE ? MESSAGE_TYPES[before.ecx >>> 16] : undefined;
  return {
    command: type ? `MESSAGE ${type}` : (commandName ?? `command ${commandNumber}`),
    accumulator: ACCUMULATORS[event.size],
    rip: event.rip.toString(16).padStart(8, "0"),
    changes: REGISTERS.filter((register) => before[register] !== after[register]).map((register) => ({
      register,
      before: hex8(before[register]),
      after: hex8(after[register]),
    })),
    outcome: OUTCOMES[event.outcome],
  };
}
