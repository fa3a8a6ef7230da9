import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DecodeError, decodeInstruction, Instruction, mnemonicNames } from "x86-decode";
import { Builder, lift, liftMode, printIr, verifyIr } from "../src/index.ts";

const insn = new Instruction();
const builder = new Builder();

const flag = fc.boolean();
const level = fc.constantFrom<0 | 1 | 2 | 3>(0, 1, 2, 3);
const mode = fc
  .record({
    bitness: fc.constantFrom<16 | 32 | 64>(16, 32, 64),
    stack: fc.constantFrom<16 | 32>(16, 32),
    codeLimited: flag,
    kind: fc.constantFrom("real", "virtual", "protected", "long"),
    cpl: level,
    iopl: level,
    sce: flag,
    cr0: fc.record({ ts: flag, em: flag, mp: flag, ne: flag }),
    cr4: fc.record({
      osfxsr: flag,
      osxmmexcpt: flag,
      tsd: flag,
      pce: flag,
      umip: flag,
      fsgsbase: flag,
      osxsave: flag,
      pke: flag,
      de: flag,
      vme: flag,
      pvi: flag,
    }),
    features: flag,
  })
  .map(({ bitness, stack, kind, features, cpl, ...rest }) =>
    liftMode(bitness, {
      ...rest,
      stackBits: bitness === 64 ? 64 : stack,
      longMode: bitness === 64 || kind === "long",
      protectedMode: bitness === 64 || kind !== "real",
      virtual8086: bitness === 16 && kind === "virtual",
      cpl: kind === "virtual" ? 3 : kind === "real" ? 0 : cpl,
      has: () => features,
    }),
  );

describe("[x86-lift] any bytes in any mode", () => {
  it("lift without a throw, and the fragment keeps the rules of the IR", () => {
    // Most of the opcode space needs a plausible prefix and escape to be reached.
    const head = fc.constantFrom(
      [],
      [0x0f],
      [0x66, 0x0f],
      [0xf2, 0x0f],
      [0xf3, 0x0f],
      [0x0f, 0x38],
      [0x66, 0x0f, 0x38],
      [0x0f, 0x3a],
      [0x66, 0x0f, 0x3a],
      [0x48],
      [0x48, 0x0f],
      [0xf0],
      [0x66],
      [0xf3],
      [0x67],
      [0xc4, 0xe2],
      [0xc4, 0xe3],
    );
    const bytes = fc
      .tuple(head, fc.uint8Array({ minLength: 15, maxLength: 15 }))
      .map(([first, rest]) => Uint8Array.from([...first, ...rest]).subarray(0, 15));
    fc.assert(
      fc.property(bytes, mode, (code, settings) => {
        decodeInstruction(code, 0, code.length, settings.bitness, 0xffff_fff8 | 0, 0x7fff, insn);
        const name = mnemonicNames[insn.mnemonic]!;
        if (!lift(insn, settings, builder)) {
          expect(insn.error).toBe(DecodeError.None);
          expect(builder.count).toBe(0);
          return;
        }
        expect(verifyIr(builder.fragment), `${name}\n${printIr(builder.fragment)}`).toEqual([]);
      }),
      { numRuns: Number(process.env["LIFT_RUNS"] ?? 10_000) },
    );
  });
});
