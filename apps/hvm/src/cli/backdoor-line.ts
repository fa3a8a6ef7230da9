/** One backdoor access as one line: who, where, what, and the registers that changed. */
import type { BackdoorEvent } from "vmport-backdoor";
import type { Style } from "./terminal.ts";

const hex8 = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");
const ACCUMULATOR = { 1: "al", 2: "ax", 4: "eax" } as const;
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
const REGISTERS = ["eax", "ebx", "ecx", "edx", "esi", "edi"] as const;

export function backdoorLine(event: BackdoorEvent, style: Style): string {
  const ring = event.ring === 0 ? style.blue("ring 0") : style.magenta(`ring ${event.ring}`);
  const access = `${event.direction.padEnd(3)} ${ACCUMULATOR[event.size].padEnd(3)} 0x${event.port.toString(16)}`;
  const type = event.commandNumber === MESSAGE ? MESSAGE_TYPES[event.before.ecx >>> 16] : undefined;
  const name = (type ? `MESSAGE ${type}` : (event.commandName ?? `command ${event.commandNumber}`)).padEnd(19);
  const registers = REGISTERS.flatMap((register) => {
    const before = event.before[register];
    const after = event.after[register];
    if (before === after) return register === "eax" ? [`${style.dim("eax")} ${hex8(after)}`] : [];
    return [`${style.dim(register)} ${style.dim(`${hex8(before)}→`)}${hex8(after)}`];
  });
  const outcome = OUTCOMES[event.outcome];
  const note = outcome
    ? ` ${style.yellow(outcome)}`
    : event.bytes === undefined
      ? ""
      : ` ${style.green(`${event.bytes} bytes`)}`;
  return `${ring} ${style.dim(event.rip.toString(16).padStart(8, "0"))} ${access} ${style.bold(name)} ${registers.join("  ")}${note}`;
}
