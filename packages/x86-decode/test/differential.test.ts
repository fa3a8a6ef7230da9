import * as iced from "iced-x86";
import { describe, expect, test } from "vitest";
import { randomBytes } from "../scripts/differential.ts";
import { Oracle } from "./oracle.ts";

describe("[x86-decode] beside iced-x86", () => {
  for (const bitness of [16, 32, 64] as const)
    test(`random bytes, ${bitness}-bit`, () => {
      const bytes = randomBytes(50_000, 0x5658 + bitness);
      const decoder = new iced.Decoder(bitness, bytes, iced.DecoderOptions.None);
      const oracle = new Oracle();
      const differences: string[] = [];
      for (let at = 0; at < bytes.length - 16; at++) {
        const what = oracle.compare(bytes, at, bitness, 0x7fff_ffff_f000n + BigInt(at), 0, decoder);
        if (what !== undefined)
          differences.push(`${Buffer.from(bytes.subarray(at, at + 15)).toString("hex")}: ${what}`);
      }
      expect(differences).toEqual([]);
    });
});
