import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
// @ts-expect-error a script without types
import { assemble, guestNames, modulePath } from "../scripts/assemble.mjs";

const hasNasm = (() => {
  try {
    execFileSync("nasm", ["-v"], { stdio: "pipe" });
    return true;
  } catch {
    if (process.env["CI"] === "true") throw new Error("nasm is missing: apt-get install nasm");
    return false;
  }
})();

describe.skipIf(!hasNasm)("[hvm] committed guests (needs nasm)", () => {
  it.each(guestNames() as string[])("%s is what its source assembles to", (name) => {
    expect(readFileSync(modulePath(name), "utf8")).toBe(assemble(name));
  });
});
