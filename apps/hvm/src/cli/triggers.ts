/** `--trigger SECONDS:NAME`: what somebody outside does to the machine at a time of the guest's. */
import type { Machine } from "hvm-machine";
import { CliError, ExitCode } from "./exit-codes.ts";

export interface Trigger {
  readonly atNs: bigint;
  readonly name: string;
  /** What became of it, as far as is known. */
  result: string | undefined;
}

type Action = (machine: Machine, tell: (result: string) => void) => void;

const tools =
  (verb: "halt" | "reboot" | "ping"): Action =>
  (machine, tell) => {
    tell("sent");
    void machine.guestrpc[verb]({
      onResult: ({ outcome, app, text }) => tell([outcome, app, text].filter((part) => part).join(" ")),
    });
  };

/** Xen's `xl trigger` and `xl reboot`, and the commands that VMware's tools take. */
const actions: Readonly<Record<string, Action>> = {
  power: (machine, tell) => tell(machine.devices.pressPowerButton() ? "pressed" : "this machine has no power button"),
  reset: (machine) => machine.domain.shutdown("reboot", "reset by a trigger"),
  nmi: (machine, tell) => {
    machine.domain.injectNmi(0);
    tell("sent");
  },
  "tools-halt": tools("halt"),
  "tools-reboot": tools("reboot"),
  "tools-ping": tools("ping"),
};

export const triggerNames: readonly string[] = Object.keys(actions);

/** In the order of their times. @throws CliError */
export function parseTriggers(texts: readonly string[]): Trigger[] {
  return texts
    .map((text) => {
      const [, seconds, name] = /^(\d+(?:\.\d+)?):(.+)$/.exec(text) ?? [];
      if (seconds === undefined || name === undefined || !Object.hasOwn(actions, name))
        throw new CliError(
          ExitCode.Usage,
          `--trigger: SECONDS:NAME expected, found ${JSON.stringify(text)}`,
          `seconds are the guest's; names: ${triggerNames.join(", ")}`,
        );
      return { atNs: BigInt(Math.round(Number(seconds) * 1e9)), name, result: undefined };
    })
    .sort((a, b) => (a.atNs < b.atNs ? -1 : 1));
}

export function pull(trigger: Trigger, machine: Machine): void {
  actions[trigger.name]?.(machine, (result) => {
    trigger.result = result;
  });
}
