import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { call, define, header, step } from "../author.ts";
import { buildConformanceImage } from "./build-image.ts";
import { encodeTable } from "./encode-table.ts";

const [one] = define({
  id: "a",
  title: "a",
  source: header("-"),
  rings: [3],
  steps: [call(10, { expect: { eax: 6, ebx: "any" }, capture: { ebx: { mask: 0xff, variable: 4 } }, fault: 13 })],
});
const cases = one === undefined ? [] : [one];

describe("[vmport-conformance] guest image", () => {
  it("a table, byte by byte", () => {
    const bytes = [...encodeTable(cases)].map((byte) => byte.toString(16).padStart(2, "0"));
    expect(bytes.slice(0, 8).join(" ")).toBe("56 4d 43 54 01 00 00 00");
    // EAX ECX EDX EBX EBP ESI EDI
    expect(bytes.slice(8, 36).join("")).toBe("68584d560000000000000000bbbbbbbbb0b0b0b051515151d1d1d1d1");
    const text = [...new TextEncoder().encode("a.ring3")].map((byte) => byte.toString(16)).join(" ");
    expect(bytes.slice(36).join(" ")).toBe(
      [
        `07 ${text} 03 01 00`,
        // in4, no flags, vector 13, ECX and EDX set, all but EAX and EBX unchanged, one check, one capture, no data
        "02 00 0d 06 76 01 01 00 00",
        "0a 00 00 00 ff 58 56 dd dd ff",
        "00 00 ff ff ff ff ff 06 00 00 00 00 00 00 00",
        "03 04 ff 00 00 00",
      ].join(" "),
    );
  });

  it("is a boot sector, has a multiboot header, says how many sectors it has", () => {
    const exact = buildConformanceImage({ size: "exact" });
    const view = new DataView(exact.buffer);
    expect(exact.length % 512).toBe(0);
    expect(view.getUint16(510, true)).toBe(0xaa55);
    expect(view.getUint16(0x1f0, true)).toBe(exact.length / 512);
    const [magic, flags, checksum, at, load, end] = Array.from({ length: 6 }, (_, i) =>
      view.getUint32(0x200 + 4 * i, true),
    );
    expect([magic, flags]).toEqual([0x1bad_b002, 0x1_0000]);
    expect(((magic ?? 0) + (flags ?? 0) + (checksum ?? 0)) % 2 ** 32).toBe(0);
    expect([at, load, end]).toEqual([0x7e00, 0x7c00, 0x7c00 + exact.length]);
    expect(buildConformanceImage()).toHaveLength(1_474_560);
  });

  it("cases that do not fit are refused by name", () => {
    const data = new Uint8Array(0x1000);
    const long = cases.map((each) => ({ ...each, steps: [step("out", { kind: "string", data })] }));
    expect(() => buildConformanceImage({ cases: long })).toThrow(
      "a.ring3: 4096 bytes of data; the guest has room for 4095",
    );
    const many = Array.from({ length: 20_000 }, () => cases).flat();
    expect(() => buildConformanceImage({ cases: many })).toThrow(
      /^20000 cases take \d+ bytes; the guest has room for 492544$/,
    );
    const capture = { eax: { mask: 1, variable: 160 } };
    const wild = cases.map((each) => ({ ...each, steps: [call(1, { capture })] }));
    expect(() => buildConformanceImage({ cases: wild })).toThrow("a.ring3: variables are numbered 0 to 159");
  });

  const nasm = spawnSync("nasm", ["-v"]).status === 0;
  it.skipIf(!nasm && process.env["CI"] !== "true")("the runtime is what its source assembles to (nasm)", () => {
    const script = fileURLToPath(new URL("../../scripts/gen-runtime.mjs", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });
});
