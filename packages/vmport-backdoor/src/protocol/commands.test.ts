import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { BDOOR_CMD_MAX, commandName, commandTable, defaultCommands, personalities } from "../index.ts";

describe("[vmport-backdoor] command table", () => {
  it("is complete, in order, and names each number once", () => {
    expect(commandTable.map((row) => row.number)).toEqual(Array.from({ length: BDOOR_CMD_MAX }, (_, i) => i));
    expect(new Set(commandTable.map((row) => row.name)).size).toBe(BDOOR_CMD_MAX);
  });

  it.each([
    [1, "GETMHZ"],
    [10, "GETVERSION"],
    [30, "MESSAGE"],
    [45, "GETHZ"],
    [55, "GETTIMEFULL_WITH_LAG"],
    [68, "GET_VCPU_INFO"],
    [91, "STEALCLOCK"],
    [104, "GET_FWTRCLOG_MASK"],
    [105, undefined],
  ])("%d is %s", (number, name) => {
    expect(commandName(number)).toBe(name);
  });

  it("whatever is not live says why", () => {
    for (const row of commandTable) if (row.status !== "live") expect(row.reason, row.name).toBeTruthy();
  });

  it("commands implement live numbers and the firmware's, each once", () => {
    const numbers = defaultCommands.map((command) => command.number);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const number of numbers) expect(["live", "firmware"]).toContain(commandTable[number]?.status);
  });

  it("personalities answer only what is implemented", () => {
    const numbers = defaultCommands.map((command) => command.number);
    for (const { answers } of personalities) for (const number of answers) expect(numbers).toContain(number);
  });

  it("the generated index is what the generator writes", () => {
    execFileSync(process.execPath, [
      fileURLToPath(new URL("../../scripts/gen-commands.mjs", import.meta.url)),
      "--check",
    ]);
  });
});
