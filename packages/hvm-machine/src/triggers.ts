/** What somebody outside does to a machine: Xen's `xl trigger` and `xl reboot`, and the commands that VMware's tools take. */
import type { Machine } from "./machine.ts";

/** Does it at once. `tell` hears what became of it, as far as is known; the tools' answers come while the guest runs on. */
export type TriggerAction = (machine: Machine, tell: (result: string) => void) => void;

const tools =
  (verb: "halt" | "reboot" | "ping"): TriggerAction =>
  (machine, tell) => {
    tell("sent");
    void machine.guestrpc[verb]({
      onResult: ({ outcome, app, text }) => tell([outcome, app, text].filter((part) => part).join(" ")),
    });
  };

const pressed = (name: string, isThere: boolean): string =>
  isThere ? "pressed" : `this machine has no ${name} button`;

export const triggers = {
  power: (machine, tell) => tell(pressed("power", machine.devices.pressPowerButton())),
  sleep: (machine, tell) => tell(pressed("sleep", machine.devices.pressSleepButton())),
  reset: (machine) => machine.domain.shutdown("reboot", "reset by a trigger"),
  nmi: (machine, tell) => {
    machine.domain.injectNmi(0);
    tell("sent");
  },
  "tools-halt": tools("halt"),
  "tools-reboot": tools("reboot"),
  "tools-ping": tools("ping"),
} as const satisfies Readonly<Record<string, TriggerAction>>;

export type TriggerName = keyof typeof triggers;
