import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failure } from "../test/failure.ts";
import { bootSector, elf, withMultiboot } from "../test/images.ts";
import { loadBootSector } from "./boot-sector.ts";
import { loadElf } from "./elf.ts";
import { loadFlat } from "./flat.ts";
import { type GuestImage, ImageError } from "./guest-image.ts";
import { detectFormat, loadImage } from "./load-image.ts";
import { loadMultiboot } from "./multiboot.ts";

const MIB = 0x10_0000;
const options = { memorySize: 64 * MIB };
const flat = { address: MIB, mode: "protected" } as const;

/** What a machine would do: zero, then copy. */
function memoryOf(image: GuestImage): Uint8Array {
  const memory = new Uint8Array(image.requiredMemory);
  for (const { address, bytes, memorySize } of image.segments) {
    memory.fill(0, address, address + memorySize);
    memory.set(bytes, address);
  }
  return memory;
}

describe("[detectFormat]", () => {
  it.each([
    ["boot-sector", bootSector()],
    ["elf", elf({})],
    ["multiboot", withMultiboot(elf({ bits: 32 }), 0x100)],
    [undefined, new Uint8Array(512)],
    [undefined, bootSector().subarray(0, 511)],
  ] as const)("%s", (format, bytes) => {
    expect(detectFormat(bytes)).toBe(format);
  });

  it.each([
    ["the last place in the first 8,192 bytes", 8192 - 12, "multiboot"],
    ["one word later", 8192 - 8, undefined],
    ["an unaligned place", 0x102, undefined],
  ] as const)("a multiboot header at %s", (_, at, format) => {
    expect(detectFormat(withMultiboot(new Uint8Array(0x4000), at))).toBe(format);
  });

  it("a multiboot header with a wrong checksum is none", () => {
    const bytes = withMultiboot(new Uint8Array(0x1000), 0);
    bytes[8]! ^= 1;
    expect(detectFormat(bytes)).toBe(undefined);
  });
});

describe("[loadBootSector]", () => {
  it("enters 0000:7c00 in real mode with the drive in DL", () => {
    const image = loadBootSector(bootSector(), { drive: 0 });
    expect(image.entry).toMatchObject({
      mode: "real",
      rip: 0x7c00n,
      rflags: 2n,
      cr0: 0x10n,
      registers: { 2: 0n, 4: 0x7c00n },
    });
    expect(image.entry.code).toEqual({ selector: 0, base: 0n, limit: 0xffff, attributes: 0x9b });
    expect(loadBootSector(bootSector()).entry.registers[2]).toBe(0x80n);
    expect(memoryOf(image).subarray(0x7c00, 0x7c02)).toEqual(new Uint8Array([0xeb, 0xfe]));
  });

  it.each([
    [true, 2048],
    [false, 512],
  ])("loads the sectors behind it: %s", (wholeImage, bytes) => {
    expect(loadBootSector(bootSector(4), { wholeImage }).segments[0]?.memorySize).toBe(bytes);
  });

  it("stops at the extended BIOS data area", () => {
    expect(loadBootSector(bootSector(2000)).segments[0]?.memorySize).toBe(0x9_fc00 - 0x7c00);
  });
});

describe("[loadFlat]", () => {
  const code = new Uint8Array([0xf4, 0x90]);

  it("real mode: no tables", () => {
    const image = loadFlat(code, { address: 0x500, mode: "real", entryOffset: 1 });
    expect(image.entry).toMatchObject({ mode: "real", rip: 0x501n });
    expect(image.segments).toHaveLength(1);
    expect(image.requiredMemory).toBe(0x502);
  });

  it("protected mode: a GDT whose selectors the entry names", () => {
    const image = loadFlat(code, flat);
    expect(image.entry).toMatchObject({ cr0: 0x11n, efer: 0n, gdt: { base: 0x1000n, limit: 31 } });
    const memory = new DataView(memoryOf(image).buffer);
    // SDM vol. 3 figure 3-8: base 0, limit fffff, G, D, P, DPL 0, code execute/read and data read/write, accessed.
    expect(memory.getBigUint64(0x1000 + image.entry.code.selector, true)).toBe(0x00cf_9b00_0000_ffffn);
    expect(memory.getBigUint64(0x1000 + image.entry.data.selector, true)).toBe(0x00cf_9300_0000_ffffn);
  });

  it("long mode: 4 GiB mapped one to one", () => {
    const image = loadFlat(code, { ...flat, mode: "long" });
    expect(image.entry).toMatchObject({ cr0: 0x8000_0011n, efer: 0x100n, cr3: 0x2000n });
    const memory = new DataView(memoryOf(image).buffer);
    const word = (at: number): bigint => memory.getBigUint64(at, true);
    expect(word(0x1000 + image.entry.code.selector)).toBe(0x00af_9b00_0000_ffffn);
    for (const address of [0, 0x10_0000, 0x4020_0000, 0xffe0_0000]) {
      // SDM vol. 3 §5.5.4: bits 47:39, 38:30, 29:21 pick the entries; bit 7 makes a page of 2 MiB.
      const directoryPointers = word(0x2000) & ~0xfffn;
      const directory = word(Number(directoryPointers) + Math.floor(address / 2 ** 30) * 8) & ~0xfffn;
      const entry = word(Number(directory) + (Math.floor(address / 2 ** 21) % 512) * 8);
      expect(entry & 0xfffn).toBe(0x83n);
      expect(entry & ~0xfffn).toBe(BigInt(address) & ~0x1f_ffffn);
    }
  });
});

describe("[loadElf]", () => {
  it("enters ELF64 in long mode, through the segment's physical address", () => {
    const virtual = 0xffff_ffff_8010_0000n;
    const image = loadElf(elf({ entry: virtual + 0x10n, segments: [{ virtual, physical: MIB, memorySize: 0x800 }] }));
    expect(image.entry).toMatchObject({ mode: "long", rip: 0x10_0010n });
    expect(image.segments[0]).toMatchObject({ address: MIB, memorySize: 0x800 });
    expect(image.segments[0]?.bytes.length).toBe(0x100);
  });

  it("enters ELF32 in protected mode", () => {
    expect(loadElf(elf({ bits: 32 })).entry).toMatchObject({ mode: "protected", rip: BigInt(MIB), cr0: 0x11n });
  });

  it("puts the tables where the image is not", () => {
    const image = loadElf(elf({ entry: 0x1000, segments: [{ virtual: 0x1000, memorySize: 0x9_e000 }] }));
    expect(image.segments[1]?.address).toBe(0x9_f000);
    expect(image.requiredMemory).toBe(0x9_f000 + 0x7000);
  });

  it("an image above 2 GiB keeps positive addresses", () => {
    const image = loadElf(elf({ entry: 0xc000_0000, segments: [{ virtual: 0, memorySize: 0xc000_0001 }] }));
    expect(image.segments[1]?.address).toBe(0xc000_1000);
  });
});

describe("[loadMultiboot]", () => {
  const image = loadMultiboot(withMultiboot(elf({ bits: 32 }), 0x100, 0b11), {
    ...options,
    commandLine: "kernel a=1",
    bootLoaderName: "boots",
    modules: [
      { bytes: new Uint8Array([1, 2, 3]), commandLine: "initrd" },
      { bytes: new Uint8Array(0x1001), commandLine: "second x" },
    ],
  });
  const memory = memoryOf(image);
  const view = new DataView(memory.buffer);
  const info = Number(image.entry.registers[3]);
  const word = (at: number): number => view.getUint32(info + at, true);
  const text = (at: number): string => new TextDecoder().decode(memory.subarray(at, memory.indexOf(0, at)));

  it("enters as §3.2 says: magic in EAX, information in EBX, protected mode", () => {
    expect(image.entry).toMatchObject({ mode: "protected", rip: BigInt(MIB), cr0: 0x11n, rflags: 2n });
    expect(image.entry.registers[0]).toBe(0x2bad_b002n);
  });

  it("tells memory, command line and loader (§3.3)", () => {
    expect(word(0)).toBe((1 << 0) | (1 << 2) | (1 << 3) | (1 << 6) | (1 << 9));
    expect([word(4), word(8)]).toEqual([640, 63 * 1024]);
    expect(text(word(16))).toBe("kernel a=1");
    expect(text(word(64))).toBe("boots");
  });

  it("places modules on pages behind the image", () => {
    expect(word(20)).toBe(2);
    const at = word(24);
    const module = (index: number): number[] =>
      [0, 4, 12].map((field) => view.getUint32(at + index * 16 + field, true));
    expect(module(0)).toEqual([0x10_1000, 0x10_1003, 0]);
    expect(module(1)).toEqual([0x10_2000, 0x10_3001, 0]);
    expect(text(view.getUint32(at + 8, true))).toBe("initrd");
    expect(text(view.getUint32(at + 24, true))).toBe("second x");
    expect(memory.subarray(0x10_1000, 0x10_1004)).toEqual(new Uint8Array([1, 2, 3, 0]));
  });

  it("gives a memory map of type 1 (RAM) and 2 (reserved)", () => {
    const [length, at] = [word(44), word(48)];
    const rows: unknown[] = [];
    for (let entry = at; entry < at + length; entry += view.getUint32(entry, true) + 4)
      rows.push([
        view.getBigUint64(entry + 4, true),
        view.getBigUint64(entry + 12, true),
        view.getUint32(entry + 20, true),
      ]);
    expect(rows).toEqual([
      [0n, 0x9_fc00n, 1],
      [0xe_0000n, 0x2_0000n, 2],
      [0x10_0000n, BigInt(63 * MIB), 1],
    ]);
  });

  it("without modules the module table is absent", () => {
    const plain = loadMultiboot(withMultiboot(elf({ bits: 32 }), 0x100), options);
    const plainView = new DataView(memoryOf(plain).buffer);
    expect(plainView.getUint32(Number(plain.entry.registers[3]) + 24, true)).toBe(0);
  });

  it("takes address fields before ELF headers", () => {
    const raw = withMultiboot(new Uint8Array(0x300), 0x40, 0, [0x20_0040, 0x20_0000, 0x20_0200, 0x20_1000, 0x20_0080]);
    const loaded = loadMultiboot(raw, options);
    expect(loaded.segments[0]).toMatchObject({ address: 0x20_0000, memorySize: 0x1000 });
    expect(loaded.segments[0]?.bytes.length).toBe(0x200);
    expect(loaded.entry.rip).toBe(0x20_0080n);
  });

  it("load_end_addr 0 means the whole file", () => {
    const raw = withMultiboot(new Uint8Array(0x300), 0x40, 0, [0x20_0000, 0x20_0000, 0, 0, 0x20_0000]);
    expect(loadMultiboot(raw, options).segments[0]?.bytes.length).toBe(0x300 - 0x40);
  });

  it("goes through physical addresses in an ELF of the higher half", () => {
    const bytes = elf({ bits: 32, entry: 0xc010_0010, segments: [{ virtual: 0xc010_0000, physical: MIB }] });
    expect(loadMultiboot(withMultiboot(bytes, 0x180), options).entry.rip).toBe(0x10_0010n);
  });
});

const fields = (...addresses: number[]) => withMultiboot(new Uint8Array(0x300), 0x40, 0, addresses);

describe("every error says what was expected", () => {
  it.each([
    ["nothing known", "unknown-format", () => loadImage(new Uint8Array(600), options), "no setup header"],
    ["a short boot sector", "truncated", () => loadBootSector(new Uint8Array(100)), "512 bytes, the file ends at 100"],
    ["no setup header", "malformed", () => loadBootSector(new Uint8Array(512)), "55 aa expected at offset 510"],
    ["an empty flat image", "truncated", () => loadFlat(new Uint8Array(0), flat), "empty"],
    ["a negative address", "too-large", () => loadFlat(new Uint8Array(1), { ...flat, address: -1 }), "found -1"],
    [
      "an end above 4 GiB",
      "too-large",
      () => loadFlat(new Uint8Array(2), { ...flat, address: 2 ** 32 - 1 }),
      "load address from 0",
    ],
    [
      "a real-mode entry above 64 KiB",
      "unsupported",
      () => loadFlat(new Uint8Array(1), { ...flat, mode: "real" }),
      "found 0x100000",
    ],
    [
      "an entry outside",
      "malformed",
      () => loadFlat(new Uint8Array(1), { ...flat, entryOffset: 1 }),
      "inside the image's 1 bytes",
    ],
    [
      "an entry that is no integer",
      "malformed",
      () => loadFlat(new Uint8Array(9), { ...flat, entryOffset: 0.5 }),
      "found 0.5",
    ],
    [
      "tables under the image",
      "unsupported",
      () => loadFlat(new Uint8Array(1), { ...flat, tables: MIB - 0x1000 }),
      "overlaps the start-up tables",
    ],
    [
      "tables off a page",
      "unsupported",
      () => loadFlat(new Uint8Array(1), { ...flat, tables: 0x1001 }),
      "page-aligned",
    ],
    ["an ELF cut off", "truncated", () => loadElf(elf({}).subarray(0, 40)), "ELF header"],
    ["no ELF", "unknown-format", () => loadElf(new Uint8Array(64)), "no ELF magic"],
    ["an ELF of another class", "malformed", () => loadElf(elf({}).map((b, i) => (i === 4 ? 9 : b))), "ELF class"],
    [
      "aarch64",
      "wrong-architecture",
      () => loadElf(elf({ machine: 183 })),
      "machine 62 expected at offset 18, found 183",
    ],
    [
      "x32: class 32 for x86-64",
      "wrong-architecture",
      () => loadElf(elf({ bits: 32, machine: 62 })),
      "machine 3 expected",
    ],
    ["an object file", "unsupported", () => loadElf(elf({ type: 1 })), "found type 1"],
    ["no segments", "malformed", () => loadElf(elf({ segments: [] })), "no loadable segment"],
    [
      "a segment above 4 GiB",
      "too-large",
      () => loadElf(elf({ segments: [{ virtual: 0xffff_ff80n }] })),
      "above 4 GiB",
    ],
    [
      "two segments in one place",
      "malformed",
      () => loadElf(elf({ segments: [{ virtual: MIB }, { virtual: MIB + 0xff }] })),
      "overlap",
    ],
    ["an entry in no segment", "malformed", () => loadElf(elf({ entry: 5 })), "0x5 lies in no segment"],
    [
      "no room for tables",
      "too-large",
      () => loadElf(elf({ segments: [{ virtual: 0, memorySize: 2 ** 32 }], entry: 0 })),
      "no 28672 bytes are free",
    ],
    [
      "a program of an operating system",
      "unsupported",
      () => loadElf(elf({ segments: [{ virtual: MIB }, { type: 3, virtual: 0, offset: 1, fileSize: 3 }] })),
      "interpreter ELF",
    ],
    ["multiboot without its header", "unknown-format", () => loadMultiboot(elf({ bits: 32 }), options), "0x1badb002"],
    [
      "multiboot that wants a video mode",
      "unsupported",
      () => loadMultiboot(withMultiboot(elf({ bits: 32 }), 0x100, 4), options),
      "features 0x4",
    ],
    [
      "multiboot, ELF64",
      "wrong-architecture",
      () => loadMultiboot(withMultiboot(elf({}), 0x100), options),
      "ELF32 expected",
    ],
    [
      "multiboot, neither ELF nor addresses",
      "unsupported",
      () => loadMultiboot(withMultiboot(new Uint8Array(64), 0), options),
      "flag bit 16",
    ],
    [
      "address fields cut off",
      "truncated",
      () => loadMultiboot(withMultiboot(new Uint8Array(64), 0x10, 0, [0, 0, 0, 0, 0]).subarray(0, 0x20), options),
      "beyond the file's end",
    ],
    [
      "a header before its image",
      "malformed",
      () => loadMultiboot(fields(0x10, 0x20, 0, 0, 0), options),
      "before its load address",
    ],
    [
      "an image that starts before the file",
      "malformed",
      () => loadMultiboot(fields(0x1000, 0x10, 0, 0, 0), options),
      "before its load address",
    ],
    [
      "load_end below load",
      "malformed",
      () => loadMultiboot(fields(MIB, MIB, MIB - 1, 0, MIB), options),
      "not above load_addr",
    ],
    [
      "load_end beyond the file",
      "truncated",
      () => loadMultiboot(fields(MIB, MIB, MIB + 0x1000, 0, MIB), options),
      "needs 4160 bytes, the file ends at 768",
    ],
    [
      "an image that ends above 4 GiB",
      "too-large",
      () => loadMultiboot(fields(0xffff_ff00, 0xffff_ff00, 0, 0, 0xffff_ff00), options),
      "ends above 4 GiB",
    ],
    [
      "a multiboot entry outside",
      "malformed",
      () => loadMultiboot(fields(MIB, MIB, 0, 0, 0), options),
      "outside the image",
    ],
    [
      "less memory than the image",
      "no-memory",
      () => loadMultiboot(withMultiboot(elf({ bits: 32 }), 0x100), { memorySize: MIB }),
      "memory has 1048576",
    ],
    [
      "a module above 4 GiB",
      "too-large",
      () =>
        loadMultiboot(fields(0xffff_0000, 0xffff_0000, 0xffff_0010, 0, 0xffff_0000), {
          memorySize: 2 ** 32,
          modules: [{ bytes: new Uint8Array(0x1_0000), commandLine: "m" }],
        }),
      "module m does not fit",
    ],
  ] as const)("%s", (_, code, work, message) => {
    const error = failure(work);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

describe("hostile bytes", () => {
  const seeds = [
    ["ELF64", elf({})],
    ["ELF32 with multiboot", withMultiboot(elf({ bits: 32 }), 0x100)],
    ["multiboot with addresses", fields(MIB + 0x40, MIB, MIB + 0x200, MIB + 0x400, MIB + 0x80)],
  ] as const;
  it.each(seeds)("mutated %s gives an image inside 4 GiB or an ImageError", (_, bytes) => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(0x180), byte), { minLength: 1, maxLength: 12 }),
        fc.nat(bytes.length),
        (changes, cut) => {
          const mutant = bytes.slice();
          for (const [at, value] of changes) mutant[at] = value;
          for (const candidate of [mutant, mutant.subarray(0, cut)]) {
            try {
              const image = loadImage(candidate, options);
              for (const { address, bytes: content, memorySize } of image.segments) {
                expect(address).toBeGreaterThanOrEqual(0);
                expect(memorySize).toBeGreaterThanOrEqual(content.length);
                expect(address + memorySize).toBeLessThanOrEqual(2 ** 32);
              }
            } catch (error) {
              if (!(error instanceof ImageError)) throw error;
            }
          }
        },
      ),
      { numRuns: 1500 },
    );
  });
});
