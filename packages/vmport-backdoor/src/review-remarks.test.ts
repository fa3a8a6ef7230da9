/**
 * Remarks from the review of the Xen series, each as a test named after it. Those on creation flags, parameters and the exception bitmap are
 * met, and tested, where domains are made; `REVIEW.md` has the whole list.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PlainRegisters } from "../test/plain-registers.ts";
import {
  createBackdoor,
  createHost,
  gpCheck,
  gpCheckNumbers,
  type HostOptions,
  type Personality,
  personalities,
  vmware,
  xenV6,
  xenV14,
} from "./index.ts";

const MAGIC = 0x564d_5868;
const HIGH = 0xdead_beefn << 32n;

function run(
  personality: Personality,
  command: number,
  options: HostOptions = {},
  cpl = 0,
  direction: "in" | "out" = "in",
  size: 1 | 2 | 4 = 4,
  port = 0x5658,
) {
  const registers = new PlainRegisters({}, cpl);
  for (let i = 0; i < 8; i++) registers.values[i] = HIGH;
  registers.values[0] = HIGH | BigInt(MAGIC);
  registers.values[1] = HIGH | BigInt(command);
  registers.values[2] = HIGH | 0x5658n;
  createBackdoor({ personality, host: createHost(options) }).access(direction, port, size, registers);
  return registers;
}

describe("[vmport-backdoor] review remarks", () => {
  it("2 (George): the EAX of GETHZ is the low 32 bits, and registers that handle_pio does not clip are clipped here", () => {
    for (const personality of [vmware, xenV6, xenV14]) {
      const registers = run(personality, 45, { tscKhz: 0xffff_ffff });
      const hz = 0xffff_ffffn * 1000n;
      expect(registers.readRegister32(0)).toBe(Number(hz & 0xffff_ffffn));
      expect(registers.readRegister32(3)).toBe(Number(hz >> 32n));
    }
  });

  it("2 (George): the time commands clip as well, far in the future", () => {
    const registers = run(vmware, 23, { epochNs: () => 0x1_2345_6789n * 1_000_000_000n });
    expect(registers.values[0]).toBe(0x2345_6789n);
  });

  it("4 (George): no assertion in the #GP path; a domain without the flag returns early", () => {
    const explode = () => {
      throw new Error("must not be asked");
    };
    const request = {
      errorCode: 0,
      rip: 0n,
      csBase: 0n,
      codeBits: 64 as const,
      registers: { readRegister32: explode },
      fetch: explode,
    };
    expect(gpCheck({ ...request, enabled: false })).toEqual({ code: "not-enabled" });
  });

  it("8 (Tim): GETHZ is for CPL 0 from v7 on; v6 had no check", () => {
    for (const cpl of [1, 2, 3]) {
      expect(run(xenV14, 45, {}, cpl).values[0]).toBe(0xffff_ffffn);
      expect(run(vmware, 45, {}, cpl).values[0]).toBe(0xffff_ffffn);
      expect(run(vmware, 45, {}, cpl).values[3], "the others are left alone").toBe(HIGH);
      expect(run(xenV6, 45, {}, cpl).values[0]).toBe(2_400_000_000n);
    }
  });

  it("11 (Boris, Jan): instruction bytes are read once", () => {
    const seen: number[] = [];
    gpCheck({
      enabled: true,
      errorCode: 0,
      registers: new PlainRegisters({ rax: MAGIC, rdx: 0x5658 }),
      rip: 0xffen,
      csBase: 0n,
      codeBits: 64,
      fetch(linear, length) {
        for (let i = 0; i < length; i++) seen.push(Number(linear) + i);
        return new Uint8Array(length).fill(0x66);
      },
    });
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("12 (Boris): result codes have names, and numbers that cannot be mistaken for X86EMUL_*", () => {
    const { handled, ...rest } = gpCheckNumbers;
    expect(handled).toBe(0);
    for (const number of Object.values(rest)) expect(number).toBeGreaterThan(3);
  });

  it("13 (Boris): the check alters nothing, so the caller can re-inject the original error code", () => {
    const registers = Object.freeze(new PlainRegisters({ rax: MAGIC, rdx: 0x5658 }));
    const request = Object.freeze({
      enabled: true,
      errorCode: 0x2a,
      registers,
      rip: 0n,
      csBase: 0n,
      codeBits: 64 as const,
      fetch: () => undefined,
    });
    const before = registers.toString();
    expect(gpCheck(request).code).toBe("bad-state");
    expect(registers.toString()).toBe(before);
  });

  it("16 (Jan): hardware versions below 7 have no CPUID leaves at all", () => {
    for (const personality of personalities) {
      if (personality.cpuid.signature === "VMwareVMware") expect(personality.cpuid.fromHardwareVersion).toBe(7);
    }
  });

  it("17 (Jan): the port is checked exactly from v9 on", () => {
    for (const port of [0x5659, 0x565a, 0x565b]) {
      expect(run(xenV14, 10, {}, 0, "in", 1, port).values[3]).toBe(HIGH);
      expect(run(xenV6, 10, {}, 0, "in", 1, port).values[3]).toBe(BigInt(MAGIC));
    }
  });

  it("17 (Jan): other sizes and OUT update the other registers, in their 32-bit halves only", () => {
    for (const direction of ["in", "out"] as const) {
      for (const size of [1, 2, 4] as const) {
        const registers = run(xenV14, 10, {}, 0, direction, size);
        expect(registers.values[3]).toBe(HIGH | BigInt(MAGIC));
        expect(registers.values[1]).toBe(HIGH | 2n);
        if (direction === "out") expect(registers.values[0]).toBe(HIGH | BigInt(MAGIC));
      }
    }
  });

  it("23 (Jan 2020): tsc_khz * 1000 does not overflow 32 bits", () => {
    expect(run(xenV6, 45, { tscKhz: 4_294_968 }).readRegister32(3)).toBe(1);
    expect(run(xenV6, 45, { tscKhz: 4_294_967 }).readRegister32(3)).toBe(0);
  });

  it("23 (Jan 2020): the signed time offset stays signed", () => {
    const epochNs = () => 1_000_000_000_000n;
    expect(run(xenV14, 23, { epochNs, timeOffsetSeconds: -90 * 60 }).readRegister32(2) | 0).toBe(-90);
    expect(run(xenV6, 23, { epochNs, timeOffsetSeconds: -600 }).values[0]).toBe(400n);
    expect(run(xenV6, 23, { epochNs, timeOffsetSeconds: 600 }).values[0]).toBe(1600n);
  });

  it("23 (Jan 2020): GETHWVERSION without a configured version answers 4", () => {
    expect(run(xenV14, 17, { hardwareVersion: 0 }).values[0]).toBe(4n);
  });

  it("23 (Jan 2020): the lag of a second is one number in one place", () => {
    expect(run(xenV14, 23).readRegister32(1)).toBe(1_000_000);
    expect(run(xenV14, 46).readRegister32(1)).toBe(1_000_000);
    expect(run(xenV6, 46).readRegister32(1)).toBe(0);
  });
});

describe("[vmport-backdoor] review remarks on the rest", () => {
  const check = (code: readonly number[], extra: Partial<Parameters<typeof gpCheck>[0]> = {}) =>
    gpCheck({
      enabled: true,
      errorCode: 0,
      registers: new PlainRegisters({ rax: MAGIC, rdx: 0x5658 }),
      rip: 0n,
      csBase: 0n,
      codeBits: 64,
      fetch: (_linear, length) => Uint8Array.from({ length }, (_, i) => code[i] ?? 0x90),
      ...extra,
    }).code;

  it("3 (George, Andrew): the check has a decoder of its own; behind a forced-emulation prefix it finds no access", () => {
    expect(check([0xed])).toBe("handled");
    expect(check([0x0f, 0x0b, 0x78, 0x65, 0x6e, 0xed])).toBe("bad-opcode");
  });

  it("7 (Ian, George): messages are somebody else's; without a handler the port refuses them", () => {
    for (const personality of [vmware, xenV6]) expect(run(personality, 0x1_001e).readRegister32(1)).toBe(0);
  });

  it("8 (Andrew): only GETHZ has the CPL check; the other commands of the series answer in ring 3", () => {
    for (const command of [1, 10, 17, 23, 46])
      expect(run(xenV14, command, {}, 3).readRegister32(0), String(command)).not.toBe(0xffff_ffff);
  });

  it("10 (George): every command cites where its facts are from", () => {
    const folder = new URL("commands/", import.meta.url);
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts") && !/test|gen/.test(name)))
      expect(readFileSync(new URL(file, folder), "utf8"), file).toMatch(/^ \* Sources?: \S/m);
  });

  it("12 (Boris): the error code is one field and the instruction's length another", () => {
    expect(check([0xed], { errorCode: 1 })).toBe("bad-state");
    expect(check([0xed], { instructionLength: 1 })).toBe("handled");
    expect(check([0x66, 0xed], { instructionLength: 1 })).toBe("bad-opcode");
    expect(check([0xed], { instructionLength: 16 })).toBe("bad-state");
  });

  it("14 (Andrew): the bus frequency is one constant, in Hz here", () => {
    expect(createHost().apicBusHz).toBe(100_000_000);
    expect(run(xenV6, 45).readRegister32(1)).toBe(100_000_000);
  });

  it("15 (Konrad): it builds alone: no dependency but the bus and the log", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(Object.keys(manifest.dependencies)).toEqual(["portio-bus", "vmport-debug-log"]);
  });

  it("20 (Jan): ring 3 was not convincing enough, and v14 has none; v6 and VMware have", () => {
    const ring3 = (personality: Personality) =>
      createBackdoor({ personality, host: createHost() }).gpCheck({
        enabled: true,
        errorCode: 0,
        registers: new PlainRegisters({ rax: MAGIC, rcx: 10, rdx: 0x5658 }, 3),
        rip: 0n,
        csBase: 0n,
        codeBits: 64,
        fetch: (_linear, length) => new Uint8Array(length).fill(0xed),
      }).code;
    expect([xenV14, xenV6, vmware].map(ring3)).toEqual(["not-enabled", "handled", "handled"]);
  });

  it("21 (George, Jan): what is not consumed is not touched: EDI survives every command of v14", () => {
    for (const command of [1, 10, 17, 23, 45, 46]) expect(run(xenV14, command).values[7]).toBe(HIGH);
  });

  it("24 (Jan 2020): REP INS and OUTS on the low-bandwidth port are no backdoor access", () => {
    for (const opcode of [0x6c, 0x6d, 0x6e, 0x6f]) expect(check([0xf3, opcode])).toBe("bad-opcode");
  });

  it("25 (Paul): one test says whether a personality has VMware's leaves", () => {
    for (const { cpuid } of personalities)
      expect(Object.keys(cpuid).sort()).toEqual(["fromHardwareVersion", "maxLeaf", "signature"]);
  });
});
