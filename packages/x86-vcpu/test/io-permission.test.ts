/**
 * Which ports code without IOPL may use: SDM vol. 1 §19.5 (I/O privilege level, I/O permission bit map), vol. 3 §9.2.1 (I/O map base) and
 * §22.2.8.1.1 (virtual-8086 mode). Each access is made several times, for tier 1 asks TypeScript until the TLB knows the TSS's pages.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf, createMachine, describeTiers, type Machine, type Mode, Place } from "./machine.ts";

/** TSS base and bitmap are in pages of their own, with others behind. */
const TSS = 0x20_0000;
const TSS32_BUSY = 0x8b;
const MAP_BASE_AT = 0x66;
/** Where a bitmap may begin that follows the TSS. */
const MAP = 0x68;
const GP = 13;
const PF = 14;

type Size = 1 | 2 | 4;
const inCode: Readonly<Record<Size, string>> = { 1: "ec", 2: "66ed", 4: "ed" };
const outCode: Readonly<Record<Size, string>> = { 1: "ee", 2: "66ef", 4: "ef" };

interface Task {
  readonly base?: number;
  readonly limit?: number;
  readonly attributes?: number;
  readonly mapBase?: number;
}

/** A processor at ring 3 whose TSS permits every port that its limit lets it, and whose #GP and #PF exit. */
function createTask(
  mode: Mode,
  { base = TSS, limit = 0xffff, attributes = TSS32_BUSY, mapBase = MAP }: Task = {},
): Machine {
  const machine = createMachine(mode);
  setTask(machine, { base, limit, attributes, mapBase });
  machine.vcpu.exceptionBitmap = (1 << GP) | (1 << PF);
  return machine;
}

/** One whose TLB knows the TSS. */
function createKnownTask(mode: Mode): Machine {
  const machine = createTask(mode);
  expect(access(machine, 0x80, "ec")).toBe("io");
  return machine;
}

function setTask(
  { vcpu, memory }: Machine,
  { base = TSS, limit = 0xffff, attributes = TSS32_BUSY, mapBase = MAP }: Task,
) {
  vcpu.setSegment("tr", { selector: 0x48, base: BigInt(base), limit, attributes });
  memory.writeU8(base + MAP_BASE_AT, mapBase & 0xff);
  memory.writeU8(base + MAP_BASE_AT + 1, mapBase >>> 8);
}

/** "io" or the exception that came of it; three times the same. */
function access({ vcpu, memory }: Machine, port: number, code: string, at: number = Place.code): string {
  memory.write(at, bytesOf(code));
  vcpu.writeRegister(2, BigInt(port));
  const outcomes = [0, 1, 2].map(() => {
    const { rip } = vcpu;
    const { reason, vector, errorCode, faultAddress, port: used } = vcpu.run(1);
    expect(vcpu.rip, "nothing has happened yet").toBe(rip);
    if (reason === "io-instruction") {
      expect(used).toBe(port);
      return "io";
    }
    expect(reason).toBe("exception");
    expect(errorCode).toBe(0);
    return vector === PF ? `#PF 0x${faultAddress.toString(16)}` : vector === GP ? "#GP" : `${vector}`;
  });
  expect(new Set(outcomes).size).toBe(1);
  return outcomes[0] as string;
}

describeTiers("[x86-vcpu] I/O permission", () => {
  for (const mode of ["user64", "user32"] as const) {
    for (const size of [1, 2, 4] as const) {
      test(`${mode}, ${size} bytes at a byte's bit 7: each of their bits counts, and no other`, () => {
        const machine = createTask(mode);
        const port = 0x4b7;
        const map = TSS + MAP + (port >>> 3);
        for (const code of [inCode[size], outCode[size]]) {
          for (let bit = 0; bit < 16; bit++) {
            machine.memory.writeU16(map, 1 << bit);
            const isWanted = bit >= 7 && bit < 7 + size;
            expect(access(machine, port, code), `bit ${bit}`).toBe(isWanted ? "#GP" : "io");
          }
          machine.memory.writeU16(map, ~(((1 << size) - 1) << 7) & 0xffff);
          expect(access(machine, port, code), "all others").toBe("io");
        }
        machine.memory.writeU16(map, 0);
      });
    }

    test(`${mode}: both bytes must lie inside the limit, whatever the port`, () => {
      const machine = createKnownTask(mode);
      const port = 0x100;
      const at = MAP + (port >>> 3);
      for (const [limit, expected] of [
        [at - 1, "#GP"],
        [at, "#GP"],
        [at + 1, "io"],
        [at + 2, "io"],
      ] as const) {
        setTask(machine, { limit });
        for (const code of [inCode[1], outCode[4]]) expect(access(machine, port, code), `${limit}`).toBe(expected);
      }
    });

    test(`${mode}: so must the map base`, () => {
      const machine = createKnownTask(mode);
      // The map lies before it, so that its own limit does not matter.
      for (const [limit, expected] of [
        [0x65, "#GP"],
        [0x66, "#GP"],
        [0x67, "io"],
        [0x68, "io"],
      ] as const) {
        setTask(machine, { limit, mapBase: 0x10 });
        expect(access(machine, 0x80, "ec"), `${limit}`).toBe(expected);
      }
    });

    test(`${mode}: a map base at the end or behind it permits nothing`, () => {
      const machine = createKnownTask(mode);
      for (const mapBase of [0x1ff, 0x200, 0xffff]) {
        setTask(machine, { limit: 0x1ff, mapBase });
        expect(access(machine, 0, "ec"), `${mapBase}`).toBe("#GP");
      }
      setTask(machine, { limit: 0x1ff, mapBase: 0x1fe });
      expect(access(machine, 0, "ec")).toBe("io");
    });

    test(`${mode}: map base and port are not cut to 16 bits`, () => {
      const machine = createTask(mode, { limit: 0x1_1fff, mapBase: 0xffff });
      expect(access(machine, 0xffff, "ec")).toBe("io");
      machine.memory.writeU8(TSS + 0xffff + 0x1fff, 0x80);
      expect(access(machine, 0xffff, "ec")).toBe("#GP");
      setTask(machine, { limit: 0x1_1ffd, mapBase: 0xffff });
      expect(access(machine, 0xfff7, "ec")).toBe("#GP");
    });

    test(`${mode}: a 16-bit TSS has no map`, () => {
      const machine = createKnownTask(mode);
      for (const attributes of [0x81, 0x83]) {
        setTask(machine, { attributes });
        expect(access(machine, 0x80, "ec")).toBe("#GP");
      }
      setTask(machine, { attributes: 0x89 });
      expect(access(machine, 0x80, "ec")).toBe("io");
    });

    test(`${mode}: bytes in two pages`, () => {
      // The map's byte for 0x4b8 is the last of its page.
      const machine = createTask(mode, { base: TSS + 0xf00 });
      expect(access(machine, 0x4bf, inCode[2])).toBe("io");
      machine.memory.writeU8(TSS + 0x1000, 1);
      expect(access(machine, 0x4bf, inCode[2])).toBe("#GP");
      expect(access(machine, 0x4bf, inCode[1])).toBe("io");
      machine.memory.writeU8(TSS + 0xfff, 0x80);
      expect(access(machine, 0x4bf, inCode[1])).toBe("#GP");
      // The map base.
      const split = createTask(mode, { base: TSS + 0xf99, mapBase: 0x123 });
      expect(access(split, 0x80, "ec")).toBe("io");
      split.memory.writeU8(TSS + 0xf99 + 0x123 + 0x10, 1);
      expect(access(split, 0x80, "ec")).toBe("#GP");
    });

    test(`${mode}: what the map says is looked up each time`, () => {
      const machine = createTask(mode);
      expect(access(machine, 0x80, "ec")).toBe("io");
      machine.memory.writeU8(TSS + MAP + 0x10, 1);
      expect(access(machine, 0x80, "ec")).toBe("#GP");
      machine.memory.writeU16(TSS + MAP_BASE_AT, MAP + 1);
      expect(access(machine, 0x80, "ec")).toBe("io");
      expect(access(machine, 0x78, "ec")).toBe("#GP");
    });

    test(`${mode}: IOPL, without a look at the TSS`, () => {
      const machine = createTask(mode, { limit: 0 });
      for (const [iopl, expected] of [
        [0n, "#GP"],
        [2n, "#GP"],
        [3n, "io"],
      ] as const) {
        machine.vcpu.rflags = 2n | (iopl << 12n);
        expect(access(machine, 0x80, "ec")).toBe(expected);
      }
    });

    test(`${mode}: INS and OUTS ask as well`, () => {
      const machine = createTask(mode);
      machine.vcpu.writeRegister(6, BigInt(Place.data));
      machine.vcpu.writeRegister(7, BigInt(Place.data));
      machine.memory.writeU8(TSS + MAP + 0x10, 0x10);
      for (const code of ["6c", "6e", "f36c", "f36e"]) {
        machine.vcpu.writeRegister(1, 1n);
        expect(access(machine, 0x80, code)).toBe("io");
        expect(access(machine, 0x84, code)).toBe("#GP");
      }
      expect(access(machine, 0x81, "6d")).toBe("#GP");
    });
  }

  test("ring 0 is not asked", () => {
    for (const mode of ["long", "protected", "real"] as const) {
      const machine = createTask(mode, { limit: 0 });
      expect(access(machine, 0x80, "ec")).toBe("io");
    }
  });

  test("a page of the TSS that is not there: #PF, as a read by the supervisor", () => {
    const machine = createTask("user64", { base: TSS + 0xf00 });
    // The supervisor's own are read whatever ring 3 may.
    machine.setPte(TSS, BigInt(TSS | 3));
    expect(access(machine, 0x4b0, "ec")).toBe("io");
    machine.setPte(TSS + 0x1000, 0n);
    expect(access(machine, 0x4b0, "ec")).toBe("io");
    expect(access(machine, 0x4b8, "ec"), "its second byte").toBe(`#PF 0x${(TSS + 0x1000).toString(16)}`);
    expect(access(machine, 0x4c0, "ec")).toBe(`#PF 0x${(TSS + 0x1000).toString(16)}`);
    machine.setPte(TSS + 0x1000, BigInt((TSS + 0x1000) | 7));
    expect(access(machine, 0x4b8, "ec")).toBe("io");
    machine.setPte(TSS, 0n);
    expect(access(machine, 0x4b8, "ec"), "the map base").toBe(`#PF 0x${(TSS + 0xf66).toString(16)}`);
  });

  test("virtual-8086 mode asks the map whatever IOPL is", () => {
    const machine = createTask("user32");
    const { vcpu, memory } = machine;
    vcpu.rflags = 0x2_0002n | (3n << 12n);
    for (const name of ["cs", "ss", "ds", "es", "fs", "gs"] as const) {
      vcpu.setSegment(name, { selector: 0x500, base: 0x5000n, limit: 0xffff, attributes: 0xf3 });
    }
    vcpu.rip = 0n;
    expect(access(machine, 0x80, "ec", 0x5000)).toBe("io");
    memory.writeU8(TSS + MAP + 0x10, 2);
    expect(access(machine, 0x80, "ec", 0x5000)).toBe("io");
    expect(access(machine, 0x80, "ed", 0x5000), "two bytes").toBe("#GP");
    expect(access(machine, 0x81, "ec", 0x5000)).toBe("#GP");
  });

  test("a refused port is delivered as #GP(0) where it does not exit", () => {
    for (const mode of ["user64", "user32"] as const) {
      const machine = createMachine(mode);
      machine.vcpu.exceptionBitmap = 1 << GP;
      expect(access(machine, 0x90, "ec")).toBe("#GP");
      machine.vcpu.exceptionBitmap = 0;
      const { vector, stack } = machine.run("ec");
      expect(vector).toBe(GP);
      expect(stack.slice(0, 2)).toEqual([0n, BigInt(Place.code)]);
    }
  });

  test("any map, any limit, any access: as the manual says", () => {
    const machine = createTask("user64");
    const { memory } = machine;
    const property = fc.property(
      fc.integer({ min: 0, max: 0x1000 }),
      fc.integer({ min: 0, max: 0x180 }),
      fc.integer({ min: 0x60, max: 0x2a0 }),
      fc.integer({ min: 0, max: 0xa00 }),
      fc.constantFrom<Size>(1, 2, 4),
      fc.integer(),
      (shift, mapBase, limit, port, size, pattern) => {
        const base = TSS + shift;
        for (let n = 0; n < 0x300; n += 4) memory.write(base + n, bytesOf("00000000"));
        const at = mapBase + (port >>> 3);
        for (let n = 0; n < 2; n++) memory.writeU8(base + at + n, (pattern >>> (8 * n)) & 0xff);
        setTask(machine, { base, limit, mapBase });
        // The map base may lie inside the map.
        const word = (memory.readU8(base + at) ?? 0) | ((memory.readU8(base + at + 1) ?? 0) << 8);
        const isPermitted =
          MAP_BASE_AT + 1 <= limit &&
          at + 1 <= limit &&
          Array.from({ length: size }, (_, n) => (word >>> ((port & 7) + n)) & 1).every((bit) => bit === 0);
        expect(access(machine, port, inCode[size])).toBe(isPermitted ? "io" : "#GP");
      },
    );
    fc.assert(property, { numRuns: 400, seed: 19 });
  });
});
