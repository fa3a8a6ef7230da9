import { describe, expect, test } from "vitest";
import { createGnuFormatter, formatGnu, gnuTokens } from "./gnu.ts";
import { decode, type Instruction } from "./index.ts";
import { createIntelFormatter, formatIntel, intelTokens, type TextOptions } from "./intel.ts";

const one = (hex: string, bitness: 16 | 32 | 64 = 64): Instruction =>
  decode(
    Uint8Array.from(hex.match(/../g)!, (b) => Number.parseInt(b, 16)),
    { bitness, ip: 0x1000n },
  )[0]!;

describe("[x86-decode] text options", () => {
  const add = one("83448e80ff"); // add dword ptr [rsi+rcx*4-80h],-1
  test.each([
    [{}, "add dword ptr [rsi+rcx*4-80h],0FFFFFFFFh", "addl $0xFFFFFFFF,-0x80(%rsi,%rcx,4)"],
    [{ uppercaseHex: false }, "add dword ptr [rsi+rcx*4-80h],0ffffffffh", "addl $0xffffffff,-0x80(%rsi,%rcx,4)"],
    [{ signedImmediates: true }, "add dword ptr [rsi+rcx*4-80h],-1", "addl $-1,-0x80(%rsi,%rcx,4)"],
    [
      { spaceAfterSeparator: true },
      "add dword ptr [rsi+rcx*4-80h], 0FFFFFFFFh",
      "addl $0xFFFFFFFF, -0x80(%rsi, %rcx, 4)",
    ],
    [{ memorySize: "never" }, "add [rsi+rcx*4-80h],0FFFFFFFFh", "addl $0xFFFFFFFF,-0x80(%rsi,%rcx,4)"],
    [
      { uppercaseMnemonics: true, uppercaseRegisters: true, uppercaseKeywords: true },
      "ADD DWORD PTR [RSI+RCX*4-80h],0FFFFFFFFh",
      "ADDL $0xFFFFFFFF,-0x80(%RSI,%RCX,4)",
    ],
    [
      { hexPrefix: "0x", hexSuffix: "" },
      "add dword ptr [rsi+rcx*4-0x80],0xFFFFFFFF",
      "addl $0xFFFFFFFF,-0x80(%rsi,%rcx,4)",
    ],
  ] as readonly [TextOptions, string, string][])("%j", (options, intel, gnu) => {
    expect(formatIntel(add, options)).toBe(intel);
    expect(createIntelFormatter(options)(add)).toBe(intel);
    expect(formatGnu(add, options)).toBe(gnu);
    expect(createGnuFormatter(options)(add)).toBe(gnu);
  });

  test("sizes always, RIP-relative addresses, pseudo-operations, short targets", () => {
    expect(formatIntel(one("8b00"), { memorySize: "always" })).toBe("mov eax,dword ptr [rax]");
    expect(formatIntel(one("488b0510000000"), { ripRelative: true })).toBe("mov rax,[rip+10h]");
    expect(formatGnu(one("488b05f0ffffff"), { ripRelative: true })).toBe("mov -0x10(%rip),%rax");
    expect(formatIntel(one("0fc2c101"))).toBe("cmpltps xmm0,xmm1");
    expect(formatIntel(one("0fc2c101"), { pseudoOps: false })).toBe("cmpps xmm0,xmm1,1");
    expect(formatIntel(one("ebfe"), { branchLeadingZeros: false })).toBe("jmp short 1000h");
  });

  test("symbols and tokens", () => {
    const symbol = (address: bigint): string | undefined => (address === 0x1005n ? "main+5" : undefined);
    const call = one("e800000000");
    expect(formatIntel(call, { symbol })).toBe("call main+5");
    expect(formatGnu(call, { symbol })).toBe("call main+5");
    expect(formatIntel(one("e801000000"), { symbol })).toBe("call 0000000000001006h");
    expect(intelTokens(call, { symbol }).map((t) => `${t.kind}:${t.text}`)).toEqual([
      "mnemonic:call",
      "punctuation: ",
      "symbol:main+5",
    ]);
    expect(
      intelTokens(add)
        .map((t) => t.text)
        .join(""),
    ).toBe(formatIntel(add));
    expect(
      intelTokens(add)
        .filter((t) => t.kind === "register")
        .map((t) => t.text),
    ).toEqual(["rsi", "rcx"]);
    expect(
      gnuTokens(add)
        .filter((t) => t.kind === "number")
        .map((t) => t.text),
    ).toEqual(["$0xFFFFFFFF", "-0x80", "4"]);
    expect(
      intelTokens(one("f0830001"))
        .map((t) => t.kind)
        .slice(0, 3),
    ).toEqual(["prefix", "punctuation", "mnemonic"]);
  });

  test("no instruction", () => {
    expect(formatIntel(one("06"))).toBe("(bad)");
    expect(formatGnu(one("06"))).toBe("(bad)");
  });
});
