import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { type LiftModeChanges, liftMode } from "../mode.ts";

/** Every SSE, MMX and x87 mnemonic: kind, bytes, features as the Intel SDM has them, text. */
const forms = readFileSync(new URL("../../test/simd-forms.txt", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => {
    const [head, text] = line.split(" | ") as [string, string];
    const [kind, bytes, features] = head.split(" ") as [string, string, string];
    return { kind, bytes, features: features.split("+"), text };
  });

/** Number of the exception that the instruction raises at once; undefined if it does something else first. */
function raises(bytes: string, changes: LiftModeChanges): string | undefined {
  const text = liftText(bytes, liftMode(64, changes));
  return /^raise (\S+)/.exec(text)?.[1];
}

describe("[x86-lift] availability of SSE, MMX and x87 instructions", () => {
  it("covers them all", () => {
    expect(forms.length).toBeGreaterThan(650);
    expect(new Set(forms.map(({ kind }) => kind))).toEqual(new Set(["sse", "mmx", "x87"]));
  });

  const expected = [
    ["as an operating system leaves the processor", {}, { sse: undefined, mmx: undefined, x87: undefined }],
    ["CR0.TS", { cr0: { ts: true } }, { sse: "#NM", mmx: "#NM", x87: "#NM" }],
    ["CR0.EM", { cr0: { em: true } }, { sse: "#UD", mmx: "#UD", x87: "#NM" }],
    ["CR0.EM and CR0.TS", { cr0: { em: true, ts: true } }, { sse: "#UD", mmx: "#UD", x87: "#NM" }],
    ["no CR4.OSFXSR", { cr4: { osfxsr: false } }, { sse: "#UD", mmx: undefined, x87: undefined }],
  ] as const;
  for (const [title, changes, want] of expected) {
    it(title, () => {
      const wrong = forms
        .filter(({ kind, bytes }) => raises(bytes, changes) !== want[kind as "sse"])
        .map(({ text, bytes }) => `${text}: ${raises(bytes, changes)}`);
      expect(wrong).toEqual([]);
    });
  }

  it("a feature that is missing", () => {
    const wrong = forms
      .flatMap(({ kind, bytes, features, text }) => features.map((feature) => ({ kind, bytes, feature, text })))
      // The generations of coprocessors are no CPUID features.
      .filter(({ feature }) => !/^fpu\d|8086/.test(feature))
      .filter(({ bytes, feature }) => {
        const want = feature === "fpu" ? "#NM" : "#UD";
        return raises(bytes, { has: (name) => name !== feature }) !== want;
      })
      .map(({ text, feature }) => `${text} without ${feature}`);
    expect(wrong).toEqual([]);
  });
});
