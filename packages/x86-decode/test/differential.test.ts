import * as iced from "iced-x86";
import { describe, expect, test } from "vitest";
import { randomBytes } from "../scripts/differential.ts";
import { compareSpace, shareOut } from "../scripts/enumerate.ts";
import { readForms } from "../scripts/generate.ts";
import { DecodeOption } from "../src/index.ts";
import { spaces } from "./encodings.ts";
import { FastOracle } from "./fast-oracle.ts";
import { describe as describe_, describeForm, Oracle } from "./oracle.ts";

const total = 5_000_000;
const shares = shareOut(total);

describe("[x86-decode] beside iced-x86", () => {
  for (const bitness of [16, 32, 64] as const) {
    for (const space of spaces)
      test(`${space.name} encodings, ${bitness}-bit`, { timeout: 120_000 }, () => {
        const differences: string[] = [];
        const { count } = shares.find((s) => s.space === space && s.bitness === bitness)!;
        const done = compareSpace({ space, bitness, count, start: 1 }, (d) => differences.push(`${d.hex}: ${d.what}`));
        expect(differences).toEqual([]);
        expect(done).toBe(count);
      });

    test(`random bytes, ${bitness}-bit`, () => {
      const bytes = randomBytes(60_000, 0x5658 + bitness);
      const oracle = new FastOracle();
      oracle.start(bytes, bitness, 0x7fff_ffff_f000n);
      const differences: string[] = [];
      for (let at = 0; at < bytes.length - 16; at++) {
        const what = oracle.compare(at);
        if (what !== undefined)
          differences.push(`${Buffer.from(bytes.subarray(at, at + 15)).toString("hex")}: ${what}`);
      }
      expect(differences).toEqual([]);
    });
  }

  test("options select the same encodings", () => {
    const legacy = spaces[0]!;
    const differences: string[] = [];
    for (const option of Object.values(DecodeOption))
      if (option !== DecodeOption.Knc)
        for (const bitness of [16, 32, 64] as const)
          compareSpace({ space: legacy, bitness, count: 2000, options: option, start: 7 }, (d) =>
            differences.push(`${option} ${d.hex}: ${d.what}`),
          );
    expect(differences).toEqual([]);
  });

  test("every instruction that iced knows is a row, but MVEX", () => {
    const rows = new Set(readForms().map((_, i) => describeForm(i + 1)));
    const missing: string[] = [];
    let codes = 0;
    for (const code of Object.values(iced.Code).filter((value): value is number => typeof value === "number")) {
      const name = iced.Code[code]!;
      if (/^(INVALID|Declare|MVEX_|VEX_KNC_Jkn?zd|Zero_bytes)/.test(name)) continue;
      // What only its encoder knows: FWAIT written together with what follows, POP CS, two address sizes of MONTMUL.
      if (/^9B |\| POP CS$|^a(16|64) .* \| MONTMUL$/.test(describe_(code))) continue;
      codes++;
      if (!rows.has(describe_(code))) missing.push(`${name}: ${describe_(code)}`);
    }
    expect(missing).toEqual([]);
    expect(codes).toBeGreaterThan(4600);
  });

  test("the comparison notices a difference", () => {
    // The oracle decodes with an option that we do not pass.
    const bytes = Uint8Array.of(0xf3, 0x90, ...new Array(30).fill(0x90));
    const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.NoPause);
    expect(new Oracle().compare(bytes, 0, 64, 0n, 0, decoder)).toContain("PAUSE");
  });
});
