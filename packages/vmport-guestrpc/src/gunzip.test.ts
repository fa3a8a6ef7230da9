import { constants, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeGuestinfo, encodeGuestinfo, gunzip } from "./index.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("[vmport-guestrpc] gunzip", () => {
  it.each([
    ["stored", { level: 0 }],
    ["fixed codes", { strategy: constants.Z_FIXED }],
    ["dynamic codes", { level: 9 }],
    ["Huffman alone", { strategy: constants.Z_HUFFMAN_ONLY }],
    ["runs", { strategy: constants.Z_RLE }],
  ])("what zlib writes with %s", (_, options) => {
    for (const text of ["", "a", "#cloud-config\nhostname: web\n".repeat(400), "x".repeat(70_000)]) {
      const found = gunzip(gzipSync(text, options), 100_000);
      expect(found.ok && new TextDecoder().decode(found.bytes)).toBe(text);
    }
  });

  it("any bytes, in any of zlib's ways", () => {
    const values = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.array(fc.constantFrom(65, 66, 67), { maxLength: 3000 }).map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 4 }), (bytes, level, strategy) => {
        expect(gunzip(gzipSync(bytes, { level, strategy }), 4000)).toEqual({ ok: true, bytes: Uint8Array.from(bytes) });
      }),
    );
  });

  it("a header with a name, a comment and more is skipped", () => {
    const plain = gzipSync("hello");
    const head = [0x1f, 0x8b, 8, 4 + 8 + 16 + 2, 0, 0, 0, 0, 0, 3, 2, 0, 9, 9, 0x61, 0, 0x62, 0, 7, 7];
    const found = gunzip(Uint8Array.from([...head, ...plain.subarray(10)]), 10);
    expect(found).toEqual({ ok: true, bytes: bytesOf("hello") });
  });

  it("a bomb is refused at the limit, and takes no more than the limit", () => {
    const bomb = gzipSync(new Uint8Array(50_000_000), { level: 9 });
    expect(bomb.length).toBeLessThan(60_000);
    expect(gunzip(bomb, 1_000_000)).toEqual({ ok: false, message: "gzip: more than 1000000 bytes" });
    expect(gunzip(gzipSync("12345"), 5).ok).toBe(true);
    expect(gunzip(gzipSync("123456"), 5).ok).toBe(false);
  });

  it("cut or broken data is refused in words; nothing throws", () => {
    const whole = gzipSync("hello hello hello hello, and a few other words");
    for (let length = 0; length < whole.length; length++)
      expect(gunzip(whole.subarray(0, length), 1000).ok).toBe(false);
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 11 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Uint8Array.from(whole);
        broken[10 + at] = (broken[10 + at] as number) ^ change;
        const found = gunzip(broken, 1000);
        if (found.ok) expect(found.bytes).not.toEqual(bytesOf("something else"));
        else expect(found.message).toMatch(/^gzip: /);
      }),
    );
    expect(gunzip(bytesOf("not gzip at all"), 10)).toEqual({ ok: false, message: "gzip: no gzip data" });
  });

  it("values as guests get them, there and back", () => {
    for (const encoding of ["plain", "base64", "gzip+base64"] as const)
      for (const text of ["", "a", "ab", "abc", "żółć\n"]) {
        const found = decodeGuestinfo(encodeGuestinfo(text, encoding) as string, encoding);
        expect(found).toEqual({ ok: true, bytes: bytesOf(text) });
      }
    const wrapped = decodeGuestinfo("aGVs\nbG8=\n", "base64");
    expect(wrapped).toEqual({ ok: true, bytes: bytesOf("hello") });
    for (const wrong of ["a", "a?==", "ab=c"]) expect(decodeGuestinfo(wrong, "base64").ok).toBe(false);
  });
});
