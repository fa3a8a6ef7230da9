import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failure } from "../test/failure.ts";
import { bzImage, elf, pvhElf } from "../test/images.ts";
import { loadBzImage } from "./bzimage.ts";
import { type GuestImage, ImageError } from "./guest-image.ts";
import { loadHvmLoader } from "./hvm-loader.ts";
import { detectFormat, loadImage } from "./load-image.ts";
import { MemoryType, pcMemoryMap } from "./memory-map.ts";
import { loadPvh } from "./pvh.ts";

const MIB = 0x10_0000;
const memorySize = 64 * MIB;
const initrd = new Uint8Array(0x1801).fill(0x42);

/** Guest-physical memory after loading, and a view of it. */
function memoryOf(image: GuestImage): { bytes: Uint8Array; view: DataView; text(at: number): string } {
  const bytes = new Uint8Array(memorySize);
  for (const segment of image.segments) {
    bytes.fill(0, segment.address, segment.address + segment.memorySize);
    bytes.set(segment.bytes, segment.address);
  }
  const text = (at: number): string => new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));
  return { bytes, view: new DataView(bytes.buffer), text };
}

/** hvm_start_info as start_info.h lays it out. */
function startInfo(image: GuestImage) {
  const { bytes, view, text } = memoryOf(image);
  const at = Number(image.entry.registers[3]);
  const u32 = (offset: number): number => view.getUint32(at + offset, true);
  const u64 = (offset: number): number => Number(view.getBigUint64(at + offset, true));
  const modules = Array.from({ length: u32(12) }, (_, index) => {
    const entry = u64(16) + index * 32;
    const [address, size, commandLine] = [0, 8, 16].map((o) => Number(view.getBigUint64(entry + o, true)));
    return { address: address!, size: size!, commandLine: text(commandLine!) };
  });
  const map = Array.from({ length: u32(48) }, (_, index) => {
    const entry = u64(40) + index * 24;
    return [
      Number(view.getBigUint64(entry, true)),
      Number(view.getBigUint64(entry + 8, true)),
      view.getUint32(entry + 16, true),
    ];
  });
  return {
    bytes,
    magic: u32(0),
    version: u32(4),
    flags: u32(8),
    commandLine: text(u64(24)),
    rsdp: u64(32),
    modules,
    map,
  };
}

describe("[loadHvmLoader]", () => {
  const elf32 = elf({ bits: 32, entry: 0x10_0010, segments: [{ virtual: 0x10_0000, memorySize: 0x1000 }] });

  it("a 32-bit image without a note starts at its ELF entry, as xl's firmware_override does", () => {
    const image = loadHvmLoader(elf32, {
      memorySize,
      commandLine: "test",
      modules: [{ bytes: initrd, commandLine: "m" }],
    });
    expect(image.format).toBe("hvm-loader");
    expect(image.entry).toMatchObject({ mode: "protected", rip: 0x10_0010n, cr0: 0x11n });
    // No RSDP: tables are this image's own work.
    expect(startInfo(image)).toMatchObject({
      magic: 0x336e_c578,
      rsdp: 0,
      commandLine: "test",
      modules: [{ size: 0x1801 }],
    });
  });

  it("an image with a PVH note starts there", () => {
    expect(loadHvmLoader(pvhElf(0x100_0100), { memorySize }).entry.rip).toBe(0x100_0100n);
  });

  it("refuses 64 bits without a note, an entry outside, and what is no ELF image", () => {
    expect(failure(() => loadHvmLoader(elf({ entry: 0x10_0000 }), { memorySize })).message).toBe(
      "a 32-bit ELF image expected (class 1 at offset 4), found 64 bits",
    );
    expect(failure(() => loadHvmLoader(elf({ bits: 32, entry: 0x20_0000 }), { memorySize })).message).toBe(
      "the entry point 0x200000 lies in no segment",
    );
    expect(failure(() => loadHvmLoader(new Uint8Array(0x1_0000), { memorySize })).code).toBe("unknown-format");
  });
});

describe("[loadPvh]", () => {
  const image = loadPvh(pvhElf(0x100_0100), {
    memorySize,
    commandLine: "console=ttyS0 quiet",
    modules: [{ bytes: initrd, commandLine: "initrd" }],
    rsdp: 0xe_0000,
  });

  it("enters flat 32-bit protected mode without paging at the note's address", () => {
    expect(image.format).toBe("pvh");
    expect(image.entry).toMatchObject({
      mode: "protected",
      rip: 0x100_0100n,
      cr0: 0x11n,
      cr4: 0n,
      efer: 0n,
      rflags: 2n,
    });
    expect(image.entry.code).toMatchObject({ base: 0n, limit: 0xffff_ffff, attributes: 0xc09b });
    expect(image.entry.data).toMatchObject({ base: 0n, limit: 0xffff_ffff, attributes: 0xc093 });
  });

  it("EBX names hvm_start_info, version 1", () => {
    const info = startInfo(image);
    expect(info).toMatchObject({
      magic: 0x336e_c578,
      version: 1,
      flags: 0,
      commandLine: "console=ttyS0 quiet",
      rsdp: 0xe_0000,
      modules: [{ size: 0x1801, commandLine: "initrd" }],
      map: [
        [0, 0x9_fc00, 1],
        [0xe_0000, 0x2_0000, 2],
        [MIB, 63 * MIB, 1],
      ],
    });
    const [module] = info.modules;
    // The highest page-aligned place.
    expect(module!.address).toBe(memorySize - 0x2000);
    expect(info.bytes.subarray(module!.address, module!.address + 0x1801)).toEqual(initrd);
  });

  it("without a module the list's address is 0", () => {
    expect(startInfo(loadPvh(pvhElf(0x100_0100), { memorySize })).modules).toEqual([]);
  });

  it.each([
    ["eight bytes", new Uint8Array([0, 1, 0, 1, 0, 0, 0, 0])],
    ["four bytes", new Uint8Array([0, 1, 0, 1])],
  ])("reads an entry of %s", (_, description) => {
    expect(loadPvh(pvhElf(description), { memorySize }).entry.rip).toBe(0x100_0100n);
  });

  it.each([
    ["another name", pvhElf(0x100_0100, { name: "GNU" }), "unsupported", "no PVH note"],
    ["another type", pvhElf(0x100_0100, { type: 17 }), "unsupported", "no PVH note"],
    ["an entry outside", pvhElf(0x10_0000), "malformed", "0x100000 lies in no segment"],
    ["an entry above 4 GiB", pvhElf(new Uint8Array([0, 0, 0, 0, 1, 0, 0, 0])), "too-large", "above 4 GiB"],
    ["an entry of two bytes", pvhElf(new Uint8Array(2)), "malformed", "holds 4 or 8 bytes, found 2"],
  ] as const)("refuses %s", (_, bytes, code, text) => {
    const error = failure(() => loadPvh(bytes, { memorySize }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });

  it("refuses an initrd that does not fit", () => {
    const modules = [{ bytes: new Uint8Array(memorySize), commandLine: "initrd" }];
    const error = failure(() => loadPvh(pvhElf(0x100_0100), { memorySize, modules }));
    expect(error.code).toBe("no-memory");
    expect(error.message).toBe(
      "module initrd needs 67108864 contiguous bytes of RAM below 0x4000000; beside the kernel there are none",
    );
  });

  it("refuses memory that ends inside the kernel", () => {
    expect(failure(() => loadPvh(pvhElf(0x100_0100), { memorySize: 16 * MIB })).code).toBe("no-memory");
  });
});

describe("[loadBzImage]", () => {
  const options = { memorySize, commandLine: "console=ttyS0", initrd, rsdp: 0xe_0000 };

  it("64-bit entry: long mode, one-to-one tables, RSI at boot_params, Linux' own selectors", () => {
    const image = loadBzImage(bzImage(), options);
    expect(image.format).toBe("bzimage");
    expect(image.entry).toMatchObject({ mode: "long", rip: 0x100_0200n, efer: 0x100n });
    expect([image.entry.code.selector, image.entry.data.selector]).toEqual([0x10, 0x18]);
    const { view } = memoryOf(image);
    // The descriptor at 0x10 is the loaded one: 64-bit code (SDM vol. 3 §3.4.5: L is bit 53, D is bit 54).
    expect((view.getBigUint64(Number(image.entry.gdt.base) + 0x10, true) >> 53n) & 3n).toBe(1n);
  });

  it("32-bit entry: protected mode, ESI at boot_params", () => {
    const image = loadBzImage(bzImage(), { ...options, entry: 32 });
    expect(image.entry).toMatchObject({ mode: "protected", rip: 0x100_0000n, cr0: 0x11n });
    expect([image.entry.code.selector, image.entry.data.selector]).toEqual([0x10, 0x18]);
    const { view } = memoryOf(image);
    expect((view.getBigUint64(Number(image.entry.gdt.base) + 0x10, true) >> 53n) & 3n).toBe(2n);
  });

  it("screen_info tells of a text mode only where there is a VGA", () => {
    const screen = (vgaText: boolean): number[] => {
      const { bytes, view } = memoryOf(loadBzImage(bzImage(), { ...options, vgaText }));
      const at = Number(loadBzImage(bzImage(), { ...options, vgaText }).entry.registers[6]);
      // Mode, columns, lines, isVGA, points (screen_info.h).
      return [bytes[at + 6]!, bytes[at + 7]!, bytes[at + 14]!, bytes[at + 15]!, view.getUint16(at + 16, true)];
    };
    expect([screen(true), screen(false)]).toEqual([
      [3, 80, 25, 1, 16],
      [0, 0, 0, 0, 0],
    ]);
  });

  it("boot_params: the file's header, the loader's fields, the memory map", () => {
    const image = loadBzImage(bzImage(), options);
    const { bytes, view, text } = memoryOf(image);
    const base = Number(image.entry.registers[6]);
    const u32 = (at: number): number => view.getUint32(base + at, true);
    expect(text(base + 0x202).slice(0, 4)).toBe("HdrS");
    expect(view.getUint16(base + 0x206, true)).toBe(0x20f);
    expect(view.getUint8(base + 0x210)).toBe(0xff);
    expect(u32(0x214)).toBe(0x100_0000);
    expect(text(u32(0x228))).toBe("console=ttyS0");
    expect(u32(0x218)).toBe(memorySize - 0x2000);
    expect(u32(0x21c)).toBe(0x1801);
    expect(bytes.subarray(u32(0x218), u32(0x218) + 0x1801)).toEqual(initrd);
    expect(view.getBigUint64(base + 0x70, true)).toBe(0xe_0000n);
    expect(view.getUint8(base + 0x1e8)).toBe(3);
    expect(view.getBigUint64(base + 0x2d0 + 40, true)).toBe(BigInt(MIB));
    expect(view.getUint32(base + 0x2d0 + 20 + 16, true)).toBe(MemoryType.Reserved);
    expect(bytes[0x100_0000]).toBe(0x90);
  });

  it("the initrd stays below initrd_addr_max", () => {
    const bytes = bzImage((view) => view.setUint32(0x22c, 0x27f_ffff, true));
    const image = loadBzImage(bytes, options);
    expect(image.segments.find(({ name }) => name === "initrd")?.address).toBe(0x280_0000 - 0x2000);
  });

  it("a kernel without a 64-bit entry is entered at its 32-bit one", () => {
    const bytes = bzImage((view) => view.setUint16(0x236, 0, true));
    expect(loadBzImage(bytes, options).entry.mode).toBe("protected");
    expect(failure(() => loadBzImage(bytes, { ...options, entry: 64 })).code).toBe("unsupported");
  });

  it("a kernel that cannot be moved is loaded at code32_start", () => {
    expect(
      loadBzImage(
        bzImage((view) => view.setUint8(0x234, 0)),
        { ...options, entry: 32 },
      ).entry.rip,
    ).toBe(0x10_0000n);
  });

  it.each([
    ["no header", (v: DataView) => v.setUint8(0x202, 0), "unknown-format", "HdrS"],
    ["protocol 2.05", (v: DataView) => v.setUint16(0x206, 0x205, true), "unsupported", "found 2.05"],
    ["a zImage", (v: DataView) => v.setUint8(0x211, 0), "unsupported", "zImage"],
    ["a kernel longer than the file", (v: DataView) => v.setUint32(0x1f4, 0x102, true), "truncated", "ends at 6656"],
    ["no kernel", (v: DataView) => v.setUint32(0x1f4, 0, true), "malformed", "protected-mode part"],
    ["a header that ends early", (v: DataView) => v.setUint8(0x201, 0x20), "malformed", "needs bytes up to 0x264"],
    ["an address below 1 MiB", (v: DataView) => v.setBigUint64(0x258, 0x9_0000n, true), "malformed", "0x90000"],
    ["an address above 4 GiB", (v: DataView) => v.setBigUint64(0x258, 1n << 33n, true), "malformed", "0x200000000"],
    ["more memory than there is", (v: DataView) => v.setUint32(0x260, 64 * MIB, true), "no-memory", "to unpack itself"],
    [
      "an initrd limit inside the kernel",
      (v: DataView) => v.setUint32(0x22c, 0xfff, true),
      "no-memory",
      "the initrd needs",
    ],
    ["a command line limit", (v: DataView) => v.setUint32(0x238, 12, true), "too-large", "12 bytes, this one has 13"],
  ] as const)("refuses %s", (_, change, code, text) => {
    const error = failure(() => loadBzImage(bzImage(change), options));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });

  it("refuses a file cut anywhere", () => {
    const whole = bzImage();
    for (const length of [0, 0x1ff, 0x206, 0x220, 0x263, 0xa00, whole.length - 16])
      expect(["truncated", "unknown-format", "malformed"]).toContain(
        failure(() => loadBzImage(whole.subarray(0, length), options)).code,
      );
  });
});

describe("[loadImage] for Linux", () => {
  it("knows bzImage and PVH by their marks", () => {
    expect(detectFormat(bzImage())).toBe("bzimage");
    expect(detectFormat(pvhElf(0x100_0100))).toBe("pvh");
    expect(detectFormat(elf({}))).toBe("elf");
  });

  it("the initrd is PVH's first module, and boot_params' ramdisk", () => {
    const pvh = loadImage(pvhElf(0x100_0100), {
      memorySize,
      initrd,
      modules: [{ bytes: new Uint8Array(1), commandLine: "b" }],
    });
    expect(startInfo(pvh).modules.map(({ size }) => size)).toEqual([0x1801, 1]);
    expect(loadImage(bzImage(), { memorySize, initrd }).segments.some(({ name }) => name === "initrd")).toBe(true);
  });

  it.each([
    ["modules", bzImage(), { modules: [{ bytes: initrd, commandLine: "" }] }],
    ["an initrd", elf({}), { initrd }],
  ])("refuses %s where the protocol has no place for them", (_, bytes, more) => {
    expect(failure(() => loadImage(bytes, { memorySize, ...more })).code).toBe("unsupported");
  });

  it.each([
    ["bzImage", bzImage()],
    ["PVH", pvhElf(0x100_0100)],
  ])("mutated %s gives an image inside memory or an ImageError", (_, whole) => {
    const at = fc.nat({ max: 0x900 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(at, fc.nat({ max: 255 })), { maxLength: 12 }),
        fc.nat({ max: 600 }),
        (changes, cut) => {
          const bytes = whole.slice(0, whole.length - (cut > 500 ? cut * 4 : 0));
          for (const [place, value] of changes) if (place < bytes.length) bytes[place] = value;
          try {
            const image = loadImage(bytes, { memorySize, initrd, commandLine: "x" });
            for (const segment of image.segments)
              expect(segment.address + segment.memorySize).toBeLessThanOrEqual(2 ** 32);
          } catch (error) {
            expect(error).toBeInstanceOf(ImageError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("[pcMemoryMap]", () => {
  it("leaves out the EBDA, and says where the BIOS is", () => {
    expect(pcMemoryMap(64 * 1024)).toEqual([
      { address: 0, size: 0x1_0000, type: 1 },
      { address: 0xe_0000, size: 0x2_0000, type: 2 },
    ]);
  });
});
