import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlainRegisters } from "../test/plain-registers.ts";
import { type GpCheckRequest, type GpCheckResult, gpCheck, gpCheckNumbers } from "./gp-check.ts";
import {
  bareMetal,
  createBackdoor,
  createHost,
  kvm,
  type Personality,
  qemu,
  virtualbox,
  vmware,
  xenV6,
  xenV14,
} from "./index.ts";

const MAGIC = 0x564d_5868;

/** Memory of code that counts how often each byte is fetched. */
class Code {
  readonly fetched: number[] = [];
  readonly calls: { linear: bigint; length: number }[] = [];
  readonly #bytes: Uint8Array;
  readonly #base: bigint;
  readonly #missing: ReadonlySet<bigint>;

  constructor(bytes: readonly number[], base: bigint, missingPages: readonly bigint[] = []) {
    this.#bytes = Uint8Array.from([...bytes, ...new Array<number>(16).fill(0x90)]);
    this.#base = base;
    this.#missing = new Set(missingPages);
  }

  fetch = (linear: bigint, length: number): Uint8Array | undefined => {
    this.calls.push({ linear, length });
    const page = linear >> 12n;
    expect((linear + BigInt(length) - 1n) >> 12n, "a fetch stays in one page").toBe(page);
    if (this.#missing.has(page)) return undefined;
    const offset = Number(linear - this.#base);
    for (let i = 0; i < length; i++) this.fetched.push(offset + i);
    return this.#bytes.slice(offset, offset + length);
  };
}

const words = (eax: number, edx: number) => Uint32Array.of(eax, 0, 0, 0, edx, 0, 0, 0);

const registers = (eax: number, edx: number) => ({
  readRegister32: (index: number) => (index === 0 ? eax : index === 2 ? edx : 0),
});

const check = (code: Code, rip: bigint, extra: Partial<GpCheckRequest> = {}, port = 0x5658): GpCheckResult =>
  gpCheck({
    enabled: true,
    errorCode: 0,
    registers: registers(MAGIC, port),
    rip,
    csBase: 0n,
    codeBits: 64,
    fetch: code.fetch,
    ...extra,
  });

const hex = (text: string): number[] => text.split(" ").map((byte) => Number.parseInt(byte, 16));

describe("[vmport-backdoor] #GP check: plain forms", () => {
  it.each([
    ["EC", 64, "in", 1, 1],
    ["ED", 64, "in", 4, 1],
    ["EE", 64, "out", 1, 1],
    ["EF", 64, "out", 4, 1],
    ["66 ED", 64, "in", 2, 2],
    ["66 EF", 32, "out", 2, 2],
    ["66 EC", 64, "in", 1, 2],
    ["66 66 66 ED", 64, "in", 2, 4],
    ["ED", 32, "in", 4, 1],
    ["ED", 16, "in", 2, 1],
    ["66 ED", 16, "in", 4, 2],
    ["66 66 66 66 66 66 66 66 66 66 66 66 66 66 ED", 64, "in", 2, 15],
  ] as const)("%s in %d-bit code: %s, %d bytes, length %d", (bytes, codeBits, direction, size, length) => {
    const result = check(new Code(hex(bytes), 0x40_1000n), 0x40_1000n, { codeBits });
    expect(result).toEqual({ code: "handled", length, direction, port: 0x5658, size });
  });

  it.each([
    ["E5 58", "an immediate form"],
    ["90", "no I/O"],
    ["F3 ED", "REP on IN"],
    ["48 ED", "REX"],
    ["6C", "INS"],
    ["F3 6E", "REP OUTS"],
    ["0F 33", "RDPMC"],
    ["66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 ED", "16 bytes"],
  ])("%s is not one (%s)", (bytes) => {
    expect(check(new Code(hex(bytes), 0n), 0n).code).toBe("bad-opcode");
  });

  it("adds the base of CS outside 64-bit code, cut to 32 bits", () => {
    const code = new Code([0xed], 0x10n);
    expect(check(code, 0xffff_fff8n, { codeBits: 32, csBase: 0x18n }).code).toBe("handled");
    expect(code.calls[0]?.linear).toBe(0x10n);
    const flat = new Code([0xed], 0xffff_8000_0000_0000n);
    expect(check(flat, 0xffff_8000_0000_0000n, { csBase: 0x18n }).code).toBe("handled");
  });
});

describe("[vmport-backdoor] #GP check: the first byte at hand", () => {
  it.each([
    [0xec, 64, "in", 1],
    [0xed, 64, "in", 4],
    [0xed, 32, "in", 4],
    [0xed, 16, "in", 2],
    [0xee, 16, "out", 1],
    [0xef, 64, "out", 4],
    [0xef, 16, "out", 2],
  ] as const)("%x in %d-bit code: decided without a fetch", (firstByte, codeBits, direction, size) => {
    const code = new Code([firstByte], 0n);
    const result = check(code, 0n, { codeBits, firstByte, words: words(MAGIC, 0xabcd_5658) });
    expect(result).toEqual({ code: "handled", length: 1, direction, port: 0x5658, size });
    expect(code.calls).toEqual([]);
  });

  it("what it does not decide is fetched as ever", () => {
    for (const firstByte of [-1, 0x66, 0xf3, 0x90, 0xe4, 0xe8]) {
      const code = new Code([0x66, 0xed], 0n);
      expect(check(code, 0n, { firstByte, words: words(MAGIC, 0x5658) })).toMatchObject({
        code: "handled",
        length: 2,
        size: 2,
      });
      expect(code.calls.length).toBe(1);
    }
  });

  it("decides nothing without magic, on another port, with an error code", () => {
    const outcome = (extra: Partial<GpCheckRequest>, port = 0x5658, magic = MAGIC) =>
      check(new Code([0xed], 0n), 0n, {
        firstByte: 0xed,
        registers: registers(magic, port),
        words: words(magic, port),
        ...extra,
      }).code;
    expect(outcome({})).toBe("handled");
    expect(outcome({}, 0x5658, MAGIC ^ 1)).toBe("bad-state");
    expect(outcome({}, 0x5657)).toBe("bad-state");
    expect(outcome({}, 0x5659)).toBe("bad-opcode");
    expect(outcome({ errorCode: 8 })).toBe("bad-state");
    expect(outcome({ enabled: false })).toBe("not-enabled");
  });
});

describe("[vmport-backdoor] #GP check: refusals", () => {
  const refused = (extra: Partial<GpCheckRequest>, port?: number) => {
    const code = new Code([0xed], 0n);
    return { ...check(code, 0n, extra, port), fetches: code.calls.length };
  };

  it("the flag is off: nothing is looked at, nothing fetched", () => {
    expect(refused({ enabled: false })).toEqual({ code: "not-enabled", fetches: 0 });
  });

  it.each([
    ["an error code", { errorCode: 0x18 }, 0x5658],
    ["wrong magic", { registers: registers(MAGIC + 1, 0x5658) }, 0x5658],
    ["neighbour below", {}, 0x5657],
    ["neighbour above", {}, 0x565a],
    ["random port", {}, 0x1234],
    ["an impossible length", { instructionLength: 0 }, 0x5658],
    ["an impossible length", { instructionLength: 16 }, 0x5658],
  ] as const)("%s: bad state, no fetch", (_name, extra, port) => {
    expect(refused(extra, port)).toEqual({ code: "bad-state", fetches: 0 });
  });

  it("only DX counts: bits 31:16 of EDX are the channel", () => {
    expect(check(new Code([0xed], 0n), 0n, {}, 0xabcd_5658).code).toBe("handled");
  });

  it("the code page is gone", () => {
    expect(check(new Code([0xed], 0x1000n, [1n]), 0x1000n)).toEqual({ code: "fetch-error-1" });
  });

  it("a short answer is a failed fetch", () => {
    expect(check(new Code([0xed], 0n), 0n, { fetch: () => new Uint8Array(0) })).toEqual({ code: "fetch-error-1" });
  });

  it("codes have numbers that do not meet Xen's 0..3, but for success", () => {
    expect(gpCheckNumbers).toEqual({
      handled: 0,
      "not-enabled": 10,
      "fetch-error-1": 11,
      "fetch-error-2": 12,
      "bad-opcode": 13,
      "bad-state": 14,
    });
  });
});

describe("[vmport-backdoor] #GP check: fetching", () => {
  it("the next page is fetched only if the instruction reaches into it", () => {
    const code = new Code([0xed], 0xfffn, [1n]);
    expect(check(code, 0xfffn).code).toBe("handled");
    expect(code.calls).toEqual([{ linear: 0xfffn, length: 1 }]);
  });

  it("an instruction over a page border: two fetches, no byte twice", () => {
    const code = new Code([0x66, 0xed], 0xfffn);
    expect(check(code, 0xfffn)).toMatchObject({ code: "handled", length: 2 });
    expect(code.calls.map((call) => call.linear)).toEqual([0xfffn, 0x1000n]);
    expect(new Set(code.fetched).size).toBe(code.fetched.length);
  });

  it("the second page is gone", () => {
    expect(check(new Code([0x66, 0xed], 0xfffn, [1n]), 0xfffn)).toEqual({ code: "fetch-error-2" });
  });

  it("VMX: only as many bytes as the processor reports", () => {
    const code = new Code([0x66, 0xed], 0x100n);
    expect(check(code, 0x100n, { instructionLength: 2 })).toMatchObject({ code: "handled", length: 2 });
    expect(code.calls).toEqual([{ linear: 0x100n, length: 2 }]);
  });

  it("VMX: the bytes have changed since the exit, and are longer than reported", () => {
    expect(check(new Code([0x66, 0xed], 0n), 0n, { instructionLength: 1 }).code).toBe("bad-opcode");
  });

  it("SVM: no length, up to 15 bytes in one fetch", () => {
    const code = new Code([0xed], 0x100n);
    check(code, 0x100n);
    expect(code.calls).toEqual([{ linear: 0x100n, length: 15 }]);
  });

  it("at the end of the address space the second part wraps as the processor's would", () => {
    const code = new Code([0x66, 0xed], 0xffff_ffffn);
    const calls: bigint[] = [];
    const result = check(code, 0xffff_ffffn, {
      codeBits: 32,
      fetch: (linear, length) => {
        calls.push(linear);
        return Uint8Array.from(linear === 0n ? [0xed] : [0x66]).length === length
          ? Uint8Array.of(linear === 0n ? 0xed : 0x66)
          : new Uint8Array(length).fill(0xed);
      },
    });
    expect(calls).toEqual([0xffff_ffffn, 0n]);
    expect(result.code).toBe("handled");
  });
});

describe("[vmport-backdoor] #GP check: string forms on 0x5659", () => {
  it.each([
    ["F3 6C", 64, { length: 2, direction: "in", size: 1, string: { rep: true, addressBits: 64, segment: undefined } }],
    ["F3 6E", 64, { length: 2, direction: "out", size: 1, string: { rep: true, addressBits: 64, segment: undefined } }],
    ["F2 6E", 32, { length: 2, direction: "out", size: 1, string: { rep: true, addressBits: 32, segment: undefined } }],
    ["6E", 64, { length: 1, direction: "out", size: 1, string: { rep: false, addressBits: 64, segment: undefined } }],
    [
      "67 F3 6C",
      64,
      { length: 3, direction: "in", size: 1, string: { rep: true, addressBits: 32, segment: undefined } },
    ],
    [
      "67 F3 6C",
      32,
      { length: 3, direction: "in", size: 1, string: { rep: true, addressBits: 16, segment: undefined } },
    ],
    ["F3 6C", 16, { length: 2, direction: "in", size: 1, string: { rep: true, addressBits: 16, segment: undefined } }],
    ["64 F3 6E", 64, { length: 3, direction: "out", size: 1, string: { rep: true, addressBits: 64, segment: "fs" } }],
    [
      "2E F3 6E",
      64,
      { length: 3, direction: "out", size: 1, string: { rep: true, addressBits: 64, segment: undefined } },
    ],
    ["2E F3 6E", 32, { length: 3, direction: "out", size: 1, string: { rep: true, addressBits: 32, segment: "cs" } }],
    [
      "64 F3 6C",
      64,
      { length: 3, direction: "in", size: 1, string: { rep: true, addressBits: 64, segment: undefined } },
    ],
    [
      "F3 48 6E",
      64,
      { length: 3, direction: "out", size: 1, string: { rep: true, addressBits: 64, segment: undefined } },
    ],
    ["F3 6D", 64, { length: 2, direction: "in", size: 4, string: { rep: true, addressBits: 64, segment: undefined } }],
    [
      "66 F3 6F",
      64,
      { length: 3, direction: "out", size: 2, string: { rep: true, addressBits: 64, segment: undefined } },
    ],
  ] as const)("%s in %d-bit code", (bytes, codeBits, expected) => {
    const result = check(new Code(hex(bytes), 0n), 0n, { codeBits }, 0x5659);
    expect(result).toEqual({ code: "handled", port: 0x5659, ...expected });
  });

  it.each(["ED", "EC", "F0 6C", "48", "F3 A4", "F3 48 48 6C"])("%s is not one", (bytes) => {
    expect(check(new Code(hex(bytes), 0n), 0n, {}, 0x5659).code).toBe("bad-opcode");
  });

  it("prefixes without end stop at 15 bytes", () => {
    expect(check(new Code(new Array<number>(20).fill(0x26), 0n), 0n, {}, 0x5659).code).toBe("bad-opcode");
  });
});

describe("[vmport-backdoor] #GP check: by personality", () => {
  const outcome = (personality: Personality, bytes: string, eax: number, port: number, ecx = 10) => {
    const file = { readRegister32: (index: number) => [eax, ecx, port][index] ?? 0 };
    const request = { enabled: true, errorCode: 0, registers: file, rip: 0n, csBase: 0n, codeBits: 64 as const };
    return createBackdoor({ personality, host: createHost() }).gpCheck({
      ...request,
      fetch: new Code(hex(bytes), 0n).fetch,
    }).code;
  };

  it.each([
    ["vmware", vmware, ["handled", "handled", "bad-state", "bad-opcode", "bad-opcode"]],
    ["xen-v6", xenV6, ["handled", "bad-state", "bad-state", "bad-opcode", "bad-state"]],
    ["xen-v14", xenV14, ["not-enabled", "not-enabled", "not-enabled", "not-enabled", "not-enabled"]],
    ["qemu", qemu, ["not-enabled", "not-enabled", "not-enabled", "not-enabled", "not-enabled"]],
    ["kvm", kvm, ["handled", "handled", "handled", "handled", "handled"]],
    ["bare-metal", bareMetal, ["not-enabled", "not-enabled", "not-enabled", "not-enabled", "not-enabled"]],
  ] as const)("%s", (_name, personality, expected) => {
    expect([
      outcome(personality, "ED", MAGIC, 0x5658),
      outcome(personality, "F3 6E", MAGIC, 0x5659),
      outcome(personality, "ED", 1, 0x5658),
      outcome(personality, "F3 6C", MAGIC, 0x5658),
      outcome(personality, "ED", MAGIC, 0x5659),
    ]).toEqual(expected);
  });

  it("virtualbox takes what its fixer knows and nothing else", () => {
    expect(outcome(virtualbox, "ED", MAGIC, 0x5658, 0x1_001e)).toBe("handled");
    expect(outcome(virtualbox, "ED", MAGIC, 0x5658, 0x55)).toBe("handled");
    expect(outcome(virtualbox, "ED", MAGIC, 0x5658, 10)).toBe("bad-state");
  });

  it("kvm: other ports and instructions stay faults", () => {
    expect(outcome(kvm, "ED", MAGIC, 0x1234)).toBe("bad-state");
    expect(outcome(kvm, "0F 33", MAGIC, 0x5658)).toBe("bad-opcode");
    expect(outcome(kvm, "E5 58", MAGIC, 0x5658)).toBe("bad-opcode");
  });
});

describe("[vmport-backdoor] #GP check: properties", () => {
  it("any bytes at any address: never throws, never reads a byte twice, length 1..15", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(0x66, 0x67, 0xf2, 0xf3, 0x48, 0x64, 0x6c, 0x6d, 0x6e, 0x6f, 0xec, 0xed, 0xee, 0xef, 0x90),
          {
            minLength: 1,
            maxLength: 16,
          },
        ),
        fc.integer({ min: 0xff0, max: 0x1000 }),
        fc.constantFrom(16, 32, 64) as fc.Arbitrary<16 | 32 | 64>,
        fc.constantFrom(0x5658, 0x5659),
        fc.option(fc.integer({ min: 1, max: 15 }), { nil: undefined }),
        fc.boolean(),
        (bytes, rip, codeBits, port, instructionLength, gone) => {
          const code = new Code(bytes, BigInt(rip), gone ? [1n] : []);
          const result = check(code, BigInt(rip), { codeBits, instructionLength }, port);
          expect(new Set(code.fetched).size).toBe(code.fetched.length);
          expect(code.calls.length).toBeLessThanOrEqual(2);
          if (result.code === "handled") expect(result.length).toBeLessThanOrEqual(instructionLength ?? 15);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("[vmport-backdoor] a fault that nobody would answer is given back", () => {
  const check = (personality: Personality, code: number[], rdx = 0x5659) =>
    createBackdoor({ personality, host: createHost() }).gpCheck({
      enabled: true,
      errorCode: 0,
      registers: new PlainRegisters({ rax: 0x564d_5868, rcx: 10, rdx }, 3),
      rip: 0x1000n,
      csBase: 0n,
      codeBits: 64,
      fetch: (_linear, length) => Uint8Array.from({ length }, (_, i) => code[i] ?? 0x90),
    }).code;

  it("strings of words on the high-bandwidth port", () => {
    expect(check(vmware, [0xf3, 0x6c])).toBe("handled");
    for (const code of [[0xf3, 0x6d], [0x66, 0xf3, 0x6d], [0xf3, 0x6f], [0x6f]])
      expect(check(vmware, code)).toBe("bad-state");
  });

  it("KVM takes any string: there only the permission is lifted", () => {
    expect(check(kvm, [0xf3, 0x6d])).toBe("handled");
  });

  it("commands that a personality leaves to others", () => {
    expect(check(virtualbox, [0xed], 0x5658)).toBe("bad-state");
    expect(check(vmware, [0xed], 0x5658)).toBe("handled");
  });
});
