/** Disks of the host: what the guest may do to them, and what becomes of the file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CliError } from "../src/cli/exit-codes.ts";
import { parseTriggers } from "../src/cli/triggers.ts";
import { openDisk } from "../src/node/disk-image.ts";
import { hvm } from "./cli.ts";

const folder = mkdtempSync(join(tmpdir(), "hvm-disk-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const image = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const SECTOR = 512;
const filled = (sectors: number): Uint8Array =>
  Uint8Array.from({ length: sectors * SECTOR }, (_, at) => Math.floor(at / SECTOR));
const ones = new Uint8Array(SECTOR).fill(0xff);

describe("[disk images]", () => {
  it("snapshot: the guest reads what it wrote, across chunks, and the file stays as it is", () => {
    const path = image("snapshot.img", filled(200));
    const disk = openDisk(path, "snapshot");
    const { backend } = disk;
    expect(backend.sectors).toBe(200);
    // Sectors 126 to 129: the last two of one 64 KiB chunk, the first two of the next.
    expect(backend.writeSectors(127, new Uint8Array(2 * SECTOR).fill(0xee))).toBe(true);
    const read = backend.readSectors(126, 4)!;
    expect([0, 1, 2, 3].map((sector) => read[sector * SECTOR])).toEqual([126, 0xee, 0xee, 129]);
    disk.close();
    expect(new Uint8Array(readFileSync(path))).toEqual(filled(200));
  });

  it("rw writes through, ro refuses", () => {
    const path = image("rw.img", filled(4));
    const writable = openDisk(path, "rw");
    expect(writable.backend.writeSectors(3, ones)).toBe(true);
    expect(writable.backend.flush?.()).toBe(true);
    writable.close();
    expect(readFileSync(path)[3 * SECTOR]).toBe(0xff);
    const readOnly = openDisk(path, "ro");
    expect([readOnly.backend.readOnly, readOnly.backend.writeSectors(0, ones)]).toEqual([true, false]);
    readOnly.close();
    expect(readFileSync(path)[0]).toBe(0);
  });

  it("a file that shrinks under the guest is an I/O error of the guest's", () => {
    const path = image("shrinks.img", filled(4));
    const disk = openDisk(path, "snapshot");
    writeFileSync(path, filled(1));
    expect(disk.backend.readSectors(3, 1)).toBe(undefined);
    disk.close();
  });

  it.each([
    ["qcow2", Uint8Array.from([0x51, 0x46, 0x49, 0xfb, ...new Array(508).fill(0)]), 65, "a qcow2 image; raw expected"],
    ["half", new Uint8Array(700), 65, "700 bytes; a multiple of 512 expected"],
    ["empty", new Uint8Array(0), 65, "0 bytes; a multiple of 512 expected"],
  ])("refuses %s", (name, bytes, code, text) => {
    try {
      openDisk(image(name, bytes), "ro");
    } catch (error) {
      expect(error).toBeInstanceOf(CliError);
      expect([(error as CliError).exitCode, (error as CliError).message]).toEqual([
        code,
        expect.stringContaining(text),
      ]);
      return;
    }
    throw new Error("it did not fail");
  });

  it.each([
    [`${join(folder, "none.img")}`, 66, /none\.img: ENOENT/],
    [`${join(folder, "snapshot.img")},rx`, 64, /FILE,ro or FILE,rw or FILE,snapshot expected, found "rx"/],
  ])("--disk=%s", async (disk, status, message) => {
    const result = await hvm(["run", "--flat=real", "--disk", disk, image("code", Uint8Array.of(0xfa, 0xf4))]);
    expect([result.status, result.stderr]).toEqual([status, expect.stringMatching(message)]);
  });
});

describe("[triggers]", () => {
  it("come in the order of their times", () => {
    expect(parseTriggers(["2:power", "0.5:nmi"]).map(({ atNs, name }) => [atNs, name])).toEqual([
      [500_000_000n, "nmi"],
      [2_000_000_000n, "power"],
    ]);
  });

  it.each(["power", "x:power", "1:explode", "-1:nmi"])("refuses %s", (text) => {
    expect(() => parseTriggers([text])).toThrow("SECONDS:NAME expected");
  });

  it("reset at a time of the guest's ends the run at exactly that time", async () => {
    // jmp $
    const endless = image("endless", Uint8Array.of(0xeb, 0xfe));
    const { stdout } = await hvm(["run", "--flat=protected", "--trigger", "0.002:reset", "--json", endless]);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ end: "reboot", triggers: [{ seconds: 0.002, name: "reset" }] });
    expect(report.virtualTimeNs).toBe(2_000_000);
  });
});
