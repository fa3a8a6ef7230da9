/** Pictures of the guest's screen: `--screenshot FILE` at the end, `--screenshot-at SECONDS:FILE` at a time of the guest's. */
import type { Machine } from "hvm-machine";
import { encodePng } from "../node/png.ts";
import { CliError, ExitCode } from "./exit-codes.ts";
import { writeWhole } from "./guest-session.ts";
import { parseMoment, type Trigger } from "./triggers.ts";

/** Writes what is on the screen now. @throws CliError when there is no screen, or the file cannot be written */
export function takeScreenshot(machine: Machine, path: string): void {
  const screen = machine.screen();
  if (screen === undefined) throw noScreen("screenshot");
  writeWhole(path, encodePng(screen));
}

export const noScreen = (flag: string): CliError =>
  new CliError(ExitCode.Usage, `--${flag}: this machine has no screen`, "give it one: --vga=stdvga");

/** @throws CliError */
export function parseScreenshots(texts: readonly string[]): Trigger[] {
  return texts.map((text) => {
    const moment = parseMoment(text);
    if (!moment)
      throw new CliError(
        ExitCode.Usage,
        `--screenshot-at: SECONDS:FILE expected, found ${JSON.stringify(text)}`,
        "seconds are the guest's",
      );
    const { atNs, what } = moment;
    return {
      atNs,
      name: `screenshot ${what}`,
      act: (machine, tell) => {
        takeScreenshot(machine, what);
        tell("taken");
      },
      result: undefined,
    };
  });
}
