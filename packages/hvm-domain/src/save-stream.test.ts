import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeHvmSave, encodeHvmSave, type HvmSaveRecord, hvmSaveTypes } from "./index.ts";

const header = { cpuid: 0x0001_06a3, guestTscKhz: 2_600_000 };
const vmport: HvmSaveRecord = {
  type: hvmSaveTypes.VMPORT,
  instance: 0,
  payload: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
};
const cpu = (instance: number): HvmSaveRecord => ({ type: hvmSaveTypes.CPU, instance, payload: new Uint8Array(16) });

describe("[hvm-domain] Xen's HVM save format", () => {
  it("header, records in order, end: byte for byte", () => {
    const hex = Buffer.from(encodeHvmSave(header, [vmport])).toString("hex");
    expect(hex).toBe(
      [
        "0100000018000000", // HEADER, 24 bytes
        "86123854 01000000 ffffffffffffffff a3060100 40ac2700",
        "1500000008000000 0102030405060708", // VMPORT, 8 bytes
        "0000000000000000",
      ]
        .join("")
        .replaceAll(" ", ""),
    );
  });

  it("types ascend, instances within a type too, in whatever order they came", () => {
    const decoded = decodeHvmSave(encodeHvmSave(header, [vmport, cpu(1), cpu(0)]));
    if (!decoded.ok) throw new Error(decoded.message);
    expect(decoded.header).toEqual(header);
    expect(decoded.records).toEqual([cpu(0), cpu(1), vmport]);
  });

  it("the host's mistakes are EINVAL", () => {
    expect(() => encodeHvmSave(header, [cpu(0), cpu(0)])).toThrow("given twice (EINVAL)");
    for (const type of [0, 1, 22]) expect(() => encodeHvmSave(header, [{ ...vmport, type }])).toThrow("(EINVAL)");
  });

  it("cut anywhere, or with an unknown type, it is refused with the place", () => {
    const whole = encodeHvmSave(header, [cpu(0), vmport]);
    for (let length = 0; length < whole.length; length++)
      expect(decodeHvmSave(whole.subarray(0, length)).ok).toBe(false);
    const alien = whole.slice();
    alien[32] = 22;
    expect(decodeHvmSave(alien)).toEqual({ ok: false, message: "HVM save: record type 22 at byte 32", offset: 32 });
    alien[8] = 0;
    expect(decodeHvmSave(alien)).toMatchObject({ message: "HVM save: another magic number at byte 0" });
  });

  it("any bytes: an answer, never an exception, never more than there is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const stream = encodeHvmSave(header, [{ ...vmport, payload: bytes }]);
        const broken = stream.slice();
        for (const [i, byte] of bytes.entries()) broken[(i * 7) % broken.length] = byte;
        decodeHvmSave(broken);
        const decoded = decodeHvmSave(stream);
        expect(decoded.ok && decoded.records[0]?.payload).toEqual(bytes);
      }),
    );
  });
});
