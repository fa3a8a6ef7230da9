/**
 * Recorded results of a processor against both tiers. By default one case in 24; all of them, about a minute:
 * `VECTOR_SHARE=1 npx vitest run test/vectors.test.ts`.
 */
import { describe, expect, test } from "vitest";
import type { Cpu } from "../src/cpu.ts";
import { StateOffset } from "../src/state-layout.ts";
import type { Tier } from "../src/tier.ts";
import { createTier0 } from "../src/tier0/index.ts";
import { createTier1 } from "../src/tier1/tier1.ts";
import { allForms } from "./vectors/forms.ts";
import { readVectors, replay, vectorFiles } from "./vectors/replay.ts";
import { decodeVectors } from "./vectors/vector-file.ts";

const share = Number(process.env.VECTOR_SHARE ?? 24);

const tiers: { readonly [name: string]: (cpu: Cpu) => Tier } = {
  "tier 0": createTier0,
  "tier 1": (cpu) => createTier1(cpu, { codeBytes: 1 << 20 }),
};

for (const [name, createTier] of Object.entries(tiers)) {
  describe(`[x86-vcpu] vectors from a processor, ${name}, one case in ${share}`, () => {
    const replayed = new Set<string>();
    for (const file of vectorFiles)
      test(file, () => {
        const { cases, differences } = replay(file, createTier, share);
        expect(cases.size).toBeGreaterThan(100);
        expect(differences.join("\n")).toBe("");
        for (const id of cases.keys()) replayed.add(id);
      }, 600_000);

    test("every form is among them", () => {
      expect(
        allForms()
          .forms.map(({ id }) => id)
          .filter((id) => !replayed.has(id)),
      ).toEqual([]);
    });
  });
}

test("a wrong result is noticed", () => {
  // A tier that sets CF behind every instruction.
  const wrong = (cpu: Cpu): Tier => {
    const tier = createTier0(cpu);
    return {
      ...tier,
      run: (of) => {
        const stop = tier.run(of);
        of.writeRflags(of.readRflags() | 1);
        of.set32(StateOffset.attention, 0);
        return stop;
      },
    };
  };
  expect(replay("integer", wrong, 64).differences).not.toEqual([]);
});

test("vectors of another draw are refused", () => {
  const nothing = (): void => undefined;
  expect(() => decodeVectors(readVectors("x87"), 99, nothing, nothing)).toThrow(/draw \d+; this reads SVEC 1, draw 99/);
});
