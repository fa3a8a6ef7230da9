/** Runs the embedded guest: pure of Node, so that a page runs it alike. */
import { loadBootSector } from "guest-loader";
import { createMachine, type Machine } from "hvm-machine";
import { firstLight } from "vmport-first-light";

const MAX_INSTRUCTIONS = 20_000_000;
/** What the guest reads by `info-get guestinfo.greeting`. */
export const GREETING = "hello from outside";

export interface DemoRun {
  readonly serial: string;
  readonly backdoorCalls: number;
  readonly ring3Calls: number;
  readonly rpciCalls: number;
  readonly instructions: number;
  readonly virtualTimeNs: number;
  readonly traceHash: string;
  readonly ended: string;
}

export interface DemoOptions {
  readonly vmwarePort: boolean;
  readonly tier: 0 | 1;
  /** Called for every finished line of serial output. */
  readonly onLine?: (line: string) => void;
  /** Called with each backdoor access, before the guest's own next line. */
  readonly onCall?: Parameters<Machine["backdoor"]["observe"]>[0];
}

/** Boots the embedded guest once. */
export function runFirstLight(options: DemoOptions): DemoRun {
  const machine = createMachine({
    name: "first-light",
    memory: 4,
    vmwareHw: options.vmwarePort ? 11 : 0,
    vmwarePort: options.vmwarePort,
    tier: options.tier,
    guestinfo: { greeting: GREETING },
  });
  let serial = "";
  let line = "";
  machine.devices.serial.onOutput((bytes) => {
    for (const byte of bytes) {
      const char = String.fromCharCode(byte);
      if (char === "\0") continue;
      serial += char;
      if (char === "\n") {
        options.onLine?.(line.replace(/\r$/, ""));
        line = "";
      } else line += char;
    }
  });
  let backdoorCalls = 0;
  let ring3Calls = 0;
  let rpciCalls = 0;
  machine.backdoor.observe((event) => {
    backdoorCalls++;
    if (event.ring === 3) ring3Calls++;
    options.onCall?.(event);
  });
  machine.guestrpc.observe((event) => {
    if (event.kind === "rpci") rpciCalls++;
  });
  machine.boot(loadBootSector(firstLight()));
  const stop = machine.run({ maxInstructions: MAX_INSTRUCTIONS });
  if (line !== "") options.onLine?.(line);
  return {
    serial,
    backdoorCalls,
    ring3Calls,
    rpciCalls,
    instructions: machine.retired,
    virtualTimeNs: Number(machine.unixTimeNs() - machine.config.startTimeNs),
    traceHash: machine.traceHash(),
    ended: stop.kind === "shutdown" ? stop.shutdown.text : stop.kind,
  };
}
