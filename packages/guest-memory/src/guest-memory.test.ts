import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGuestMemory, GuestMemoryError, type GuestMemoryOptions, PageFlag } from "./index.ts";

const KiB = 1024;
const make = (options: Partial<GuestMemoryOptions> = {}) =>
  createGuestMemory({
    ram: [
      { base: 0, size: 0xa_0000 },
      { base: 0x10_0000, size: 0x10_0000 },
    ],
    romBytes: 64 * KiB,
    ...options,
  });

const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof GuestMemoryError ? error.code : "another error";
  }
};

describe("[guest-memory] layout", () => {
  it("maps RAM page by page and nothing else", () => {
    const memory = make();
    for (const gpa of [0, 0x9_f000, 0x10_0000, 0x1f_f000]) {
      expect(memory.hostOffset(gpa) % 4096, `page of ${gpa}`).toBe(0);
      expect(memory.hostOffset(gpa + 0xabc)).toBe(memory.hostOffset(gpa) + 0xabc);
      expect(memory.isWritable(gpa)).toBe(true);
    }
    for (const gpa of [0xa_0000, 0xf_ffff, 0x20_0000, 2 ** 52, 2 ** 40, -1, Number.NaN]) {
      expect(memory.hostOffset(gpa), `hole at ${gpa}`).toBe(-1);
      expect(memory.isWritable(gpa)).toBe(false);
    }
  });

  it("finds the guest-physical address of a byte again", () => {
    const memory = make({ arenaBytes: 8192 });
    memory.addRom(0xf_0000, new Uint8Array(5000));
    memory.addMmio(0xfee0_0000, 4096, "local-apic");
    for (const gpa of [0, 0x9_ffff, 0x10_0000, 0x1f_ffff, 0xf_0000, 0xf_1fff])
      expect(memory.gpaOf(memory.hostOffset(gpa)), `${gpa}`).toBe(gpa);
    const last = memory.hostOffset(0xf_1fff);
    for (const host of [-1, 0, 8191, memory.pageFlagsOffset, memory.codeLinesOffset, last + 1, 2 ** 32, Number.NaN])
      expect(memory.gpaOf(host), `no guest's byte at ${host}`).toBe(-1);
  });

  it("addresses so far away that sums are rounded are nowhere", () => {
    const memory = make();
    for (const gpa of [2 ** 53, 2 ** 63, 2 ** 64 - 4096]) {
      expect(memory.read(gpa, 512), `read at ${gpa}`).toBeUndefined();
      expect(memory.write(gpa, new Uint8Array(512))).toBe(false);
      expect(memory.fill(gpa, 512, 0)).toBe(false);
      expect([memory.readU16(gpa), memory.readU32(gpa), memory.writeU32(gpa, 1)]).toEqual([
        undefined,
        undefined,
        false,
      ]);
    }
  });

  it("keeps arena, page flags, RAM and ROM apart", () => {
    const memory = make({ arenaBytes: 8192 });
    memory.addRom(0xf_0000, new Uint8Array(64 * KiB).fill(0xcc));
    const arena = memory.allocate(8192);
    memory.bytes.fill(0xee, arena, arena + 8192);
    expect(memory.fill(0, 0xa_0000, 0x11)).toBe(true);
    expect(memory.fill(0x10_0000, 0x10_0000, 0x22)).toBe(true);
    const flags = memory.pageFlagsOffset;
    const lastPage = (memory.buffer.byteLength >>> 12) - 1;
    memory.bytes[flags + lastPage] = PageFlag.Dirty;
    expect(memory.bytes.subarray(arena, arena + 8192).every((byte) => byte === 0xee)).toBe(true);
    expect(memory.read(0, 0xa_0000)?.every((byte) => byte === 0x11)).toBe(true);
    expect(memory.read(0x10_0000, 0x10_0000)?.every((byte) => byte === 0x22)).toBe(true);
    expect(memory.read(0xf_0000, 64 * KiB)?.every((byte) => byte === 0xcc)).toBe(true);
  });

  it("is one real WebAssembly.Memory that cannot grow", () => {
    const memory = make();
    expect(memory.wasm).toBeInstanceOf(WebAssembly.Memory);
    expect(memory.wasm.buffer).toBe(memory.buffer);
    expect(() => memory.wasm.grow(1)).toThrow(RangeError);
  });

  it("lists its regions by base", () => {
    const memory = make();
    memory.addMmio(0xfee0_0000, 4096, "local-apic");
    memory.addRom(0xf_0000, new Uint8Array(5), "bios");
    expect(memory.regions.map(({ kind, name, base, size }) => [kind, name, base, size])).toEqual([
      ["ram", "ram", 0, 0xa_0000],
      ["rom", "bios", 0xf_0000, 0x1000],
      ["ram", "ram", 0x10_0000, 0x10_0000],
      ["mmio", "local-apic", 0xfee0_0000, 0x1000],
    ]);
    expect(memory.regionAt(0xfee0_0fff)?.name).toBe("local-apic");
    expect(memory.hostOffset(0xfee0_0000)).toBe(-1);
  });

  it("gives an MMIO range back", () => {
    const memory = make();
    const remove = memory.addMmio(0xc000_0000, 4096, "bar");
    expect(memory.regionAt(0xc000_0000)?.name).toBe("bar");
    remove();
    expect(memory.regionAt(0xc000_0000)).toBeUndefined();
    memory.addMmio(0xc000_0000, 8192, "bar again");
  });

  it.each([
    [
      "overlapping RAM",
      {
        ram: [
          { base: 0, size: 8192 },
          { base: 4096, size: 4096 },
        ],
      },
      "overlap",
    ],
    ["a size that is no multiple of 4096", { ram: [{ base: 0, size: 5000 }] }, "bad-range"],
    ["a base that is no multiple of 4096", { ram: [{ base: 512, size: 4096 }] }, "bad-range"],
    ["a size of zero", { ram: [{ base: 0, size: 0 }] }, "bad-range"],
    ["a negative base", { ram: [{ base: -4096, size: 4096 }] }, "bad-range"],
    ["an end beyond 2^52", { ram: [{ base: 2 ** 52 - 4096, size: 8192 }] }, "bad-range"],
    ["no RAM", { ram: [] }, "bad-range"],
    ["4 GiB", { ram: [{ base: 0, size: 2 ** 32 }] }, "too-large"],
    ["a fraction of a byte", { ram: [{ base: 0, size: 4096 }], arenaBytes: 0.5 }, "bad-range"],
  ] as const)("refuses %s", (_, options, code) => {
    expect(codeOf(() => createGuestMemory(options))).toBe(code);
  });

  it("names both sides of an overlap", () => {
    const memory = make();
    expect(() => memory.addMmio(0x9_f000, 0x2000, "vga")).toThrow(
      'mmio "vga" 0x9f000..0xa0fff overlaps ram "ram" 0x0..0x9ffff',
    );
    expect(codeOf(() => memory.addRom(0x10_0000, new Uint8Array(1)))).toBe("overlap");
    expect(codeOf(() => memory.addRom(0xc_0000, new Uint8Array(65 * KiB)))).toBe("rom-exhausted");
  });
});

describe("[guest-memory] arena", () => {
  it("hands out aligned, disjoint, zeroed bytes until there are none", () => {
    const memory = make({ arenaBytes: 8192 });
    const first = memory.allocate(10);
    const second = memory.allocate(100, 4096);
    expect(first).toBe(0);
    expect(second).toBe(4096);
    expect(memory.arenaFree).toBe(4096 - 100);
    expect(memory.bytes.subarray(second, second + 100).every((byte) => byte === 0)).toBe(true);
    expect(() => memory.allocate(4096)).toThrow("engine arena: 4096 bytes wanted, 3996 of 8192 free");
    expect(memory.allocate(3984)).toBe(4096 + 112);
    expect(codeOf(() => memory.allocate(1, 3))).toBe("bad-range");
  });
});

describe("[guest-memory] access", () => {
  it("is little-endian, in a page and across pages", () => {
    const memory = make();
    for (const at of [0x1000, 0x1ffd]) {
      expect(memory.writeU64(at, 0x1122_3344_5566_7788n)).toBe(true);
      expect([...(memory.read(at, 8) ?? [])]).toEqual([0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]);
      expect(memory.readU64(at)).toBe(0x1122_3344_5566_7788n);
      expect(memory.readU32(at)).toBe(0x5566_7788);
      expect(memory.readU16(at + 2)).toBe(0x5566);
      expect(memory.readU8(at + 7)).toBe(0x11);
      expect(memory.writeU32(at, 0xffff_fffe) && memory.readU32(at)).toBe(0xffff_fffe);
      expect(memory.writeU16(at, 0xabcd) && memory.readU16(at)).toBe(0xabcd);
      expect(memory.writeU8(at, 0x1ff) && memory.readU8(at)).toBe(0xff);
    }
  });

  it("crosses adjacent regions, though they lie apart in the host", () => {
    const memory = createGuestMemory({
      ram: [
        { base: 0x2000, size: 0x1000 },
        { base: 0x1000, size: 0x1000 },
      ],
    });
    expect(memory.hostOffset(0x2000)).not.toBe(memory.hostOffset(0x1fff) + 1);
    expect(memory.write(0x1ffe, Uint8Array.of(1, 2, 3, 4))).toBe(true);
    expect([...(memory.read(0x1ffe, 4) ?? [])]).toEqual([1, 2, 3, 4]);
    expect(memory.readU32(0x1ffe)).toBe(0x0403_0201);
  });

  it("is all or nothing at the end of RAM", () => {
    const memory = make();
    expect(memory.write(0x9_fffe, Uint8Array.of(1, 2, 3))).toBe(false);
    expect(memory.readU16(0x9_fffe)).toBe(0);
    expect(memory.writeU32(0x9_fffe, 0xffff_ffff)).toBe(false);
    expect(memory.readU32(0x9_fffe)).toBeUndefined();
    expect(memory.read(0x9_fffe, 3)).toBeUndefined();
    expect(memory.fill(0x9_fffe, 3, 1)).toBe(false);
    expect(memory.read(0x9_fffe, 2)).toEqual(Uint8Array.of(0, 0));
  });

  it("bounds lengths that a guest may invent", () => {
    const memory = make();
    for (const length of [-1, 2 ** 40, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(memory.read(0, length)).toBeUndefined();
      expect(memory.fill(0, length, 1)).toBe(false);
    }
    expect(memory.read(0, 0)).toEqual(new Uint8Array(0));
  });

  it("ROM reads and refuses every write", () => {
    const memory = make();
    memory.addRom(0xf_f000, Uint8Array.of(0xea, 0x5b));
    expect(memory.readU16(0xf_f000)).toBe(0x5bea);
    expect(memory.hostOffset(0xf_f000)).toBeGreaterThan(0);
    expect(memory.isWritable(0xf_f000)).toBe(false);
    expect(memory.writeU8(0xf_f000, 0)).toBe(false);
    expect(memory.write(0xf_f000, Uint8Array.of(0))).toBe(false);
    // Half ROM, half RAM: nothing at all.
    expect(memory.write(0xf_ffff, Uint8Array.of(9, 9))).toBe(false);
    expect(memory.readU8(0x10_0000)).toBe(0);
  });

  it("a read is a copy", () => {
    const memory = make();
    const copy = memory.read(0, 4);
    memory.writeU32(0, 0xdead_beef);
    expect(copy).toEqual(new Uint8Array(4));
  });

  it("agrees with a map of bytes", () => {
    const ram = [
      { base: 0x1000, size: 0x1000 },
      { base: 0x2000, size: 0x1000 },
      { base: 0x4000, size: 0x1000 },
    ];
    const address = fc.integer({ min: 0xff0, max: 0x5010 });
    fc.assert(
      fc.property(fc.array(fc.tuple(address, fc.uint8Array({ maxLength: 20 }))), (writes) => {
        const memory = createGuestMemory({ ram, romBytes: 0 });
        const model = new Map<number, number>();
        for (const { base, size } of ram) for (let at = base; at < base + size; at++) model.set(at, 0);
        for (const [at, bytes] of writes) {
          const fits = [...bytes].every((_, i) => model.has(at + i));
          expect(memory.write(at, bytes)).toBe(fits);
          if (fits) for (const [i, byte] of bytes.entries()) model.set(at + i, byte);
        }
        for (let at = 0xff0; at < 0x5010; at++) if (memory.readU8(at) !== model.get(at)) return false;
        return true;
      }),
      { numRuns: 30 },
    );
  });
});

describe("[guest-memory] code and dirty pages", () => {
  const flagOf = (memory: ReturnType<typeof make>, gpa: number): number =>
    memory.pageFlagsOffset + (memory.hostOffset(gpa) >>> 12);

  it("tells every engine of code in a page that may be mapped for writing, once for each such mapping", () => {
    const memory = make();
    const seen: number[] = [];
    const stop = memory.onCodePage((page) => seen.push(page));
    const page = memory.hostOffset(0x5000) >>> 12;
    const flag = flagOf(memory, 0x5000);
    memory.markCode(page, 0, 8);
    expect([seen, memory.bytes[flag]]).toEqual([[], PageFlag.Code]);
    memory.bytes[flag]! |= PageFlag.Writable;
    memory.markCode(page, 8, 16);
    memory.markCode(page, 16, 24);
    expect([seen, memory.bytes[flag]]).toEqual([[page], PageFlag.Code]);
    stop();
    memory.bytes[flag]! |= PageFlag.Writable;
    memory.markCode(page, 0, 8);
    expect(seen).toEqual([page]);
  });

  it("reports stores into code lines, and only those", () => {
    const memory = make();
    const seen: number[][] = [];
    const stop = memory.onCodeWrite((...write) => seen.push(write));
    const page = memory.hostOffset(0x5000) >>> 12;
    memory.markCode(page, 0, 1);
    memory.markCode(page, 0x7f8, 0x809);
    memory.markCode(page, 0xfff, 0x1000);
    memory.writeU8(0x4fff, 1);
    memory.writeU8(0x6000, 1);
    memory.writeU8(0x5010, 1);
    memory.writeU32(0x57ec, 1);
    memory.writeU32(0x5810, 1);
    memory.writeU8(0x5fef, 1);
    expect(seen).toEqual([]);
    memory.writeU16(0x5ffe, 1);
    memory.writeU16(0x4fff, 0x9090);
    expect(seen).toEqual([
      [page, 0xffe, 0x1000],
      [page, 0, 1],
    ]);
    memory.fill(0x4000, 0x3000, 0);
    expect(seen.slice(2)).toEqual([[page, 0, 0x1000]]);
    memory.markCode(page, 0, 16);
    stop();
    memory.writeU8(0x5000, 1);
    expect(seen).toHaveLength(3);
  });

  it("a line stays set if a subscriber marks it again; without lines a page is no code page", () => {
    const memory = make();
    const page = memory.hostOffset(0x5000) >>> 12;
    const flag = flagOf(memory, 0x5000);
    let told = 0;
    let keeps = true;
    memory.onCodeWrite(() => {
      told++;
      if (keeps) memory.markCode(page, 0x28, 0x30);
    });
    memory.markCode(page, 0x20, 0x30);
    memory.writeU8(0x5020, 1);
    memory.writeU8(0x5020, 1);
    expect([told, memory.bytes[flag]! & PageFlag.Code]).toEqual([2, PageFlag.Code]);
    keeps = false;
    memory.writeU8(0x5020, 1);
    expect([told, memory.bytes[flag]! & PageFlag.Code]).toEqual([3, 0]);
    memory.writeU8(0x5020, 1);
    expect(told).toBe(3);
  });

  it("harvests dirty pages once, ascending, and tells the processors", () => {
    const memory = make();
    let told = 0;
    memory.onDirtyHarvest(() => told++);
    memory.writeU8(0x10_0123, 1);
    memory.write(0x2ffe, new Uint8Array(4));
    memory.bytes[flagOf(memory, 0x7000)]! |= PageFlag.Dirty | PageFlag.Code;
    expect(memory.harvestDirty()).toEqual([0x2000, 0x3000, 0x7000, 0x10_0000]);
    expect(memory.bytes[flagOf(memory, 0x7000)], "the code flag is the processor's").toBe(PageFlag.Code);
    expect(memory.harvestDirty()).toEqual([]);
    expect(told).toBe(2);
  });
});

describe("[guest-memory] save and load", () => {
  it("keeps only pages with something in them", () => {
    const memory = make();
    memory.writeU8(0x3fff, 7);
    memory.writeU8(0x4000, 8);
    memory.writeU8(0x10_0000, 9);
    memory.writeU8(0x9_0000, 1);
    memory.writeU8(0x9_0000, 0);
    const { runs } = memory.save();
    expect(runs.map(({ base, bytes }) => [base, bytes.length])).toEqual([
      [0x3000, 0x2000],
      [0x10_0000, 0x1000],
    ]);
  });

  it("load makes the contents equal, reports changed code pages, and marks dirty", () => {
    const source = make();
    source.addRom(0xf_0000, Uint8Array.of(1, 2, 3));
    source.writeU32(0x3000, 0x1234_5678);
    const target = make();
    target.addRom(0xf_0000, Uint8Array.of(4));
    target.writeU8(0x8000, 0x55);
    target.harvestDirty();
    target.markCode(target.hostOffset(0x8000) >>> 12, 0x100, 0x140);
    const seen: number[] = [];
    target.onCodeWrite((page) => seen.push(page));
    target.load(structuredClone(source.save()));
    expect(target.readU32(0x3000)).toBe(0x1234_5678);
    expect(target.readU8(0x8000)).toBe(0);
    expect(target.read(0xf_0000, 3)).toEqual(Uint8Array.of(1, 2, 3));
    expect(seen).toEqual([target.hostOffset(0x8000) >>> 12]);
    expect(target.harvestDirty()).toEqual([0x3000, 0x8000]);
    expect(target.save()).toEqual(source.save());
  });

  it("refuses a state of another version, layout or place, and changes nothing", () => {
    const memory = make();
    memory.writeU8(0, 1);
    const state = memory.save();
    const other = createGuestMemory({ ram: [{ base: 0, size: 4096 }] });
    expect(() => other.load(state)).toThrow(
      "it has ram 0x0+0xa0000, ram 0x100000+0x100000; this machine has ram 0x0+0x1000",
    );
    expect(codeOf(() => memory.load({ ...state, version: 2 as 1 }))).toBe("bad-state");
    for (const run of [
      { base: 0xa_0000, bytes: new Uint8Array(4096) },
      { base: 0x1000, bytes: new Uint8Array(100) },
      { base: 0x10, bytes: new Uint8Array(4096) },
    ]) {
      expect(codeOf(() => memory.load({ ...state, runs: [run] }))).toBe("bad-state");
    }
    expect(memory.readU8(0)).toBe(1);
  });
});
