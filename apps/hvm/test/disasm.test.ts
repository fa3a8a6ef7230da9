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

/** ELF64: header, .text at 0x40 in the file, symbols, names, section headers. */
function elf(
  type: number,
  address: number,
  text: number[],
  symbols: readonly [name: string, value: number][],
): number[] {
  const le = (value: number, size: number): number[] =>
    Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 255);
  const ascii = (word: string): number[] => [...word].map((c) => c.charCodeAt(0)).concat(0);
  const names = [0, ...symbols.flatMap(([name]) => ascii(name))];
  let at = 1;
  const table = [
    ...le(0, 24),
    ...symbols.flatMap(([name, value]) => {
      const entry = [...le(at, 4), 0x12, 0, ...le(1, 2), ...le(value, 8), ...le(0, 8)];
      at += name.length + 1;
      return entry;
    }),
  ];
  const sectionNames = [0, ...ascii(".text"), ...ascii(".symtab"), ...ascii(".strtab")];
  const textAt = 64;
  const tableAt = textAt + text.length;
  const namesAt = tableAt + table.length;
  const sectionNamesAt = namesAt + names.length;
  const headersAt = sectionNamesAt + sectionNames.length;
  const section = (
    name: number,
    kind: number,
    flags: number,
    where: number,
    offset: number,
    size: number,
    link = 0,
    entry = 0,
  ) =>
    [
      le(name, 4),
      le(kind, 4),
      le(flags, 8),
      le(where, 8),
      le(offset, 8),
      le(size, 8),
      le(link, 4),
      le(0, 4),
      le(1, 8),
      le(entry, 8),
    ].flat();
  return [
    ...[0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, ...le(0, 9)],
    ...[le(type, 2), le(62, 2), le(1, 4), le(address, 8), le(0, 8), le(headersAt, 8), le(0, 4), le(64, 2)].flat(),
    ...[le(0, 2), le(0, 2), le(64, 2), le(5, 2), le(4, 2)].flat(),
    ...text,
    ...table,
    ...names,
    ...sectionNames,
    ...section(0, 0, 0, 0, 0, 0),
    ...section(1, 1, 6, address, textAt, text.length),
    ...section(7, 2, 0, 0, tableAt, table.length, 3, 24),
    ...section(15, 3, 0, 0, namesAt, names.length),
    ...section(15, 3, 0, 0, sectionNamesAt, sectionNames.length),
  ];
}
// main: call +1 (to g); ret; g: lea rax,[rip-0x10]; ret
const program = [0xe8, 0x01, 0, 0, 0, 0xc3, 0x48, 0x8d, 0x05, 0xf3, 0xff, 0xff, 0xff, 0xc3];

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

  it("ELF: sections, symbols, and the names of what operands point to", async () => {
    const path = file(
      "elf",
      elf(2, 0x40_1000, program, [
        ["g", 0x40_1006],
        ["main", 0x40_1000],
      ]),
    );
    const { status, stdout } = await hvm(["disasm", path]);
    expect(status).toBe(0);
    expect(stdout).toBe(`section .text

main:
0000000000401000  e801000000              call 0000000000401006h  <g>
0000000000401005  c3                      ret

g:
0000000000401006  488d05f3ffffff          lea rax,[401000h]  <main>
000000000040100d  c3                      ret
`);
    const json = await hvm(["disasm", "--json", path]);
    expect(JSON.parse(lines(json.stdout)[0]!)).toEqual({
      ip: "0x401000",
      bytes: "e801000000",
      text: "call 0000000000401006h",
    });
  });

  it("a relocatable file has its labels, and no names for what is not linked yet", async () => {
    const path = file("object", elf(1, 0, program, [["f\u001b[2J", 0]]));
    const { stdout } = await hvm(["disasm", path]);
    expect(lines(stdout).slice(2, 4)).toEqual(["f\\x1b[2J:", "0000000000000000  e801000000              call 6"]);
  });

  it("an ELF file without code says so, and a cut one where it is cut", async () => {
    const whole = elf(2, 0x40_1000, program, []);
    const without = [...whole];
    without[whole.length - 4 * 64 + 8] = 2; // .text loses SHF_EXECINSTR
    const none = await hvm(["disasm", file("none", without)]);
    expect([none.status, none.stderr]).toEqual([65, expect.stringMatching(/none: no executable section/)]);
    const cut = await hvm(["disasm", file("cut", whole.slice(0, 100))]);
    expect([cut.status, cut.stderr]).toEqual([65, expect.stringMatching(/cut: .*offset|cut: .*section/)]);
  });

  it("addresses have 64 bits", async () => {
    const { stdout } = await hvm(["disasm", "--json", "--ip=0xffff_ffff_8100_0001", code]);
    expect(JSON.parse(lines(stdout)[0]!).ip).toBe("0xffffffff81000001");
  });

  it("colours show registers, numbers and mnemonics, on request even without a terminal", async () => {
    const { stdout } = await hvm(["disasm", "--raw", "--bitness=32", file("add5", [0x83, 0xc0, 0x05])], {
      env: { FORCE_COLOR: "1" },
    });
    expect(stdout).toContain("\x1b[36madd\x1b[0m \x1b[32meax\x1b[0m,\x1b[34m5\x1b[0m");
  });

  it.each([
    ["--ip=zz", /--ip: an address of up to 64 bits expected, found "zz"/],
    ["--ip=0x10000000000000000", /--ip: an address of up to 64 bits expected/],
    ["--syntax=masm", /--syntax: intel or gnu expected, found "masm"/],
    ["--bitness=48", /--bitness: 16, 32 or 64 expected, found 48/],
  ])("refuses %s", async (flag, message) => {
    const { status, stderr } = await hvm(["disasm", flag, code]);
    expect(status).toBe(64);
    expect(stderr).toMatch(message);
  });
});
