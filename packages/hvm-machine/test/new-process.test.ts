/** Saved in the middle, loaded in another process: the same end, with all devices wired and one, two, four processors. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serialize } from "node:v8";
import { expect, it } from "vitest";
import { type End, finish, guestNames, startGuest } from "./small-guests.ts";

/** Ticks at which runs are cut: while others start, in the middle. */
const CUTS = [4_000, 300_000];

it("[hvm-machine] saved in one process, finished in another", () => {
  const expected = guestNames.map((name) => finish(name));
  const jobs = guestNames.flatMap((name) => {
    const machine = startGuest(name);
    return CUTS.map((ticks) => {
      machine.run({ maxInstructions: ticks - machine.domain.ticks });
      return { name, state: machine.save() };
    });
  });
  const folder = mkdtempSync(join(tmpdir(), "hvm-state-"));
  const file = join(folder, "states");
  writeFileSync(file, serialize(jobs));
  const script = fileURLToPath(new URL("continue-run.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, file], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const ends = JSON.parse(stdout) as readonly End[];
  expect(ends).toEqual(expected.flatMap((end) => CUTS.map(() => end)));
  expect(expected.slice(0, 3).map(({ stop }) => stop)).toEqual(Array(3).fill("soft off by acpi-pm"));
}, 120_000);
