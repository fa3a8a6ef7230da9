import { describe, expect, it } from "vitest";
import { writeCpio } from "./cpio.ts";

/** The archive read back as the format's description says: 6-byte magic, 13 fields of 8 hexadecimal digits, name, data. */
function parse(archive: Uint8Array) {
  const text = (at: number, length: number): string => new TextDecoder().decode(archive.subarray(at, at + length));
  const entries: { name: string; mode: string; links: number; device: readonly number[]; data: string }[] = [];
  for (let at = 0; ; ) {
    expect(text(at, 6)).toBe("070701");
    const field = (n: number): number => Number.parseInt(text(at + 6 + n * 8, 8), 16);
    const [mode, links, size, nameSize] = [field(1), field(4), field(6), field(11)];
    const name = text(at + 110, nameSize - 1);
    expect(archive[at + 110 + nameSize - 1]).toBe(0);
    const dataAt = Math.ceil((at + 110 + nameSize) / 4) * 4;
    if (name === "TRAILER!!!") return { entries, end: dataAt };
    entries.push({ name, mode: mode.toString(8), links, device: [field(9), field(10)], data: text(dataAt, size) });
    at = Math.ceil((dataAt + size) / 4) * 4;
  }
}

describe("[writeCpio]", () => {
  const entries = [
    { kind: "directory", path: "/bin" },
    { kind: "file", path: "bin/sh", permissions: 0o755, bytes: new TextEncoder().encode("#!") },
    { kind: "file", path: "odd", bytes: new TextEncoder().encode("12345") },
    { kind: "symlink", path: "link", target: "bin/sh" },
    { kind: "character", path: "console", permissions: 0o600, major: 5, minor: 1 },
  ] as const;

  it("writes every kind of entry, names without a leading slash", () => {
    expect(parse(writeCpio(entries)).entries).toEqual([
      { name: "bin", mode: "40755", links: 2, device: [0, 0], data: "" },
      { name: "bin/sh", mode: "100755", links: 1, device: [0, 0], data: "#!" },
      { name: "odd", mode: "100644", links: 1, device: [0, 0], data: "12345" },
      { name: "link", mode: "120777", links: 1, device: [0, 0], data: "bin/sh" },
      { name: "console", mode: "20600", links: 1, device: [5, 1], data: "" },
    ]);
  });

  it("ends with the trailer and zeros up to 512 bytes, so that archives can follow each other", () => {
    const archive = writeCpio(entries);
    expect(archive.length % 512).toBe(0);
    expect(archive.subarray(parse(archive).end).every((byte) => byte === 0)).toBe(true);
  });

  it("equal entries give equal bytes", () => {
    expect(writeCpio(entries)).toEqual(writeCpio(entries));
  });

  it.each([
    ["no name", { kind: "directory", path: "/" }],
    ["a zero in the name", { kind: "directory", path: "a\0b" }],
    ["a name of 4,096 bytes", { kind: "directory", path: "a".repeat(4095) }],
  ] as const)("refuses %s", (_, entry) => {
    expect(() => writeCpio([entry])).toThrow(RangeError);
  });
});
