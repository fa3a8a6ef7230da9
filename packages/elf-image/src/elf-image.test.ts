import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ElfError } from "./elf-error.ts";
import {
  ElfMachine,
  ElfType,
  elfNotes,
  elfSymbols,
  isElf,
  parseElf,
  SectionType,
  SegmentFlag,
  SegmentType,
  sectionBytes,
  segmentBytes,
} from "./elf-image.ts";

/** Bytes at offsets; numbers are little-endian words of the given width. */
type Part =
  | readonly [offset: number, width: 1 | 2 | 4 | 8, value: number | bigint]
  | readonly [offset: number, text: string];

function build(length: number, parts: readonly Part[]): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (const part of parts) {
    if (part.length === 2) bytes.set(new TextEncoder().encode(part[1]), part[0]);
    else if (part[1] === 8) view.setBigUint64(part[0], BigInt(part[2]), true);
    else if (part[1] === 4) view.setUint32(part[0], Number(part[2]), true);
    else if (part[1] === 2) view.setUint16(part[0], Number(part[2]), true);
    else view.setUint8(part[0], Number(part[2]));
  }
  return bytes;
}

// biome-ignore format: one structure a line
/** gABI figure 4-3 (header), 5-1 (program header), 4-8 (section header), 4-15 (symbol) for class 64, by hand. */
const elf64 = (): Uint8Array =>
  build(0x400, [
    [0, "\x7fELF"], [4, 1, 2], [5, 1, 1], [6, 1, 1],
    [16, 2, 3], [18, 2, 62], [20, 4, 1], [24, 8, 0x1040], [32, 8, 0x40], [40, 8, 0x200],
    [52, 2, 64], [54, 2, 56], [56, 2, 3], [58, 2, 64], [60, 2, 4], [62, 2, 3],
    // PT_LOAD R-X: file 0–0x180 at 0x1000, 0x300 bytes in memory
    [0x40, 4, 1], [0x44, 4, 5], [0x48, 8, 0], [0x50, 8, 0x1000], [0x58, 8, 0x2000], [0x60, 8, 0x180], [0x68, 8, 0x300], [0x70, 8, 0x1000],
    // PT_INTERP and PT_NOTE
    [0x78, 4, 3], [0x7c, 4, 4], [0x80, 8, 0x100], [0x98, 8, 8], [0xa0, 8, 8],
    [0xb0, 4, 4], [0xb4, 4, 4], [0xb8, 8, 0x110], [0xd0, 8, 0x18], [0xd8, 8, 0x18], [0xe0, 8, 4],
    [0x100, "/lib/ld"],
    [0x110, 4, 4], [0x114, 4, 5], [0x118, 4, 1], [0x11c, "GNU"], [0x120, "abcde"],
    // .shstrtab, .symtab, .strtab
    [0x140, "\0.symtab\0.strtab\0"], [0x158, "\0_start\0"],
    [0x180 + 24, 4, 1], [0x180 + 28, 1, 0x12], [0x180 + 30, 2, 1], [0x180 + 32, 8, 0x1040], [0x180 + 40, 8, 9],
    // sections 1–3; 0 is null
    [0x240, 4, 1], [0x244, 4, 2], [0x258, 8, 0x180], [0x260, 8, 48], [0x268, 4, 2],
    [0x280, 4, 9], [0x284, 4, 3], [0x298, 8, 0x158], [0x2a0, 8, 9],
    [0x2c0, 4, 9], [0x2c4, 4, 3], [0x2d8, 8, 0x140], [0x2e0, 8, 17],
  ]);

/** Class 32: figure 5-1's other order of fields. */
const elf32 = (): Uint8Array =>
  build(0x100, [
    [0, "\x7fELF"],
    [4, 1, 1],
    [5, 1, 1],
    [6, 1, 1],
    [16, 2, 2],
    [18, 2, 3],
    [20, 4, 1],
    [24, 4, 0x10_0000],
    [28, 4, 52],
    [40, 2, 52],
    [42, 2, 32],
    [44, 2, 1],
    [52, 4, 1],
    [56, 4, 0x80],
    [60, 4, 0xc010_0000],
    [64, 4, 0x10_0000],
    [68, 4, 0x40],
    [72, 4, 0x1000],
    [76, 4, 7],
    [80, 4, 0x1000],
  ]);

const patched = (bytes: Uint8Array, ...parts: Part[]): Uint8Array => {
  const extra = build(bytes.length, parts);
  const touched = build(
    bytes.length,
    parts.map(
      (part): Part =>
        part.length === 2
          ? [part[0], part[1]]
          : [part[0], part[1], part[1] === 8 ? 2n ** 64n - 1n : 2 ** (8 * part[1]) - 1],
    ),
  );
  return bytes.map((byte, at) => (touched[at] ? extra[at]! : byte));
};

const failure = (work: () => unknown): ElfError => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ElfError);
    return error as ElfError;
  }
  throw new Error("it did not fail");
};

describe("[parseElf]", () => {
  it("reads class 64", () => {
    const image = parseElf(elf64());
    expect(image).toMatchObject({
      bits: 64,
      type: ElfType.SharedObject,
      machine: ElfMachine.X86_64,
      entry: 0x1040n,
      programHeaders: { offset: 0x40, entrySize: 56, count: 3 },
      interpreter: "/lib/ld",
    });
    expect(image.segments[0]).toEqual({
      type: SegmentType.Load,
      flags: SegmentFlag.Read | SegmentFlag.Execute,
      offset: 0,
      fileSize: 0x180,
      virtualAddress: 0x1000n,
      physicalAddress: 0x2000n,
      memorySize: 0x300n,
      alignment: 0x1000n,
    });
    expect(segmentBytes(image, image.segments[0]!).length).toBe(0x180);
    expect(image.sections.map(({ name, type }) => [name, type])).toEqual([
      ["", SectionType.Null],
      [".symtab", SectionType.Symtab],
      [".strtab", SectionType.Strtab],
      [".strtab", SectionType.Strtab],
    ]);
    expect(new TextDecoder().decode(sectionBytes(image, image.sections[2]!))).toBe("\0_start\0\0".slice(0, 9));
  });

  it("reads class 32", () => {
    const image = parseElf(elf32());
    expect(image).toMatchObject({
      bits: 32,
      machine: ElfMachine.I386,
      entry: 0x10_0000n,
      interpreter: undefined,
      sections: [],
    });
    expect(image.segments).toEqual([
      {
        type: 1,
        flags: 7,
        offset: 0x80,
        fileSize: 0x40,
        virtualAddress: 0xc010_0000n,
        physicalAddress: 0x10_0000n,
        memorySize: 0x1000n,
        alignment: 0x1000n,
      },
    ]);
  });

  it("reads a view into a larger buffer", () => {
    const large = new Uint8Array(0x600);
    large.set(elf64(), 0x155);
    expect(parseElf(large.subarray(0x155, 0x555)).entry).toBe(0x1040n);
  });

  it.each([
    ["an empty file", new Uint8Array(0), "not-elf", 0, "found an empty file"],
    ["a script", build(20, [[0, "#!/bin/sh"]]), "not-elf", 0, "found 23 21 2f 62"],
    [
      "a magic number alone",
      build(4, [[0, "\x7fELF"]]),
      "truncated",
      0,
      "the identification needs bytes 0–15, the file ends at 4",
    ],
    ["class 3", patched(elf64(), [4, 1, 3]), "malformed", 4, "class 1 or 2"],
    ["big-endian", patched(elf64(), [5, 1, 2]), "unsupported", 5, "found 2"],
    ["half a header", elf64().subarray(0, 63), "truncated", 0, "the ELF header needs bytes 0–63"],
    ["a program header table beyond the end", patched(elf64(), [32, 8, 0x1000]), "truncated", 32, "lies at 4096"],
    [
      "one that starts inside and ends outside",
      patched(elf64(), [56, 2, 0xffff]),
      "truncated",
      0x40,
      "the program header table needs",
    ],
    [
      "program headers too small",
      patched(elf64(), [54, 2, 32]),
      "malformed",
      54,
      "at least 56 bytes expected, found 32",
    ],
    [
      "a segment's offset of 64 bits",
      patched(elf64(), [0x48, 8, 2n ** 64n - 1n]),
      "truncated",
      0x48,
      "segment 0 lies at 18446744073709551615",
    ],
    ["a segment cut off", patched(elf64(), [0x48, 8, 0x3f0]), "truncated", 0x3f0, "segment 0 needs"],
    [
      "more bytes in the file than in memory",
      patched(elf64(), [0x68, 8, 1]),
      "malformed",
      0x40,
      "384 bytes in the file but 1 in memory",
    ],
    ["a section cut off", patched(elf64(), [0x260, 8, 0x1_0000]), "truncated", 0x240, "section 1 ends at"],
    [
      "an interpreter without a name",
      patched(elf64(), [0x100, 1, 0]),
      "malformed",
      0x100,
      "an interpreter's path expected",
    ],
  ] as const)("refuses %s", (_, bytes, code, offset, message) => {
    const error = failure(() => parseElf(bytes));
    expect([error.code, error.offset]).toEqual([code, offset]);
    expect(error.message).toContain(message);
  });

  it("takes a cut-off section table as none: programs run without one", () => {
    expect(parseElf(elf64().subarray(0, 0x2ff)).sections).toEqual([]);
  });

  it("isElf needs four bytes", () => {
    expect([isElf(elf64()), isElf(elf64().subarray(0, 3)), isElf(new Uint8Array(64))]).toEqual([true, false, false]);
  });
});

describe("[elfSymbols], [elfNotes]", () => {
  it("reads a symbol and a note", () => {
    const image = parseElf(elf64());
    expect(elfSymbols(image)).toEqual([{ name: "_start", value: 0x1040n, size: 9n, type: 2, section: 1 }]);
    expect(elfNotes(image)).toEqual([{ name: "GNU", type: 1, description: new TextEncoder().encode("abcde") }]);
  });

  it.each([
    ["name size 2^32 − 12 (folded to 32 bits, the reader would stand still)", 0xffff_fff4, 0],
    ["description size 2^32 − 1", 4, 0xffff_ffff],
    ["both", 0xffff_ffff, 0xffff_ffff],
  ])("ends at a note with %s", (_, nameSize, descSize) => {
    expect(elfNotes(parseElf(patched(elf64(), [0x110, 4, nameSize], [0x114, 4, descSize])))).toEqual([]);
  });

  it("cuts a note's name at its size", () => {
    expect(elfNotes(parseElf(patched(elf64(), [0x110, 4, 2])))[0]?.name).toBe("GN");
  });

  /** A thousand program headers or sections that all claim the whole file. */
  const overlapping = (kind: "notes" | "symbols"): Uint8Array => {
    const count = 1000;
    const size = 0x40 + count * 64;
    const bytes = build(size, [
      [0, "\x7fELF"],
      [4, 1, 2],
      [5, 1, 1],
      [kind === "notes" ? 32 : 40, 8, 0x40],
      [54, 2, 56],
      [58, 2, 64],
      [kind === "notes" ? 56 : 60, 2, count],
    ]);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < count; i++) {
      const at = 0x40 + i * (kind === "notes" ? 56 : 64);
      view.setUint32(at + (kind === "notes" ? 0 : 4), kind === "notes" ? 4 : 2, true);
      view.setBigUint64(at + 32, BigInt(size), true);
    }
    return bytes;
  };

  it("refuses tables that overlap a thousandfold", () => {
    expect(failure(() => elfNotes(parseElf(overlapping("notes")))).message).toContain("note segments overlap");
    expect(failure(() => elfSymbols(parseElf(overlapping("symbols")))).message).toContain("symbol tables overlap");
  });
});

describe("hostile bytes", () => {
  /** Everything that the package can be asked about an image. */
  const readAll = (bytes: Uint8Array): void => {
    const image = parseElf(bytes);
    for (const segment of image.segments) expect(segmentBytes(image, segment).length).toBe(segment.fileSize);
    for (const section of image.sections) sectionBytes(image, section);
    elfSymbols(image);
    elfNotes(image);
  };
  const interesting = fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0, 1, 2, 3, 4, 7, 8, 0x7f, 0x80, 0xff),
  );

  it.each([
    ["class 64", elf64()],
    ["class 32", elf32()],
  ])("mutated images of %s give data or an ElfError, nothing else", (_, bytes) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), interesting), { minLength: 1, maxLength: 24 }),
        fc.nat(bytes.length),
        (changes, cut) => {
          const mutant = bytes.slice();
          for (const [at, value] of changes) mutant[at] = value;
          for (const candidate of [mutant, mutant.subarray(0, cut)]) {
            try {
              readAll(candidate);
            } catch (error) {
              if (!(error instanceof ElfError)) throw error;
            }
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("random bytes behind a magic number, too", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.constantFrom(1, 2), (tail, wide) => {
        const bytes = new Uint8Array([0x7f, 0x45, 0x4c, 0x46, wide, 1, 1, ...tail]);
        try {
          readAll(bytes);
        } catch (error) {
          if (!(error instanceof ElfError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
