/** One backdoor access as one line: who, where, what, and the registers that changed. */
import { type BackdoorEvent, describeEvent } from "vmport-backdoor";
import type { Style } from "./terminal.ts";

export function backdoorLine(event: BackdoorEvent, style: Style): string {
  const { command, accumulator, rip, changes, outcome } = describeEvent(event);
  const ring = event.ring === 0 ? style.blue("ring 0") : style.magenta(`ring ${event.ring}`);
  const access = `${event.direction.padEnd(3)} ${accumulator.padEnd(3)} 0x${event.port.toString(16)}`;
  const changed = changes.map(
    ({ register, before, after }) => `${style.dim(register)} ${style.dim(`${before}→`)}${after}`,
  );
  // EAX is shown always: it holds the answer, or the magic that nobody took.
  if (changes[0]?.register !== "eax")
    changed.unshift(`${style.dim("eax")} ${(event.after.eax >>> 0).toString(16).padStart(8, "0")}`);
  const note = outcome
    ? ` ${style.yellow(outcome)}`
    : event.bytes === undefined
      ? ""
      : ` ${style.green(`${event.bytes} bytes`)}`;
  return `${ring} ${style.dim(rip)} ${access} ${style.bold(command.padEnd(19))} ${changed.join("  ")}${note}`;
}
