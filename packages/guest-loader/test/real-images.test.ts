/**
 * Real kernels cut off and changed: an image inside the machine's memory, or an ImageError that says what is wrong; never another error, in bounded time.
 * Runs where `node tooling/guests/fetch.mjs linux memtest` (in the root) has been.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { detectFormat, ImageError, loadImage } from "../src/index.ts";

const MIB = 0x10_0000;
const memorySize = 128 * MIB;
const path = (name: string): string => fileURLToPath(new URL(`../../../.cache/guests/${name}`, import.meta.url));
const images = [
  ["vmlinux", path("linux/vmlinux"), "pvh"],
  ["vmlinuz", path("linux/vmlinuz"), "bzimage"],
  ["memtest86+", path("memtest/boot/memtest86+x64.bin"), "bzimage"],
] as const;
/** Everything up to the end of headers, of all formats. */
const HEADERS = 0x1000;

describe.each(images)("[guest-loader] %s", (_, file, format) => {
  const bytes = existsSync(file) ? new Uint8Array(readFileSync(file)) : new Uint8Array(0);
  const load = (candidate: Uint8Array): ImageError | undefined => {
    const begin = performance.now();
    try {
      const image = loadImage(candidate, { memorySize, commandLine: "console=ttyS0" });
      let total = 0;
      for (const segment of image.segments) {
        expect(segment.address + segment.memorySize).toBeLessThanOrEqual(memorySize);
        expect(segment.bytes.length).toBeLessThanOrEqual(segment.memorySize);
        total += segment.memorySize;
      }
      expect(total).toBeLessThanOrEqual(memorySize + MIB);
      return undefined;
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      return error;
    } finally {
      // A copy of the image takes a fraction of it, on a busy machine too.
      expect(performance.now() - begin).toBeLessThan(5_000);
    }
  };

  it.skipIf(bytes.length === 0)("is known and loads whole", () => {
    expect(detectFormat(bytes)).toBe(format);
    expect(load(bytes)).toBeUndefined();
  });

  it.skipIf(bytes.length === 0)("cut anywhere: the error says where and what, or what is left is a whole image", () => {
    const lengths = [0, 1, 2, 63, 64, 511, 512, 513, 0x1f1, 0x202, 0x263, 0x1000, ...fractions(bytes.length, 40)];
    for (const length of lengths) {
      const error = load(bytes.subarray(0, length));
      if (error === undefined) continue;
      expect(["truncated", "malformed", "unknown-format"], `${length} bytes: ${error.message}`).toContain(error.code);
      if (error.code === "truncated") expect(error.message, `${length} bytes`).toMatch(/\d/);
    }
    // The last byte that is loaded is not missed silently.
    if (format === "bzimage") expect(load(bytes.subarray(0, bytes.length - 32 * 1024))?.code).toBe("truncated");
  });

  it.skipIf(bytes.length === 0)(
    "headers changed at random",
    () => {
      const change = fc.tuple(fc.nat(HEADERS - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xff)));
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
          const head = bytes.slice(0, HEADERS);
          for (const [at, value] of changes) bytes[at] = value;
          try {
            load(bytes);
          } finally {
            bytes.set(head);
          }
        }),
        { numRuns: 60 },
      );
    },
    60_000,
  );
});

function fractions(length: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.floor((length * (index + 0.5)) / count));
}
