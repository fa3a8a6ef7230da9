import { describe, expect, it } from "vitest";
import { elf, program, start, tree } from "../test/harness.ts";
import { memoryFiles } from "./files.ts";
import { ProcessError } from "./process-error.ts";
import { Gpr } from "./vcpu.ts";

const PIE = 0x5555_5555_4000;

/** argc, argv, envp and auxv as a program reads them from its stack (psABI 1.0 figure 3.9). */
function readStack({ process, vcpu }: ReturnType<typeof start>) {
  let at = Number(vcpu.readRegister(Gpr.RSP));
  const word = (): bigint => {
    const value = process.space.readU64(at)!;
    at += 8;
    return value;
  };
  const strings = (): string[] => {
    const found: string[] = [];
    for (let pointer = word(); pointer !== 0n; pointer = word()) found.push(process.space.readString(Number(pointer))!);
    return found;
  };
  const argc = word();
  const argv = strings();
  const envp = strings();
  const auxv = new Map<number, bigint>();
  for (let type = word(); type !== 0n; type = word()) auxv.set(Number(type), word());
  return { argc, argv, envp, auxv };
}

describe("[loadProgram]", () => {
  it("gives the stack of the psABI", () => {
    const harness = start({
      args: ["program", "", "zwei"],
      env: { A: "1", B: "x=y" },
      uid: 7,
      gid: 8,
      hwcap: 0x178b_fbff,
    });
    expect(harness.vcpu.readRegister(Gpr.RSP) % 16n).toBe(0n);
    const { argc, argv, envp, auxv } = readStack(harness);
    expect([argc, argv, envp]).toEqual([3n, ["program", "", "zwei"], ["A=1", "B=x=y"]]);
    const { space } = harness.process;
    expect(space.readString(Number(auxv.get(31)))).toBe("/bin/program");
    expect(space.readString(Number(auxv.get(15)))).toBe("x86_64");
    expect(space.read(Number(auxv.get(25)), 16)).toEqual(new Uint8Array(16).fill(0x5a));
    for (const type of [31, 15, 25]) auxv.delete(type);
    // Linux include/uapi/linux/auxvec.h
    expect(Object.fromEntries(auxv)).toEqual({
      3: 0x40_0040n,
      4: 56n,
      5: 2n,
      6: 4096n,
      7: 0n,
      8: 0n,
      9: 0x40_1000n,
      11: 7n,
      12: 7n,
      13: 8n,
      14: 8n,
      16: 0x178b_fbffn,
      17: 100n,
      23: 0n,
      26: 0n,
      51: 2048n,
    });
  });

  it("maps segments as the file says, bss zero, and starts the heap behind them", () => {
    const { process, sys } = start();
    const { space } = process;
    expect(space.read(0x40_1010, 1)).toEqual(new Uint8Array([0x01]));
    expect(space.read(0x40_37ff, 2)).toEqual(new Uint8Array([0x7f, 0]));
    expect(space.read(0x40_4fff, 1)).toEqual(new Uint8Array([0]));
    expect(space.write(0x40_1000, new Uint8Array(1))).toBe(false);
    expect(space.write(0x40_3000, new Uint8Array(1))).toBe(true);
    expect(sys("brk")).toBe(0x40_5000);
  });

  it("code keeps the file's bytes behind its segment, data does not", () => {
    const files = memoryFiles({
      "/bin/program": elf({
        segments: [
          { address: 0x40_0000, fileSize: 0x1010 },
          { flags: 6, offset: 0x1000, address: 0x50_1000, fileSize: 0x20 },
        ],
      }),
    });
    const { space } = start({ files }).process;
    expect(space.read(0x40_1020, 1)).toEqual(new Uint8Array([0x02]));
    expect(space.read(0x50_1010, 1)).toEqual(new Uint8Array([0x01]));
    expect(space.read(0x50_1020, 1)).toEqual(new Uint8Array([0]));
  });

  it("enters ring 3 at the entry, with empty registers", () => {
    const { vcpu } = start();
    expect(vcpu.rip).toBe(0x40_1000n);
    expect(vcpu.rflags).toBe(0x202n);
    expect([...vcpu.registers].filter((value, index) => index !== Gpr.RSP && value !== 0n)).toEqual([]);
    expect(vcpu.segments.get("cs")).toEqual({ selector: 0x33, base: 0n, limit: 0xffff_ffff, attributes: 0xa0fb });
    expect(vcpu.segments.get("ss")).toEqual({ selector: 0x2b, base: 0n, limit: 0xffff_ffff, attributes: 0xc0f3 });
  });

  it("puts a position-independent program and its interpreter in their places", () => {
    const files = memoryFiles({
      "/bin/program": elf({
        type: 3,
        entry: 0x1000,
        segments: [{ address: 0 }, { type: 3, flags: 4, offset: 0x200, address: 0x200, fileSize: 8 }],
        texts: { 512: "/lib/ld" },
      }),
      "/lib/ld": elf({
        type: 3,
        entry: 0x1234,
        segments: [{ address: 0 }, { flags: 6, address: 0x4000, memorySize: 0x3000 }],
      }),
    });
    const harness = start({ files });
    const { auxv } = readStack(harness);
    const base = 0x7fff_f7ff_f000 - 0x7000;
    expect(auxv.get(9)).toBe(BigInt(PIE + 0x1000));
    expect(auxv.get(3)).toBe(BigInt(PIE + 0x40));
    expect(auxv.get(7)).toBe(BigInt(base));
    expect(harness.vcpu.rip).toBe(BigInt(base + 0x1234));
  });

  it("takes a relative path from the working directory, and /proc/self/exe names the file itself", () => {
    const { put, sys, bytes, process } = start({ path: "link", cwd: "/etc/../bin" });
    expect(process.cwd).toBe("/bin");
    const buffer = put(64);
    const length = sys("readlink", put("/proc/self/exe"), buffer, 64);
    expect(new TextDecoder().decode(bytes(buffer, length))).toBe("/bin/program");
  });

  const image = (bytes: Uint8Array | string) => ({ files: memoryFiles({ ...tree, "/bin/program": bytes }) });
  const one = (segment: Parameters<typeof elf>[0]["segments"][0], type = 2) =>
    image(elf({ type, segments: [segment] }));
  it.each([
    ["a file that is not there", { path: "/bin/none" }, "not-found", "/bin/none: no such program under the root"],
    ["a directory", { path: "/bin" }, "not-a-file", "a directory, not a program"],
    ["a device", { path: "/dev/null" }, "not-a-file", "a character, not a program"],
    ["a working directory that is not there", { cwd: "/none" }, "not-found", "/none: no such directory"],
    ["a working directory that is a file", { cwd: "/etc/hello" }, "not-found", "/etc/hello: no such directory"],
    ["a script", image("#!/bin/sh\n"), "unsupported", "name its interpreter's ELF file instead"],
    ["text", image("hello"), "not-elf", "no ELF magic number"],
    [
      "a truncated ELF",
      image(program().subarray(0, 100)),
      "truncated",
      "/bin/program: the program header table needs bytes",
    ],
    [
      "another machine",
      image(elf({ machine: 183, segments: [{ address: 0x40_0000 }] })),
      "wrong-architecture",
      "machine 183; x86-64 (64 bits, machine 62) or i386 (32 bits, machine 3) expected",
    ],
    ["an object file", image(elf({ type: 1, segments: [] })), "unsupported", "ELF type 1"],
    ["no segment", image(elf({ segments: [] })), "malformed", "no loadable segment"],
    ["a segment at 0", one({ address: 0 }), "malformed", "segment 0 at 0x0 does not fit into user space"],
    ["a segment in the kernel's half", one({ address: 0xffff_8000_0000_0000n }), "malformed", "does not fit"],
    ["a relative one there, too", one({ address: 0xffff_8000_0000_0000n }, 3), "malformed", "does not fit"],
    ["a size of 2^63", one({ address: 0x40_0000, memorySize: 1n << 63n }), "malformed", "does not fit"],
    [
      "an end that only the base makes too high",
      one({ address: 0, memorySize: 0x7000_0000_0000 }, 3),
      "malformed",
      "does not fit",
    ],
    ["offset and address out of step", one({ address: 0x40_0800 }), "malformed", "differ modulo 4096"],
    [
      "an interpreter that is not there",
      image(
        elf({
          segments: [{ address: 0x40_0000 }, { type: 3, offset: 0x200, address: 0, fileSize: 8 }],
          texts: { 512: "/lib/no" },
        }),
      ),
      "not-found",
      "/lib/no: no such interpreter of /bin/program",
    ],
    [
      "an interpreter without room",
      {
        files: memoryFiles({
          "/bin/program": elf({
            segments: [{ address: 0x40_0000 }, { type: 3, offset: 0x200, address: 0, fileSize: 8 }],
            texts: { 512: "/lib/ld" },
          }),
          "/lib/ld": elf({ type: 3, segments: [{ address: 0, memorySize: 0x7fff_ffff_0000 }] }),
        }),
      },
      "no-memory",
      "no room in the address space",
    ],
    ["arguments of 2 MiB", { args: ["x".repeat(1 << 21)] }, "arguments-too-long", "at most 2097152 fit"],
    [
      "a million empty arguments",
      { args: new Array(300_000).fill("") },
      "arguments-too-long",
      "arguments and environment take 2700000 bytes",
    ],
    ["15 pages", { poolBytes: 15 * 4096 }, "no-memory", "too little memory: 60 KiB in all"],
    [
      "16 pages and long arguments",
      { poolBytes: 16 * 4096, args: ["x".repeat(40_000)] },
      "no-memory",
      "no memory for the stack",
    ],
  ] as const)("%s: %s", (_, options, code, message) => {
    let error: unknown;
    try {
      start(options);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ProcessError);
    expect((error as ProcessError).code).toBe(code);
    expect((error as ProcessError).message).toContain(message);
  });
});
