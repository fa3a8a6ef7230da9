import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readCode, writeCode } from "./code-file.ts";

const base = mkdtempSync(join(tmpdir(), "hvm-code-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let count = 0;
const place = (): string => join(base, String(count++), "cache", "run.code");
const chunks = new Map([
  ["a.js", { source: 0xffff_fffe, code: Buffer.from("first") }],
  ["b.js", { source: 7, code: Buffer.alloc(1000, 0xa5) }],
]);
const written = (): string => {
  const path = place();
  writeCode(path, chunks);
  return path;
};

describe("[hvm] a file of compiled code", () => {
  it("gives back what was written, each part where V8 wants it", () => {
    const found = readCode(written());
    expect([...found!]).toEqual([...chunks]);
    for (const { code } of found!.values()) expect(code.byteOffset % 8).toBe(0);
  });

  it("is the user's alone, and nothing is left beside it", () => {
    const path = written();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(path, ".."))).toEqual(["run.code"]);
  });

  it("with any byte wrong, with a byte less or more, or empty, it is none", () => {
    const path = written();
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; at++) {
      const wrong = Buffer.from(bytes);
      wrong.writeUInt8(wrong.readUInt8(at) ^ 0x10, at);
      writeFileSync(path, wrong);
      expect([at, readCode(path)]).toEqual([at, undefined]);
    }
    for (const other of [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.alloc(1)]), Buffer.alloc(0)]) {
      writeFileSync(path, other);
      expect(readCode(path)).toBeUndefined();
    }
    writeFileSync(path, bytes);
    expect(readCode(path)?.size).toBe(2);
  });

  it("is none when others may write it, or its folder", () => {
    const path = written();
    chmodSync(path, 0o620);
    expect(readCode(path)).toBeUndefined();
    chmodSync(path, 0o600);
    chmodSync(join(path, ".."), 0o702);
    expect(readCode(path)).toBeUndefined();
    chmodSync(join(path, ".."), 0o755);
    expect(readCode(path)?.size).toBe(2);
  });

  it("is not written into a folder that others may write, and what prevents it is no error", () => {
    const path = place();
    mkdirSync(join(path, ".."), { recursive: true });
    chmodSync(join(path, ".."), 0o777);
    writeCode(path, chunks);
    expect(existsSync(path)).toBe(false);
    // Where a folder should be there is a file.
    const blocked = join(base, "blocked");
    writeFileSync(blocked, "");
    writeCode(join(blocked, "cache", "run.code"), chunks);
    expect(readCode(join(blocked, "cache", "run.code"))).toBeUndefined();
  });

  it("makes the oldest disappear when there are more than sixteen", () => {
    const path = written();
    const folder = join(path, "..");
    for (let age = 1; age <= 16; age++) {
      const other = join(folder, `${age}.code`);
      writeFileSync(other, "");
      const then = Date.now() / 1000 - age;
      utimesSync(other, then, then);
    }
    writeCode(path, chunks);
    const expected = ["run.code", ...Array.from({ length: 15 }, (_, index) => `${index + 1}.code`)];
    expect(readdirSync(folder).sort()).toEqual(expected.sort());
  });
});
