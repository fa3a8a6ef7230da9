import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { firstLight, GREETING_KEY } from "vmport-first-light";
// @ts-expect-error a script without types
import { assemble, modulePath } from "../scripts/assemble.mjs";

const hasNasm = (() => {
  try {
    execFileSync("nasm", ["-v"], { stdio: "pipe" });
    return true;
  } catch {
    if (process.env["CI"] === "true") throw new Error("nasm is missing: apt-get install nasm");
    return false;
  }
})();

describe("[vmport-first-light] the image", () => {
  it.skipIf(!hasNasm)("is what its source assembles to (needs nasm)", () => {
    expect(readFileSync(modulePath, "utf8")).toBe(assemble());
  });

  it("is a boot sector and whole sectors behind it", () => {
    const image = firstLight();
    expect([image[510], image[511], image.length]).toEqual([0x55, 0xaa, 6144]);
    expect(new TextDecoder("latin1").decode(image)).toContain(GREETING_KEY);
  });

  it("is a copy for each caller", () => {
    firstLight().fill(0);
    expect(firstLight()[510]).toBe(0x55);
  });
});
