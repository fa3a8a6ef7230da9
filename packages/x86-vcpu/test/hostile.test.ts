/** Bad guests: random bytes as code in every mode, random tables and registers. Nothing may throw or run beyond its budget. */
import { expect, test } from "vitest";
import { createMachine, describeTiers, type Mode, Place } from "./machine.ts";

/** Mulberry32: small, seeded, good enough for bytes. */
function randomBytes(seed: number): (count: number) => Uint8Array {
  let state = seed;
  return (count) =>
    Uint8Array.from({ length: count }, () => {
      state = (state + 0x6d2b_79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return (t ^ (t >>> 14)) & 0xff;
    });
}

const modes: readonly Mode[] = ["real", "protected", "long", "user32", "user64", "compat"];
const rounds = Number(process.env["VCPU_HOSTILE_ROUNDS"] ?? 4);
const budget = 400;
/** Exits after which the hypervisor would move past the instruction. */
const skipped = new Set([
  ..."io-instruction cpuid hlt rdmsr wrmsr rdpmc vmcall vmmcall monitor mwait invd wbinvd xsetbv pause".split(" "),
]);

describeTiers("[x86-vcpu] a hostile guest", () => {
  for (const mode of modes) {
    test(`random code and tables in ${mode} mode end in exits only`, () => {
      for (let round = 0; round < rounds; round++) {
        const bytes = randomBytes(round * 7919 + modes.indexOf(mode));
        const machine = createMachine(mode);
        const { vcpu, memory } = machine;
        memory.write(Place.code, bytes(0x800));
        if (round % 3 === 1) memory.write(Place.gdt + 0x50, bytes(0x30));
        if (round % 3 === 2) memory.write(Place.pageTables + 0x3000 + 0x400, bytes(0x200));
        if (round % 4 === 3) memory.write(Place.tss, bytes(0x68));
        for (let n = 0; n < 16; n++) {
          if (n !== 4)
            vcpu.writeRegister(
              n,
              BigInt.asUintN(round % 2 === 0 ? 22 : 64, new DataView(bytes(8).buffer).getBigUint64(0)),
            );
        }
        const end = vcpu.retired + budget;
        let exits = 0;
        while (vcpu.retired < end && exits++ < 2 * budget) {
          const before = vcpu.retired;
          const exit = vcpu.run(end - before);
          expect(vcpu.retired).toBeLessThanOrEqual(end);
          expect(exit.text).toBe("");
          if (exit.reason === "triple-fault" || exit.reason === "budget") break;
          if (exit.reason === "ept-violation") vcpu.completeMmio(bytes(16));
          else if (skipped.has(exit.reason)) vcpu.advanceRip(exit.instructionLength);
        }
        expect(vcpu.save().version).toBe(1);
      }
    });
  }
});
