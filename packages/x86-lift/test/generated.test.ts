import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mnemonicNames } from "x86-decode";
// @ts-expect-error a script without types
import { generateIndex, generateIrReference, generateReference } from "../scripts/generate.mjs";
import * as lifter from "../src/index.ts";

const text = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

describe("[x86-lift] generated files are current (npm run gen)", () => {
  it("src/semantics/index.gen.ts", () => {
    expect(text("src/semantics/index.gen.ts")).toBe(generateIndex());
  });

  it("docs/reference/ir.md", () => {
    expect(text("docs/reference/ir.md")).toBe(generateIrReference(lifter));
  });

  it("docs/reference/instructions.md; no mnemonic is claimed twice", async () => {
    const load = (file: string) => import(/* @vite-ignore */ `../src/semantics/${file}`);
    expect(text("docs/reference/instructions.md")).toBe(await generateReference(load, mnemonicNames));
  });
});
