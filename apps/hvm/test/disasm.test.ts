import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hvm } from "./cli.ts";

const folder = mkdtempSync(join(tmpdir(), "hvm-disasm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, bytes: number[]): string => {
  const path = join(folder, name);
  writeFileSync(path, Uint8Array.from(bytes));
  return path;
};

// in eax,dx; out dx,al; and one byte that 64-bit code does not have (PUSH ES)
const code = file("code", [0xed, 0xee, 0x06]);
const lines = (text: string): string[] => text.trimEnd().split("\n");

describe("[hvm disasm]", () => {
  it("raw code: address, bytes, text; what is no instruction is said and passed by", async () => {
    const { status, stdout } = await hvm(["disasm", "--raw", "--bitness=64", "--ip=0x1000", code]);
    expect(status).toBe(0);
    expect(lines(stdout).map((line) => line.split(/\s{2,}/))).toEqual([
      ["0000000000001000", "ed", "in eax,dx"],
      ["0000000000001001", "ee", "out dx,al"],
      ["0000000000001002", "06", "(bad)"],
    ]);
  });

  it("--json: one object per line and instruction; the bitness decides", async () => {
    const { stdout } = await hvm(["disasm", "--json", "--bitness=16", code]);
    expect(lines(stdout).map((line) => JSON.parse(line))).toEqual([
      { ip: "0x0", bytes: "ed", text: "in ax,dx" },
      { ip: "0x1", bytes: "ee", text: "out dx,al" },
      { ip: "0x2", bytes: "06", text: "push es" },
    ]);
  });

  it("--syntax=gnu turns the operands round", async () => {
    // add eax, ecx (SDM vol. 2, ADD r/m32, r32)
    const { stdout } = await hvm(["disasm", "--json", "--syntax=gnu", "--bitness=32", file("add", [0x01, 0xc8])]);
    expect(JSON.parse(lines(stdout)[0]!).text).toBe("add %ecx,%eax");
  });

  it("a boot sector is 16-bit code at 0x7c00, without its signature", async () => {
    const path = file("sector", [0xfa, 0xf4, ...new Array(508).fill(0x90), 0x55, 0xaa]);
    const { stdout } = await hvm(["disasm", "--json", path]);
    const insns = lines(stdout).map((line) => JSON.parse(line));
    expect(insns.slice(0, 3)).toEqual([
      { ip: "0x7c00", bytes: "fa", text: "cli" },
      { ip: "0x7c01", bytes: "f4", text: "hlt" },
      { ip: "0x7c02", bytes: "90", text: "nop" },
    ]);
    expect(insns).toHaveLength(510);
  });

  it.each([
    ["--syntax=masm", /--syntax: intel or gnu expected, found "masm"/],
    ["--bitness=48", /--bitness: 16, 32 or 64 expected, found 48/],
  ])("refuses %s", async (flag, message) => {
    const { status, stderr } = await hvm(["disasm", flag, code]);
    expect(status).toBe(64);
    expect(stderr).toMatch(message);
  });
});
