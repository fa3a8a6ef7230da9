import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hvm } from "./cli.ts";

const folder = mkdtempSync(join(tmpdir(), "hvm-errors-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file in the test's folder. */
const file = (name: string, bytes: Uint8Array | number[] | string): string => {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, typeof bytes === "string" ? bytes : Uint8Array.from(bytes));
  return path;
};

/** A boot sector of these bytes. */
const sector = (...code: number[]): number[] => [...code, ...new Array(510 - code.length).fill(0), 0x55, 0xaa];

/** A minimal static ELF64 at 0x400000: header, one program header, code behind them. */
function elf(code: readonly number[], change: (view: DataView) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(120 + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 62, true);
  view.setBigUint64(24, 0x40_0078n, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setUint32(68, 5, true);
  view.setBigUint64(80, 0x40_0000n, true);
  view.setBigUint64(96, BigInt(bytes.length), true);
  view.setBigUint64(104, BigInt(bytes.length), true);
  view.setBigUint64(112, 0x1000n, true);
  bytes.set(code, 120);
  change(view);
  return bytes;
}

// mov edi, 42; mov eax, 60; syscall
const EXIT_42 = [0xbf, 42, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05];
const LOOP = [0xeb, 0xfe];

const program = (name: string, bytes: Uint8Array): string[] => {
  file(join("root", name), bytes);
  return [`--root=${join(folder, "root")}`, "--", `/${name}`];
};

const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
  [
    "no command's name",
    ["frobnicate"],
    64,
    /unknown command "frobnicate"[\s\S]*one of: demo, exec, run, create, trace, conformance, disasm/,
  ],
  [
    "an unknown flag",
    ["exec", "--vmware-prot=1", "--", "/x"],
    64,
    /unknown flag --vmware-prot; did you mean --vmware-port\?/,
  ],
  ["a flag without its value", ["exec", "--root"], 64, /--root needs a value: --root=DIR/],
  ["a switch with a value", ["exec", "--strace=1", "--", "/x"], 64, /--strace takes no value/],
  ["a bad boolean", ["exec", "--vmware-port=maybe", "--", "/x"], 64, /--vmware-port: 0 or 1 expected, found "maybe"/],
  [
    "a bad number",
    ["exec", "--memory=lots", "--", "/x"],
    64,
    /--memory: a number from 1 to 3072 expected, found "lots"/,
  ],
  [
    "an unknown personality",
    ["exec", "--personality=hyperv", "--", "/x"],
    64,
    /--personality: one of .*vmware.*xen-v6.* expected, found "hyperv"/,
  ],
  [
    "an unknown log class",
    ["exec", "--vmport-debug=trace,nonsense", "--", "/x"],
    64,
    /--vmport-debug: no class "nonsense"; use .*trace/,
  ],
  [
    "a hardware version that never was",
    ["exec", "--vmware-hw=5", "--", "/x"],
    64,
    /vmware_hw: 0, 3, 4 or 6 to 21 expected, found 5/,
  ],
  [
    "guestinfo without =",
    ["exec", "--guestinfo", "greeting", "--", "/x"],
    64,
    /--guestinfo: KEY=VALUE expected, found "greeting"/,
  ],
  [
    "guestinfo from a missing file",
    ["exec", "--guestinfo", "a=@/nonexistent/file", "--", "/x"],
    66,
    /--guestinfo a: \/nonexistent\/file: no such file/,
  ],
  [
    "a bad time",
    ["exec", "--start-time=yesterday", "--", "/x"],
    64,
    /--start-time: a time like .* expected, found "yesterday"/,
  ],
  ["no program", ["exec"], 64, /no program given[\s\S]*usage: hvm exec/],
  [
    "a root that is not there",
    ["exec", "--root=/nonexistent", "--", "/x"],
    66,
    /--root \/nonexistent: no such directory/,
  ],
  [
    "a program that is not there",
    ["exec", `--root=${folder}`, "--", "/nowhere"],
    66,
    /\/nowhere: no such program under the root/,
  ],
  ["a directory as a program", ["exec", `--root=${folder}`, "--", "/"], 66, /\/: a directory, not a program/],
  [
    "a text file as a program",
    ["exec", ...program("text", new TextEncoder().encode("hello, world"))],
    65,
    /\/text: no ELF magic number/,
  ],
  [
    "a script",
    ["exec", ...program("script", new TextEncoder().encode("#!/bin/sh\n"))],
    65,
    /\/script: a script \(#!\)/,
  ],
  [
    "a truncated ELF",
    ["exec", ...program("short", elf(EXIT_42).subarray(0, 70))],
    65,
    /\/short: the program header table needs bytes 64–119, the file ends at 70/,
  ],
  [
    "a program for ARM64",
    [
      "exec",
      ...program(
        "arm",
        elf(EXIT_42, (view) => view.setUint16(18, 183, true)),
      ),
    ],
    65,
    /machine 183; x86-64 .*machine 62\).* expected/,
  ],
  [
    "a segment beyond the file",
    [
      "exec",
      ...program(
        "beyond",
        elf(EXIT_42, (view) => view.setBigUint64(96, 0x1000n, true)),
      ),
    ],
    65,
    /\/beyond: .* the file ends at/,
  ],
  [
    "an absent interpreter",
    ["exec", ...program("dynamic", interpreted("/lib64/ld.so"))],
    66,
    /\/lib64\/ld\.so: no such interpreter of \/dynamic/,
  ],
  // The page fault that brought the first page took a tick, too.
  [
    "an endless program under --max-insns",
    ["exec", "--max-insns=10k", ...program("loop", elf(LOOP))],
    124,
    /loop did not end within --max-insns \(9999 instructions, at RIP 0x400078\)/,
  ],
  [
    "an endless program under --timeout",
    ["exec", "--timeout=0.05", ...program("loop", elf(LOOP))],
    124,
    /loop did not end within --timeout/,
  ],
  [
    "a fault nobody handles",
    ["exec", ...program("fault", elf([0x48, 0x31, 0xc0, 0x8b, 0x00]))],
    139,
    /fault was killed by SIGSEGV \(vector 14 at 0x40007b, address 0x0\)/,
  ],
  [
    "an instruction that the processor lacks",
    ["exec", ...program("avx", elf([0xc5, 0xfc, 0x58, 0xc1]))],
    69,
    /avx: instruction not implemented: vaddps ymm0,ymm0,ymm1 \(c5 fc 58 c1\) at RIP 0x400078/,
  ],
  [
    "an instruction that is undefined on purpose",
    ["exec", ...program("ud2", elf([0x0f, 0x0b]))],
    132,
    /ud2 was killed by SIGILL \(vector 6 at 0x400078/,
  ],
  ["an image that is not there", ["run", join(folder, "nowhere")], 66, /nowhere: no such file/],
  ["no image", ["run"], 64, /no image given/],
  [
    "an image of no known format",
    ["run", file("noise", "just words")],
    65,
    /noise: no setup header .*boot signature .*ELF magic .*multiboot header/,
  ],
  [
    "a cut boot sector given as flat code of no mode",
    ["run", "--flat=huge", file("noise", "just words")],
    64,
    /--flat: one of real, protected, long expected/,
  ],
  [
    "a triple fault",
    ["run", file("triple", sector(0x0f, 0x01, 0x1e, 0x06, 0x7c, 0xcc))],
    74,
    /triple: triple fault at RIP 0x7c05/,
  ],
  [
    "an endless image",
    ["run", "--max-insns=1000", file("loop", sector(...LOOP))],
    124,
    /loop did not end within --max-insns \(1000 instructions, at RIP 0x7c00\)/,
  ],
  [
    "an image that needs more memory",
    ["run", "--memory=1", "--flat=protected", "--address=0x200000", file("high", [0xf4])],
    71,
    /memory: the image needs 3 MiB at least, the machine has 1/,
  ],
  [
    "a file that is neither ELF nor boot sector",
    ["disasm", file("noise", "just words")],
    65,
    /noise: neither ELF nor a boot sector/,
  ],
];

/** `elf` with a second program header: PT_INTERP. */
function interpreted(path: string): Uint8Array {
  const name = new TextEncoder().encode(`${path}\0`);
  const bytes = new Uint8Array(176 + name.length);
  bytes.set(elf([]).subarray(0, 120));
  const view = new DataView(bytes.buffer);
  view.setUint16(56, 2, true);
  view.setBigUint64(24, 0x40_00b0n, true);
  view.setBigUint64(96, BigInt(bytes.length), true);
  view.setBigUint64(104, BigInt(bytes.length), true);
  view.setUint32(120, 3, true);
  view.setBigUint64(128, 176n, true);
  view.setBigUint64(152, BigInt(name.length), true);
  view.setBigUint64(160, BigInt(name.length), true);
  bytes.set(name, 176);
  return bytes;
}

describe("[hvm] errors: a cause, what to do, an exit code, no stack trace", () => {
  it.each(cases)("%s", async (_, args, status, message) => {
    const run = await hvm(args);
    expect(run.stderr).toMatch(message);
    expect(run.status).toBe(status);
    expect(run.stdout).toBe("");
    expect(run.stderr).not.toMatch(/\n\s+at |internal error/);
    expect(run.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  });

  it("a good program of the same making runs", async () => {
    expect((await hvm(["exec", ...program("good", elf(EXIT_42))])).status).toBe(42);
  });

  it("too little memory for a program is said, and leaves no output file", async () => {
    // sub rsp; touch page after page of the stack downwards: lea rcx,[rsp]; mov byte [rcx],1; sub rcx,4096; jmp
    const touch = [0x48, 0x8d, 0x0c, 0x24, 0xc6, 0x01, 0x01, 0x48, 0x81, 0xe9, 0, 0x10, 0, 0, 0xeb, 0xf4];
    const out = join(folder, "guestinfo.json");
    const run = await hvm(["exec", "--memory=3", `--guestinfo-out=${out}`, ...program("greedy", elf(touch))]);
    expect(run.stderr).toMatch(/greedy needs more than the 3 MiB of memory/);
    expect(run.status).toBe(71);
    expect(readdirSync(folder).filter((name) => name.includes(".new"))).toEqual([]);
  });

  it("an output file that cannot be written is said", async () => {
    const run = await hvm([
      "exec",
      `--guestinfo-out=${join(folder, "no", "such", "folder.json")}`,
      ...program("good", elf(EXIT_42)),
    ]);
    expect(run.status).toBe(73);
    expect(run.stderr).toMatch(/cannot write .*folder\.json: ENOENT/);
    expect(existsSync(join(folder, "no"))).toBe(false);
  });

  it("an unknown system call is ENOSYS, and --strace shows it", async () => {
    // mov eax, 9999; syscall; mov edi, eax; neg edi; mov eax, 60; syscall
    const code = [0xb8, 0x0f, 0x27, 0, 0, 0x0f, 0x05, 0x89, 0xc7, 0xf7, 0xdf, 0xb8, 60, 0, 0, 0, 0x0f, 0x05];
    const run = await hvm(["exec", "--strace", ...program("unknown", elf(code))]);
    expect(run.status).toBe(38);
    expect(run.stderr).toContain("syscall_9999(0x0, 0x0, 0x0, 0x0, 0x0, 0x0) = -1 ENOSYS\n");
    expect(run.stderr).toContain("exit(38) = ?\n");
  });
});
