/** `--trigger SECONDS:NAME`: what somebody outside does to the machine at a time of the guest's. */
import { type Machine, type TriggerAction, triggers } from "hvm-machine";
import { CliError, ExitCode } from "./exit-codes.ts";

export interface Trigger {
  readonly atNs: bigint;
  readonly name: string;
  readonly act: TriggerAction;
  /** What became of it, as far as is known. */
  result: string | undefined;
}

const actions: Readonly<Record<string, TriggerAction>> = triggers;

/** Those with a word of their own behind a colon. */
const spoken: Readonly<Record<string, (text: string) => TriggerAction>> = {
  /** A key by its name in KeyboardEvent.code; `ControlLeft+KeyC` holds the first ones down. */
  key: (text) => (machine, tell) => {
    const keys = text.split("+");
    tell(machine.devices.sendKey(keys.at(-1)!, keys.slice(0, -1)) ? "pressed" : "too many keys wait");
  },
  type: (text) => (machine, tell) => tell(`${machine.devices.sendText(text)} of ${text.length} characters`),
};

export const triggerNames: readonly string[] = [
  ...Object.keys(actions),
  ...Object.keys(spoken).map((name) => `${name}:…`),
];

/** `SECONDS:WHAT` with seconds of the guest's. */
export function parseMoment(text: string): { readonly atNs: bigint; readonly what: string } | undefined {
  const [, seconds, what] = /^(\d+(?:\.\d+)?):(.+)$/s.exec(text) ?? [];
  if (seconds === undefined || what === undefined) return undefined;
  return { atNs: BigInt(Math.round(Number(seconds) * 1e9)), what };
}

function actionOf(what: string): TriggerAction | undefined {
  if (Object.hasOwn(actions, what)) return actions[what];
  const [, name, text] = /^(\w+):(.+)$/s.exec(what) ?? [];
  return name !== undefined && text !== undefined && Object.hasOwn(spoken, name) ? spoken[name]?.(text) : undefined;
}

/** In the order of their times. @throws CliError */
export function parseTriggers(texts: readonly string[]): Trigger[] {
  return inOrder(
    texts.map((text) => {
      const moment = parseMoment(text);
      const act = moment && actionOf(moment.what);
      if (!moment || !act)
        throw new CliError(
          ExitCode.Usage,
          `--trigger: SECONDS:NAME expected, found ${JSON.stringify(text)}`,
          `seconds are the guest's; names: ${triggerNames.join(", ")}`,
        );
      return { atNs: moment.atNs, name: moment.what, act, result: undefined };
    }),
  );
}

export const inOrder = (triggers: readonly Trigger[]): Trigger[] =>
  [...triggers].sort((a, b) => (a.atNs < b.atNs ? -1 : 1));

export function pull(trigger: Trigger, machine: Machine): void {
  trigger.act(machine, (result) => {
    trigger.result = result;
  });
}
